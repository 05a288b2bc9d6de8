"""Every array row on duals: values bit by bit as the primal's, derivatives as central differences say.

Expressions are written with the names of rows.  ``x`` is a vector, ``m`` a matrix, ``s`` a square one, ``p`` a positive
definite one, ``t`` has three axes: all active.  ``w`` (vector) and ``v`` (matrix), ``q``, ``g`` and ``i`` are not.
"""

import re

import numpy as np
import pytest

from tests.numbers.arrays.directional import check

RNG = np.random.default_rng(3)
SQUARE = RNG.standard_normal((4, 4))
ACTIVE = {
    "x": RNG.standard_normal(5),
    "m": RNG.standard_normal((3, 4)),
    "s": SQUARE,
    "p": SQUARE @ SQUARE.T + 4 * np.eye(4),
    "t": RNG.standard_normal((2, 3, 4)),
}
INACTIVE = {
    "w": RNG.standard_normal(5),
    "v": RNG.standard_normal((4, 4)),
    "q": np.array([10.0, 50.0, 90.0]),
    "g": np.linspace(-2, 2, 5),
    "i": np.array([0, 2, 2]),
}

CASES = {
    "sums": """
        sum(x) | sum(x[::2]) | sum(x, 0) | sum(m) | sum(m.T) | sum(m, 0) | sum(m, axis=1) | sum(m, -1) | sum(m.T, 0)
        sum(m[::2], 1) | sum(t, (0, 1)) | sum(t, (0, 1, 2)) | sum(t, 1)
        cumsum(x) | cumsum(m) | cumsum(m, 1) | cumsum(m.T, 0) | sum_of_iterable([x[0], x[1]])
        prod(x) | prod(m) | cumprod(x) | cumprod(m)
        nansum(x) | nanprod(x) | nancumsum(x) | nancumprod(x)
        trapezoid(x) | trapezoid(x, w) | trapezoid(w, x) | trapezoid(x, dx=0.5) | trapezoid(m)
    """,
    "moments": """
        mean(x) | mean(m) | mean(m.T) | var(x) | var(m) | std(x) | std(m.T) | nanmean(x) | nanmean(m) | nanvar(x)
        nanstd(x, ddof=1) | average(x) | average(x, weights=w)
    """,
    "extrema": "max(x) | max(m) | min(x) | ptp(x) | nanmax(x) | nanmin(x)",
    "quantiles": """
        median(x) | median(x[:4]) | median(m) | nanmedian(x)
        percentile(x, 30.0) | percentile(x, q) | quantile(x, 0.5) | nanquantile(x, 0.0) | nanpercentile(x, 100.0)
    """,
    "products": """
        dot(x, x) | dot(x, w) | dot(w, x) | vdot(x, w)
        dot(s, v[0]) | dot(v[0], s) | dot(s, s[0]) | dot(s[1], s) | dot(s, v) | dot(v, s) | dot(s, s) | dot(s.T, v)
        dot(v.T, s.T) | dot(s[::2], v) | dot(s, s.T)
        outer(x, x) | outer(x, w) | outer(s, v) | kron(x, w) | kron(s, v) | kron(s, v[0])
        cross(x[:3], x[1:4]) | cross(x[:2], w[:3]) | cross(s[:, :3], v[:, 1:])
        convolve(x, w) | convolve(x[:3], w, 'same') | convolve(x, w[:3], 'valid')
        correlate(x, w) | correlate(x[:2], w, 'full') | correlate(x, w[:2], 'same') | correlate(x[:2], w, 'valid')
        vander(x) | vander(x, 3, True)
    """,
    "linear algebra": """
        solve(s, v[0]) | solve(s, v) | solve(v, s) | solve(v, s[0]) | solve(s, s[0]) | solve(s, s.T) | solve(s.T, v)
        inv(s) | inv(s.T) | det(s) | slogdet(s)
        norm(s) | norm(s.T) | norm(s[::2]) | norm(s, 1) | norm(s, -1) | norm(s, np.inf) | norm(s, -np.inf)
        norm(s, 2) | norm(s, -2) | norm(s[0]) | norm(s[0], 0) | norm(s[0], 1) | norm(s[0], 3) | norm(s[0], np.inf)
        norm(s[0], -np.inf) | norm(s[:, 1], 2)
        matrix_power(s, 0)[:] | matrix_power(s, 1)[:] | matrix_power(s, 3)[:] | matrix_power(s, 6)[:]
        matrix_power(s, -2)[:] | cholesky(p) | cholesky(p.T) | eigvalsh(p) | eigh(p)
        trace(m) | trace(m, 1) | trace(m, -1)
    """,
    "choice": """
        where(x > 0, x, w) | where(x > 0, x, 0.0) | where(x > 0, 1, x) | where(x > 0, x, x[1])
        select([x > 0.5, x > 0], [x, x * x], 2.0)
        clip(x, -0.5, 0.5) | clip(x, w, 1.0) | clip(x, None, 0.1) | clip(x, x[1], None) | clip(w, x, x + 0.1)
        sort(x) | sort(m) | sorted((x[0], x[1]))[0] | partition(x, 2) | take(x, 2) | take(x, i) | take(m, i, 0)
        extract(x > 0, x) | trim_zeros(x) | nan_to_num(x) | bincount(i, x[:3])
        interp(x, g, w) | interp(x[0], g, w) | interp(w, g, x) | interp(g, cumsum(x * x) - 1.0, x)
    """,
    "making": """
        array([x[0], x[1]]) | array([[x[0], 1.0], [2, x[1]]]) | array((x[0], 1.0)) | array(((x[0], 1.0), (2, x[1])))
        asarray([x[0], x[1]]) | asarray(x[0]) | asarray(x) | copy(x) | astype(x, np.float64) | astype(x, np.int64)
        full(3, x[0]) | full((2, 2), x[0]) | full_like(w, x[0]) | zeros_like(x) | ones_like(x)
        linspace(x[0], x[1], 4) | linspace(0.0, x[1], 1) | arange(x[0], x[0] + 2.5)
        arange(w[0], w[0] + 3.3, abs(x[1])) | array([x[0], x[1]], np.float64)
    """,
    "shapes": """
        append(x, 1.0) | append(w, x) | append(x, x[0]) | insert(w, 1, x[0]) | insert(x, 1, 2.0) | insert(x, i, w[:3])
        ediff1d(x) | ediff1d(x, w, x) | diff(x) | diff(x, 2) | tril(m) | triu(m, 1) | tril(m.T, -1) | tril(t)
        real(x) | imag(x) | angle(x) | angle(x[1], True) | conj(x)
        broadcast_arrays(x, w[:, None])[0] | diag(x) | roll(x, 2) | repeat(x, 2) | flip(x)
        concatenate((x, w)) | stack((w, x), 1) | hstack((x, w)) | vstack((x, w)) | column_stack((x, w))
        resize(x, (2, 4))
    """,
    "inactive": """
        around(x, 1) | argsort(x) | argmax(x) | argmin(x) | searchsorted(g, x) | digitize(x, g) | any(x) | all(x)
        nonzero(x) | isclose(x, w) | allclose(x, x) | count_nonzero(x) | argwhere(x) | array_equal(x, x)
    """,
}


