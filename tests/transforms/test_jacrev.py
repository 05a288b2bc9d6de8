"""Jacobians by rows: shapes, structures, chunks, dtypes and memory layouts, held to those by columns."""

from typing import NamedTuple

import numpy as np
import pytest
from numba import njit
from numba.typed import List

import dualjit as dj
from dualjit.errors import AliasingError, ArgnumsError, OutputError, StructureError, UnsupportedError

X = np.array([1.3, 0.7, 2.2])
M = np.array([[3.1, 0.4, 1.2], [0.6, 2.7, 0.9]])


class Pair(NamedTuple):
    first: np.ndarray
    second: float


def assert_same(mine, other, rtol=1e-12):
    """Both have one structure, and the same numbers to rounding."""
    assert type(mine) is type(other)
    if isinstance(mine, tuple):
        assert len(mine) == len(other)
        for a, b in zip(mine, other, strict=True):
            assert_same(a, b, rtol)
        return
    assert np.shape(mine) == np.shape(other)
    assert np.asarray(mine).dtype == np.asarray(other).dtype
    np.testing.assert_allclose(mine, other, rtol=rtol, atol=rtol)


@njit
def spread(x):
    y = x * 2.0
    return y.sum(), y, np.ones((2, 1)) * y.sum()


spread_by_rows = dj.jacrev(spread)


@pytest.mark.parametrize("inner", [(3,), (2, 3), (2, 1, 3)], ids=str)
def test_shape_is_output_then_input(inner):
    x = np.arange(1.0, 1.0 + np.prod(inner, dtype=int)).reshape(inner)
    total, same, wide = spread_by_rows(x)
    assert total.shape == inner
    assert same.shape == inner + inner
    assert wide.shape == (2, 1, *inner)
    np.testing.assert_allclose(total, np.full(inner, 2.0))
    np.testing.assert_allclose(same.reshape(x.size, x.size), 2.0 * np.eye(x.size))
    np.testing.assert_allclose(wide, np.full((2, 1, *inner), 2.0))


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)], ids=str)
def test_empty_arrays(shape):
    total, same, wide = spread_by_rows(np.zeros(shape))
    assert total.shape == shape
    assert same.shape == shape + shape
    assert wide.shape == (2, 1, *shape)


def test_empty_output_of_an_input_that_is_not():
    assert dj.jacrev(lambda x: x[3:])(X).shape == (0, 3)


def test_scalar_in_scalar_out_is_a_float():
    answer = dj.jacrev(lambda x: x * x)(3.0)
    assert type(answer) is float
    assert answer == 6.0


def test_scalar_in_array_out_and_back():
    np.testing.assert_allclose(dj.jacrev(lambda x: np.array([x, x * x]))(3.0), [1.0, 6.0])
    np.testing.assert_allclose(dj.jacrev(lambda x: x[0] * x[1])(X), [0.7, 1.3, 0.0])


def test_element_order():
    answer = dj.jacrev(lambda a: a[0] * a[1, 2])(M)
    expected = np.zeros((3, 2, 3))
    for i in range(3):
        expected[i, 0, i] += M[1, 2]
        expected[i, 1, 2] += M[0, i]
    np.testing.assert_allclose(answer, expected)


def test_array_without_axes():
    answer = dj.jacrev(lambda x: (x[()] ** 2, np.ones(2) * x[()]))(np.array(3.0))
    assert np.shape(answer[0]) == ()
    assert answer[0] == 6.0
    np.testing.assert_allclose(answer[1], np.ones(2))


def test_nested_outputs_and_inputs():
    def f(state, pair):
        return Pair(state.first * state.second * pair[0], state.second), (pair[1][0][0] * state.second, (state.first,))

    point = Pair(X, 2.0), (0.5, (X[:2].copy(),))
    answer = dj.jacrev(f, (0, 1))(*point)
    assert_same(answer, dj.jacfwd(f, (0, 1))(*point))
    assert type(answer[0]) is Pair
    assert type(answer[0].first[0]) is Pair
    np.testing.assert_allclose(answer[0].first[0].second, 0.5 * X)


def test_output_then_input():
    answer = dj.jacrev(lambda x, a: (x * a, a * a), (1, 0))(X, 2.0)
    (by_a, by_x), (scalar_by_a, scalar_by_x) = answer
    np.testing.assert_allclose(by_a, X)
    np.testing.assert_allclose(by_x, 2.0 * np.eye(3))
    assert scalar_by_a == 4.0
    np.testing.assert_allclose(scalar_by_x, np.zeros(3))


