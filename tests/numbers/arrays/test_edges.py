"""Edges: no elements and one, ties, NaN, singular matrices, large sizes, single precision, errors."""

from functools import partial

import numpy as np
import pytest

from tests.numbers.arrays.directional import LANES, check, directions_of, interpreted, parts, slope, used

X = np.array([0.5, -1.25, 2.0, 0.75])
W = np.array([1.5, 0.25, -0.5, 1.0])


@pytest.mark.parametrize(
    "expression",
    [
        *("sum(x[:0])", "mean(x[:0])", "prod(x[:0])", "cumsum(x[:0])", "median(x[:0])", "sort(x[:0])", "norm(x[:0])"),
        *("dot(x[:0], w[:0])", "dot(s[:, :0], w[:0])", "dot(s[:0], w)", "dot(w[:0], s[:0])", "outer(x[:0], w)"),
        *("solve(s[:0, :0], w[:0])", "solve(s[:0, :0], s[:0, :0])", "inv(s[:0, :0])", "slogdet(s[:0, :0])"),
        *("concatenate((x[:0], w))", "append(x[:0], w)", "where(x[:0] > 0, x[:0], 0.0)", "diff(x[:1])", "trace(s[:0])"),
        *("solve(s[:1, :1], x[:1])", "inv(s[:1, :1])", "det(s[:1, :1])", "cholesky(s[:1, :1])", "eigh(s[:1, :1])"),
        *("max(x[:1])", "median(x[:1])", "percentile(x[:1], 30.0)", "interp(x, w[:1], x[:1])", "trapezoid(x[:1])"),
    ],
)
def test_no_elements_and_one(expression):
    check(expression, {"x": X, "s": np.outer(X, X) + np.eye(4)}, {"w": W})


def test_the_first_of_equal_elements_is_taken():
    x = np.array([1.0, 3.0, 3.0, -1.0, -1.0])
    slopes = np.arange(1.0, 6.0)[:, None] * np.ones(LANES)
    assert parts("max(x)", {"x": x}, {"x": slopes})[1] == 2
    assert parts("min(x)", {"x": x}, {"x": slopes})[1] == 4
    assert parts("nanmax(x)", {"x": x}, {"x": slopes})[1] == 2
    assert sorted(parts("sort(x)", {"x": x}, {"x": slopes})[1]) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "expression",
    [
        *("max(x)", "min(x)", "ptp(x)", "sort(x)", "argsort(x)", "argmax(x)", "nanmax(x)", "nanmean(x)", "median(x)"),
        *("nan_to_num(x)", "clip(x, 0.0, 1.0)", "where(x > 0, x, 0.0)", "interp(x, w, w)", "nanpercentile(x, 40.0)"),
        *("percentile(x, 40.0)", "partition(x, 2)", "nancumsum(x)", "searchsorted(w, x)", "max(x[3:])", "sort(x[3:])"),
    ],
)
def test_values_at_nan_and_infinity_are_the_primals(expression):
    x = np.array([0.5, np.nan, -1.0, np.inf, 0.0, -np.inf, -0.0])
    check(expression, {"x": x}, {"w": np.arange(3.0)}, slopes=False)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_determinant_of_singular_matrices(rank, rng):
    left, right = rng.integers(-3, 4, (2, 4, rank)).astype(float)
    check("det(s)", {"s": left @ right.T + 0.0})


def test_determinant_with_zero_pivots():
    check("det(s)", {"s": np.zeros((1, 1))})
    check("det(s)", {"s": np.diag([2.0, 0.0, 3.0])})
    check("det(s)", {"s": np.zeros((3, 3))})


def test_norm_at_the_origin_and_far_away():
    slopes = {"x": np.ones((3, LANES))}
    for expression in ("norm(x)", "norm(x, 2)", "norm(x, 1)", "norm(x, 3)"):
        found = parts(expression, {"x": np.zeros(3)}, slopes)
        assert np.isfinite(found).all()
    assert not parts("norm(x)", {"x": np.zeros(3)}, slopes).any()
    np.testing.assert_allclose(parts("norm(x)", {"x": np.full(3, 1e200)}, slopes)[1], np.sqrt(3))


def test_equal_eigenvalues():
    """Eigenvectors have no derivative; a symmetric function of the eigenvalues has."""
    slopes = {"s": np.arange(9.0).reshape(3, 3, 1) * np.ones(LANES)}
    found = parts("eigh(s)", {"s": np.diag([2.0, 2.0, 5.0])}, slopes)
    assert np.isnan(found[1, 3:]).any()
    np.testing.assert_allclose(parts("sum(eigvalsh(s))", {"s": np.diag([2.0, 2.0, 5.0])}, slopes)[1], 12.0)