def expressions():
    for family, text in CASES.items():
        for expression in re.split(r"[|\n]", text):
            if expression.strip():
                yield pytest.param(expression.strip(), id=f"{family}: {expression.strip()}")


@pytest.mark.parametrize("expression", list(expressions()))
def test_expression(expression):
    check(expression, ACTIVE, INACTIVE)


@pytest.mark.parametrize(
    ("statements", "answer"),
    [
        (["y = copy(x)", "sort_in_place(y)"], "y"),
        (["y = copy(m)", "sort_in_place(y, kind='mergesort')"], "y"),
        (["y = [x[0], x[1], x[2]]", "sort_in_place(y)"], "array(y)"),
        (["y = copy(s)", "fill_diagonal(y, s[0, 1])"], "y"),
        (["y = copy(s)", "fill_diagonal(y, w[:2])"], "y"),
        (["y = copy(s)", "dot(s, v, y)"], "y"),
        (["y = copy(v)", "z = copy(s)", "outer(s[0], v[0], z)"], "z"),
        (["y = copy(x)", "clip(x, -0.1, w, y)"], "y"),
        (["y = copy(x)", "z = nan_to_num(y, False)", "z[0] = 2 * z[1]"], "y"),
    ],
)
def test_writing(statements, answer):
    check(answer, ACTIVE, INACTIVE, before=statements)