@pytest.mark.parametrize("make", [list, List], ids=["reflected", "typed"])
def test_lists_are_refused(make):
    with pytest.raises(StructureError, match="jacfwd"):
        dj.jacrev(lambda rows: rows[0] * rows[1])(make([X, X]))
    with pytest.raises(StructureError, match="jacfwd"):
        dj.jacrev(lambda x: [x, x * 2.0])(X)


def test_constant_outputs_have_zero_derivatives():
    a, b, c = dj.jacrev(lambda x: (1.5, np.ones(2), x[0]))(X)
    np.testing.assert_array_equal(a, np.zeros(3))
    np.testing.assert_array_equal(b, np.zeros((2, 3)))
    np.testing.assert_array_equal(c, [1.0, 0.0, 0.0])


def maybe_product(x, some):
    if some:
        return x[0] * x[1]
    return None


def test_answers_that_may_be_none():
    x = np.array([2.0, 3.0])
    np.testing.assert_array_equal(dj.jacrev(maybe_product)(x, True), [3.0, 2.0])
    with pytest.raises(OutputError, match="returned None"):
        dj.jacrev(maybe_product)(x, False)


def test_identity_and_views_of_the_argument():
    same, part = dj.jacrev(lambda x: (x, x[1:]))(X)
    np.testing.assert_array_equal(same, np.eye(3))
    np.testing.assert_array_equal(part, np.eye(3)[1:])


def test_auxiliary_answers():
    jacobian, (aux, count) = dj.jacrev(lambda x: (x * x, (x + 1.0, x.size)), has_aux=True)(X)
    np.testing.assert_allclose(jacobian, np.diag(2 * X))
    np.testing.assert_array_equal(aux, X + 1.0)
    assert count == 3


def test_auxiliary_answer_missing():
    with pytest.raises(OutputError, match="pair"):
        dj.jacrev(lambda x: x * x, has_aux=True)(X)


@pytest.mark.parametrize("f", [lambda x: x.size, lambda x: None, lambda x: (x, 3), lambda x: "text"])
def test_outputs_without_derivative(f):
    with pytest.raises(OutputError, match="returns"):
        dj.jacrev(f)(X)


def mixed(x, a, s):
    y = np.zeros(3)
    y[0] = x[0] * a[1, 2] * s
    y[1] = np.sin(x[4]) * s**2
    y[2] = (a * a).sum() + x[1]
    return y


@pytest.fixture(scope="module")
def reference():
    """The Jacobians of ``mixed`` by forward mode."""
    return dj.jacfwd(mixed, (0, 1, 2))(np.linspace(0.3, 1.1, 5), M, 1.7)


@pytest.mark.parametrize("chunk", [1, 2, 8, 32])
def test_every_chunk_gives_the_same(chunk, reference):
    answer = dj.jacrev(mixed, (0, 1, 2), chunk=chunk)(np.linspace(0.3, 1.1, 5), M, 1.7)
    assert_same(answer, reference)


@pytest.mark.parametrize("chunk", [0, 3, -1, 2.0, "all", 64])
def test_chunks_refused(chunk):
    with pytest.raises(ArgnumsError, match=r"chunk.*rows per sweep"):
        dj.jacrev(mixed, chunk=chunk)


@njit
def doubled_and_shifted(x):
    y = x * x
    y[:-1] += x[1:]
    return y


by_rows, by_two_rows = dj.jacrev(doubled_and_shifted), dj.jacrev(doubled_and_shifted, chunk=2)


@pytest.mark.parametrize("n", [1, 7, 8, 9, 16, 17, 40])
def test_sizes_around_the_default_chunk(n):
    x = np.linspace(0.5, 1.5, n)
    expected = 2 * np.diag(x) + np.eye(n, k=1)
    np.testing.assert_allclose(by_rows(x), expected)
    np.testing.assert_allclose(by_two_rows(x), expected)


@pytest.mark.parametrize("count", [3, 17])
def test_any_number_of_scalar_outputs(count):
    """Numbers get as many lanes as there are of them, up to 16; then several sweeps."""
    items = ", ".join(f"x * {k + 1}.0" for k in range(count))
    space = {}
    exec(f"def f(x): return ({items},)", space)
    assert dj.jacrev(space["f"])(2.0) == tuple(k + 1.0 for k in range(count))