@pytest.mark.parametrize(
    "expression", ["dot(s, v)", "dot(v, s)", "dot(s, s.T)", "dot(s, v[0])", "dot(v[0], s)", "dot(v, s[:, 1])"]
)
@pytest.mark.parametrize("n", [9, 100])
def test_products_by_loops_and_by_blas(expression, n, rng):
    check(expression, {"s": rng.standard_normal((n, n))}, {"v": rng.standard_normal((n, n))})


@pytest.mark.parametrize(
    "expression",
    [
        *(
            "sum(x)",
            "sum(s, 0)",
            "cumsum(x)",
            "prod(x)",
            "cumprod(x)",
            "mean(x)",
            "var(x)",
            "std(x)",
            "max(x)",
            "median(x)",
        ),
        *("percentile(x, 30.0)", "nanmean(x)", "trapezoid(x)", "dot(x, w)", "dot(s, w)", "dot(s, s)", "outer(x, w)"),
        *(
            "solve(s, w)",
            "inv(s)",
            "det(s)",
            "slogdet(s)",
            "norm(x)",
            "norm(s, 2)",
            "cholesky(p)",
            "eigh(p)",
            "kron(s, s)",
        ),
        *(
            "where(x > 0, x, w)",
            "clip(x, -0.4, 0.6)",
            "sort(x)",
            "interp(x, w, x)",
            "array([x[0], x[1]])",
            "astype(x, np.float64)",
        ),
        *(
            "append(x, w)",
            "diff(x)",
            "linspace(x[0], x[1], 4)",
            "full(3, x[0])",
            "concatenate((x, d))",
            "vander(x)",
            "nan_to_num(x)",
        ),
        *("matrix_power(s, 3)[:]", "convolve(x, w)", "cross(x[:3], w[:3])", "average(x, weights=w)", "bincount(i, x)"),
    ],
)
def test_single_precision(expression, rng):
    s = rng.standard_normal((4, 4))
    active = {"x": X, "s": s, "p": s @ s.T + 4 * np.eye(4)}
    singles = used({k: v.astype(np.float32) for k, v in active.items()}, expression)
    inactive = {"w": W.astype(np.float32), "d": W, "i": np.arange(4)}
    found = check(expression, singles, inactive, slopes=False)
    values = partial(interpreted, expression, **inactive)
    doubles = {k: v.astype(np.float64) for k, v in singles.items()}
    expected = [values(**doubles)] + [slope(values, doubles, directions_of(doubles), lane) for lane in range(LANES)]
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-4 * np.abs(expected).max())


def test_double_becomes_single_and_back():
    found = check("astype(x, np.float32)", {"x": X}, slopes=False)
    np.testing.assert_allclose(found, check("x * 1.0", {"x": X}), rtol=1e-6)


@pytest.mark.parametrize(
    ("expression", "error"),
    [
        ("max(x[:0])", ValueError),
        ("dot(x, w[:3])", ValueError),
        ("dot(s, w[:3])", ValueError),
        ("solve(s * 0.0, w)", np.linalg.LinAlgError),
        ("inv(s * 0.0)", np.linalg.LinAlgError),
        ("inv(s[:2])", np.linalg.LinAlgError),
        ("cholesky(-s)", np.linalg.LinAlgError),
        ("concatenate((s, s[:, :2]))", ValueError),
        ("sum(s, 3)", Exception),
        ("array([[x[0]], [x[1], x[2]]])", ValueError),
        ("linspace(x[0], x[1], -1)", ValueError),
        ("average(x, weights=w * 0.0)", ZeroDivisionError),
        ("arange(x[0], 1.0, 0.0)", ValueError),
    ],
)
def test_errors_are_the_primals(expression, error):
    s = np.outer(X, X) + np.eye(4)
    slopes = {"x": np.ones((4, LANES)), "s": np.ones((4, 4, LANES))}
    with pytest.raises(error):
        parts(expression, {"x": X, "s": s}, slopes, {"w": W})


def test_implementations_have_the_error_model_of_their_caller():
    slopes = {"x": np.ones((4, LANES))}
    with pytest.raises(ZeroDivisionError):
        parts("var(x[:0])", {"x": X}, slopes)
    assert np.isnan(parts("var(x[:0])", {"x": X}, slopes, error_model="numpy")[0]).all()
