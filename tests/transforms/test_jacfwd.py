"""Shapes, structures, chunks, dtypes and memory layouts of Jacobians."""

from typing import NamedTuple

import numpy as np
import pytest
from numba import njit
from numba.typed import List

import dualjit as dj
from dualjit.errors import ArgnumsError, OutputError

X = np.array([1.3, 0.7, 2.2])
M = np.array([[3.1, 0.4, 1.2], [0.6, 2.7, 0.9]])


class Pair(NamedTuple):
    first: np.ndarray
    second: float


SHAPES = [(3,), (2, 3), (2, 1, 3)]


@pytest.mark.parametrize("inner", SHAPES, ids=str)
def test_shape_is_output_then_input(inner):
    @njit
    def spread(x):
        y = x * 2.0
        return y.sum(), y, np.ones((2, 1)) * y.sum()

    x = np.arange(1.0, 1.0 + np.prod(inner, dtype=int)).reshape(inner)
    total, same, wide = dj.jacfwd(spread)(x)
    assert total.shape == inner
    assert same.shape == inner + inner
    assert wide.shape == (2, 1, *inner)
    np.testing.assert_allclose(total, np.full(inner, 2.0))
    np.testing.assert_allclose(same.reshape(x.size, x.size), 2.0 * np.eye(x.size))
    np.testing.assert_allclose(wide, np.full((2, 1, *inner), 2.0))


def test_scalar_in_scalar_out_is_a_float():
    answer = dj.jacfwd(lambda x: x * x)(3.0)
    assert type(answer) is float
    assert answer == 6.0


def test_scalar_in_array_out_and_back():
    np.testing.assert_allclose(dj.jacfwd(lambda x: np.array([x, x * x]))(3.0), [1.0, 6.0])
    np.testing.assert_allclose(dj.jacfwd(lambda x: x[0] * x[1])(X), [0.7, 1.3, 0.0])


def test_element_order():
    answer = dj.jacfwd(lambda a: a[0] * a[1, 2])(M)
    expected = np.zeros((3, 2, 3))
    for i in range(3):
        expected[i, 0, i] += M[1, 2]
        expected[i, 1, 2] += M[0, i]
    np.testing.assert_allclose(answer, expected)


def test_nested_outputs():
    def f(x):
        return Pair(x * x, x[0]), (x[1] * x[2], (2.0 * x,))

    answer = dj.jacfwd(f)(X)
    assert type(answer[0]) is Pair
    np.testing.assert_allclose(answer[0].first, np.diag(2 * X))
    np.testing.assert_allclose(answer[0].second, [1.0, 0.0, 0.0])
    np.testing.assert_allclose(answer[1][0], [0.0, 2.2, 0.7])
    np.testing.assert_allclose(answer[1][1][0], 2 * np.eye(3))


def test_array_without_axes():
    answer = dj.jacfwd(lambda x: (x[()] ** 2, np.ones(2) * x))(np.array(3.0))  # to Numba, x * 2 is a number
    assert answer[0].shape == ()
    assert answer[0] == 6.0
    np.testing.assert_allclose(answer[1], np.ones(2))


def test_nested_inputs():
    def f(state, pair):
        return state.first * state.second * pair[0], pair[1][0][0] * state.second

    state, pair = Pair(X, 2.0), (0.5, (X[:2],))
    by_state, by_pair = zip(*dj.jacfwd(f, (0, 1))(state, pair), strict=True)
    assert all(type(block) is Pair for block in by_state)
    np.testing.assert_allclose(by_state[0].first, np.eye(3))
    np.testing.assert_allclose(by_state[0].second, 0.5 * X)
    np.testing.assert_allclose(by_state[1].first, np.zeros(3))
    np.testing.assert_allclose(by_state[1].second, X[0])
    np.testing.assert_allclose(by_pair[0][0], 2.0 * X)
    np.testing.assert_allclose(by_pair[0][1][0], np.zeros((3, 2)))
    np.testing.assert_allclose(by_pair[1][1][0], [2.0, 0.0])
    assert by_pair[1][0] == 0.0


def test_output_then_input():
    answer = dj.jacfwd(lambda x, a: (x * a, a * a), (1, 0))(X, 2.0)
    assert len(answer) == 2
    (by_a, by_x), (scalar_by_a, scalar_by_x) = answer
    np.testing.assert_allclose(by_a, X)
    np.testing.assert_allclose(by_x, 2.0 * np.eye(3))
    assert scalar_by_a == 4.0
    np.testing.assert_allclose(scalar_by_x, np.zeros(3))