def test_single_precision():
    jacobian = by_rows(X.astype(np.float32))
    assert jacobian.dtype == np.float32
    np.testing.assert_allclose(jacobian, 2 * np.diag(X) + np.eye(3, k=1), rtol=1e-6)
    assert dj.jacrev(lambda x: (x * x).sum())(X.astype(np.float32)).dtype == np.float32


def test_mixed_precision():
    by_single, by_double = dj.jacrev(lambda a, b: a * b, (0, 1))(X.astype(np.float32), X)
    np.testing.assert_allclose(by_single, np.diag(X), rtol=1e-6)
    np.testing.assert_allclose(by_double, np.diag(X), rtol=1e-6)


LAYOUTS = {
    "C": M,
    "F": np.asfortranarray(M),
    "strided": np.repeat(np.repeat(M, 2, 0), 3, 1)[::2, ::3],
    "reversed": M[::-1, ::-1].copy()[::-1, ::-1],
    "transposed": M.T.copy().T,
}


@njit
def palindromes(a):
    return (a * a[:, ::-1]).sum(axis=1)


palindromes_by_rows = dj.jacrev(palindromes)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout):
    a = LAYOUTS[layout]
    expected = np.zeros((2, 2, 3))
    for i in range(2):
        expected[i, i] = 2 * M[i, ::-1]
    np.testing.assert_allclose(palindromes_by_rows(a), expected)
    np.testing.assert_array_equal(a, M)


def test_read_only_arguments():
    x = X.copy()
    x.flags.writeable = False
    np.testing.assert_allclose(by_rows(x), 2 * np.diag(X) + np.eye(3, k=1))


def test_arguments_written_to_stay_as_they_are():
    @njit
    def overwrite(x, work, other):
        x[0] = 5.0 * x[1]
        work[:] = x
        other[0] += 1.0
        return x * work * other[0]

    x, work, other = X.copy(), np.ones(3), np.array([2.0])
    derivative = dj.jacrev(overwrite, chunk=1)  # three sweeps over one point
    for _ in range(2):
        answer = derivative(x, work, other)
        expected = 3.0 * np.diag([0.0, 2 * X[1], 2 * X[2]])
        expected[0, 1] = 3.0 * 2 * 25 * X[1]
        np.testing.assert_allclose(answer, expected)
        np.testing.assert_array_equal(x, X)
        np.testing.assert_array_equal(work, np.ones(3))
        np.testing.assert_array_equal(other, [2.0])


def test_same_array_for_two_arguments():
    by_first, by_second = dj.jacrev(lambda x, y: x * x * y, (0, 1))(X, X)
    np.testing.assert_allclose(by_first, np.diag(2 * X**2))
    np.testing.assert_allclose(by_second, np.diag(X**2))


def test_shared_memory_that_is_written_to():
    def write_first(x, y):
        x[0] = 2.0 * y[1]
        return x * y

    with pytest.raises(AliasingError):
        dj.jacrev(write_first)(X, X)


def test_unsupported_construct():
    with pytest.raises(UnsupportedError, match="svd"):
        dj.jacrev(lambda x: np.linalg.svd(x.reshape(2, 2))[1])(np.arange(4.0))


def test_exceptions_are_the_functions_own():
    def guarded(x):
        if x[0] > 2.0:
            raise ValueError("too large", 3)
        return x[0] * x

    derivative = dj.jacrev(guarded)
    np.testing.assert_allclose(derivative(X), X[0] * np.eye(3) + np.outer(X, [1.0, 0.0, 0.0]))
    with pytest.raises(ValueError, match="too large") as caught:
        derivative(np.full(3, 2.5))
    assert caught.value.args == ("too large", 3)


def test_loops_with_a_tape():
    @njit
    def diffused(x, n):
        state = x.copy()
        for _ in range(n):
            for i in range(1, state.size):
                state[i] += 0.1 * state[i - 1] * state[i]
        return state

    x = np.linspace(0.3, 1.0, 6)
    for n in (0, 5):
        np.testing.assert_allclose(dj.jacrev(diffused)(x, n), dj.jacfwd(diffused)(x, n), rtol=1e-12)


def test_name():
    assert "doubled_and_shifted" in by_rows.__name__
    assert "doubled_and_shifted" in by_rows.__doc__