@pytest.mark.parametrize("make", [list, List], ids=["reflected", "typed"])
def test_lists_of_arrays(make):
    @njit
    def f(rows):
        return [rows[0] * rows[1][0], rows[1] * 2.0]

    answer = dj.jacfwd(f)(make([X, X[:2] * 1.0]))
    np.testing.assert_allclose(answer[0][0], X[0] * np.eye(3))
    np.testing.assert_allclose(answer[0][1], np.outer(X, [1.0, 0.0]))
    np.testing.assert_allclose(answer[1][0], np.zeros((2, 3)))
    np.testing.assert_allclose(answer[1][1], 2.0 * np.eye(2))


def test_a_list_of_outputs_nests_before_the_arguments():
    def f(x, p):
        return [x * p[0], x * x[0]]

    (by_x, (by_p, by_q)), (square_by_x, _) = dj.jacfwd(f, argnums=(0, 1))(X, (2.0, 3.0))
    np.testing.assert_allclose(by_x, 2.0 * np.eye(3))
    np.testing.assert_allclose((by_p, by_q), (X, np.zeros(3)))
    np.testing.assert_allclose(square_by_x, X[0] * np.eye(3) + np.outer(X, [1.0, 0.0, 0.0]))
    ((alone,), _) = dj.jacfwd(f, argnums=(0,))(X, (2.0, 3.0))
    np.testing.assert_allclose(alone, 2.0 * np.eye(3))


def test_constant_outputs_have_zero_derivatives():
    a, b, c = dj.jacfwd(lambda x: (1.5, np.ones(2), x[0]))(X)
    np.testing.assert_array_equal(a, np.zeros(3))
    np.testing.assert_array_equal(b, np.zeros((2, 3)))
    np.testing.assert_array_equal(c, [1.0, 0.0, 0.0])


def test_identity_and_views_of_the_argument():
    same, part = dj.jacfwd(lambda x: (x, x[1:]))(X)
    np.testing.assert_array_equal(same, np.eye(3))
    np.testing.assert_array_equal(part, np.eye(3)[1:])


def test_answers_own_their_memory():
    answer = dj.jacfwd(lambda x: x * x)(X)
    answer[:] = 0.0
    np.testing.assert_allclose(dj.jacfwd(lambda x: x * x)(X), np.diag(2 * X))
    assert answer.flags.writeable


def test_auxiliary_answers():
    jacobian, (aux, count) = dj.jacfwd(lambda x: (x * x, (x + 1.0, x.size)), has_aux=True)(X)
    np.testing.assert_allclose(jacobian, np.diag(2 * X))
    np.testing.assert_array_equal(aux, X + 1.0)
    assert count == 3


def test_auxiliary_answer_with_several_arguments():
    (by_x, by_a), aux = dj.jacfwd(lambda x, a: (a * x, a), (0, 1), has_aux=True)(X, 2.0)
    np.testing.assert_allclose(by_x, 2.0 * np.eye(3))
    np.testing.assert_allclose(by_a, X)
    assert aux == 2.0


@pytest.mark.parametrize("f", [lambda x: x.size, lambda x: None, lambda x: (x, 3), lambda x: "text"])
def test_outputs_without_derivative(f):
    with pytest.raises(OutputError, match="returns"):
        dj.jacfwd(f)(X)


def test_auxiliary_answer_missing():
    with pytest.raises(OutputError, match="pair"):
        dj.jacfwd(lambda x: x * x, has_aux=True)(X)


def mixed(x, a, s):
    y = np.zeros(3)
    y[0] = x[0] * a[1, 2] * s
    y[1] = np.sin(x[4]) * s**2
    y[2] = (a * a).sum() + x[1]
    return y


@pytest.mark.parametrize("chunk", [1, 2, 4, 8, 16, 32])
def test_every_chunk_gives_the_same(chunk):
    x = np.linspace(0.3, 1.1, 5)
    reference = dj.jacfwd(mixed, (0, 1, 2))(x, M, 1.7)
    answer = dj.jacfwd(mixed, (0, 1, 2), chunk=chunk)(x, M, 1.7)
    for mine, other in zip(answer, reference, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-15)
    by_x, by_a, by_s = answer
    np.testing.assert_allclose(by_x[1], [0, 0, 0, 0, np.cos(x[4]) * 1.7**2])
    np.testing.assert_allclose(by_a[2], 2 * M)
    np.testing.assert_allclose(by_s, [x[0] * M[1, 2], 2 * 1.7 * np.sin(x[4]), 0.0])


@pytest.mark.parametrize("n", [1, 7, 8, 9, 16, 17, 40])
def test_sizes_around_the_default_chunk(n):
    x = np.linspace(0.5, 1.5, n)
    np.testing.assert_allclose(dj.jacfwd(doubled_and_shifted)(x), 2 * np.diag(x) + np.eye(n, k=1))


@njit
def doubled_and_shifted(x):
    y = x * x
    y[:-1] += x[1:]
    return y


@pytest.mark.parametrize("chunk", [0, 3, -1, 2.0, "all", 64])
def test_chunks_refused(chunk):
    with pytest.raises(ArgnumsError, match="chunk"):
        dj.jacfwd(mixed, chunk=chunk)


def test_single_precision():
    x = X.astype(np.float32)
    jacobian = dj.jacfwd(lambda x: x * x)(x)
    assert jacobian.dtype == np.float32
    np.testing.assert_allclose(jacobian, np.diag(2 * x), rtol=1e-6)
    number = dj.jacfwd(lambda x: (x * x).sum())(x)
    assert number.dtype == np.float32
    value, tangent = dj.jvp(lambda x: x * x, (x,), (x,))
    assert value.dtype == tangent.dtype == np.float32


def test_mixed_precision():
    by_single, by_double = dj.jacfwd(lambda a, b: a * b, (0, 1))(X.astype(np.float32), X)
    np.testing.assert_allclose(by_single, np.diag(X), rtol=1e-6)
    np.testing.assert_allclose(by_double, np.diag(X), rtol=1e-6)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)], ids=str)
def test_empty_arrays(shape):
    x = np.zeros(shape)
    total, same = dj.jacfwd(lambda x: (x.sum(), x * x))(x)
    assert total.shape == shape
    assert same.shape == shape + shape


def test_empty_output_of_an_input_that_is_not():
    assert dj.jacfwd(lambda x: x[3:])(X).shape == (0, 3)


def test_arrays_without_axes():
    answer = dj.jacfwd(lambda x: x[()] ** 2)(np.array(3.0))
    assert np.shape(answer) == ()
    assert answer == 6.0


LAYOUTS = {
    "C": M,
    "F": np.asfortranarray(M),
    "strided": np.repeat(np.repeat(M, 2, 0), 3, 1)[::2, ::3],
    "reversed": M[::-1, ::-1].copy()[::-1, ::-1],
    "transposed": M.T.copy().T,
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout):
    a = LAYOUTS[layout]
    expected = np.zeros((2, 2, 3))
    for i in range(2):
        expected[i, i] = M[i, ::-1]
        expected[i, i] += M[i, ::-1]
    np.testing.assert_allclose(dj.jacfwd(lambda a: (a * a[:, ::-1]).sum(axis=1))(a), expected)
    np.testing.assert_array_equal(a, M)


def test_read_only_arguments():
    x = X.copy()
    x.flags.writeable = False
    np.testing.assert_allclose(dj.jacfwd(lambda x: x * x)(x), np.diag(2 * X))
    np.testing.assert_allclose(dj.jacfwd(lambda x, w: x * w)(x, x), np.diag(X))


def test_arguments_written_to_stay_as_they_are():
    @njit
    def overwrite(x, work, other):
        x[0] = 5.0 * x[1]
        work[:] = x
        other[0] += 1.0
        return x * work * other[0]

    x, work, other = X.copy(), np.ones(3), np.array([2.0])
    first = dj.jacfwd(overwrite)(x, work, other)
    second = dj.jacfwd(overwrite)(x, work, other)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(work, np.ones(3))
    np.testing.assert_array_equal(other, [2.0])
    expected = 3.0 * np.diag([0.0, 2 * X[1], 2 * X[2]])
    expected[0, 1] = 3.0 * 2 * 25 * X[1]
    np.testing.assert_allclose(first, expected)


def test_same_array_for_two_arguments():
    by_x, by_y = dj.jacfwd(lambda x, y: x * x * y, (0, 1))(X, X)
    np.testing.assert_allclose(by_x, np.diag(2 * X**2))
    np.testing.assert_allclose(by_y, np.diag(X**2))


def test_function_is_left_alone():
    @njit
    def f(x):
        return x * x

    np.testing.assert_array_equal(f(X), X * X)
    dj.jacfwd(f)(X)
    np.testing.assert_array_equal(f(X), X * X)
    assert len(f.signatures) == 1


def test_name_and_signature():
    derivative = dj.jacfwd(mixed)
    assert "mixed" in derivative.__name__
    assert "mixed" in derivative.__doc__
    assert "def " in derivative.source(np.ones(5), M, 1.0)


def test_more_argument_types_later():
    derivative = dj.jacfwd(lambda x: x * x)
    assert derivative(2.0) == 4.0
    np.testing.assert_allclose(derivative(X), np.diag(2 * X))
    assert derivative(M).shape == (2, 3, 2, 3)
    assert derivative(3.0) == 6.0
