"""Value and pullback: products of cotangents with the Jacobian."""

from typing import NamedTuple

import numpy as np
import pytest
from numba import njit

import dualjit as dj
from dualjit.errors import ArgumentCountError, DTypeError, OutputError, ShapeError, StructureError, UnsupportedError

X = np.array([1.3, 0.7, 2.2])
U = np.array([0.5, -1.0, 2.0])


class Pair(NamedTuple):
    first: np.ndarray
    second: float


@njit
def scaled(x, a):
    return a * np.sin(x)


def test_array_and_scalar():
    y, pullback = dj.vjp(scaled, X, 1.5)
    np.testing.assert_array_equal(y, scaled(X, 1.5))
    answer = pullback(U)
    assert type(answer) is tuple
    by_x, by_a = answer
    np.testing.assert_allclose(by_x, 1.5 * np.cos(X) * U)
    assert type(by_a) is float
    assert by_a == pytest.approx(np.sin(X) @ U)


def test_one_primal_gives_a_tuple_of_one():
    y, pullback = dj.vjp(lambda x: x**3, 2.0)
    assert type(y) is float
    assert y == 8.0
    assert pullback(0.5) == (6.0,)
    assert pullback(1) == (12.0,)
    assert pullback(np.float64(2.0)) == (24.0,)
    assert isinstance(pullback, dj.Pullback)


def test_pullback_is_used_again():
    _, pullback = dj.vjp(scaled, X, 1.5)
    first, _ = pullback(U)
    kept = first.copy()
    second, _ = pullback(2.0 * U)
    np.testing.assert_array_equal(first, kept)
    np.testing.assert_allclose(second, 2.0 * first)


def test_rows_of_the_jacobian():
    _, pullback = dj.vjp(scaled, X, 1.5)
    rows = np.array([pullback(unit)[0] for unit in np.eye(3)])
    np.testing.assert_allclose(rows, dj.jacfwd(scaled)(X, 1.5))


def test_structures():
    def f(p, q):
        return Pair(p.first * p.second, q[0]), p.second * q[1]

    (pair, number), pullback = dj.vjp(f, Pair(X, 2.0), (1.0, 3.0))
    assert type(pair) is Pair
    np.testing.assert_array_equal(pair.first, X * 2.0)
    assert number == 6.0
    by_p, by_q = pullback((Pair(U, 0.25), -1.0))
    assert type(by_p) is Pair
    np.testing.assert_allclose(by_p.first, 2.0 * U)
    assert by_p.second == pytest.approx(X @ U - 3.0)
    assert by_q == (0.25, -2.0)


def test_lists_among_the_primals():
    y, pullback = dj.vjp(lambda rows: rows[0] * rows[1], [X, X * 2.0])
    np.testing.assert_array_equal(y, X * (X * 2.0))
    (rows,) = pullback(U)
    np.testing.assert_allclose(rows[0], 2.0 * X * U)
    np.testing.assert_allclose(rows[1], X * U)


def test_constant_outputs():
    y, pullback = dj.vjp(lambda x: (1.5, np.ones(2)), X)
    assert y[0] == 1.5
    (by_x,) = pullback((1.0, np.ones(2)))
    np.testing.assert_array_equal(by_x, np.zeros(3))


def test_answer_that_is_the_argument():
    y, pullback = dj.vjp(lambda x: (x, x[1:]), X)
    np.testing.assert_array_equal(y[0], X)
    (by_x,) = pullback((U, np.array([10.0, 20.0])))
    np.testing.assert_array_equal(by_x, U + np.array([0.0, 10.0, 20.0]))


def test_one_array_returned_twice():
    def f(x):
        y = x * x
        return y, y

    _, pullback = dj.vjp(f, X)
    (by_x,) = pullback((U, X))
    np.testing.assert_allclose(by_x, 2 * X * (U + X))


def test_auxiliary_answer():
    y, pullback, aux = dj.vjp(lambda x: (x * x, (x.size, x + 1.0)), X, has_aux=True)
    np.testing.assert_array_equal(y, X * X)
    assert aux[0] == 3
    np.testing.assert_array_equal(aux[1], X + 1.0)
    np.testing.assert_allclose(pullback(U)[0], 2 * X * U)


@pytest.mark.parametrize("f", [lambda x: x * x, lambda x: (x, x, x)], ids=["array", "three"])
def test_auxiliary_answer_missing(f):
    with pytest.raises(OutputError, match="pair"):
        dj.vjp(f, X, has_aux=True)


def test_point_and_cotangent_are_kept():
    x, u = X.copy(), U.copy()
    y, pullback = dj.vjp(scaled, x, 1.5)
    pullback(u)
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(u, U)
    x[:] = 0.0
    y[:] = 0.0
    np.testing.assert_allclose(pullback(U)[0], 1.5 * np.cos(X) * U)


def test_functions_that_write_into_their_arguments():
    def overwrite(x):
        x[:] = x * x
        return x

    x = X.copy()
    y, pullback = dj.vjp(overwrite, x)
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(y, X * X)
    for _ in range(2):
        np.testing.assert_allclose(pullback(U)[0], 2 * X * U)
    np.testing.assert_array_equal(x, X)


def test_cotangents_of_other_layouts_and_numbers():
    _, pullback = dj.vjp(scaled, X, 1.5)
    np.testing.assert_allclose(pullback(np.repeat(U, 2)[::2])[0], 1.5 * np.cos(X) * U)
    np.testing.assert_allclose(pullback(np.array([1, 0, 2]))[0], 1.5 * np.cos(X) * [1, 0, 2])
    np.testing.assert_allclose(pullback(U.astype(np.float32))[0], 1.5 * np.cos(X) * U)


def test_matrices_and_layouts():
    a = np.arange(1.0, 7.0).reshape(2, 3)
    u = np.array([[0.5, -1.0], [2.0, 0.0], [1.0, 1.0]])
    expected = 2 * a * u.T
    for given in (a, np.asfortranarray(a), np.repeat(a, 2, 1)[:, ::2]):
        y, pullback = dj.vjp(transposed_square, given)
        np.testing.assert_array_equal(y, (a * a).T)
        np.testing.assert_allclose(pullback(u)[0], expected)
        np.testing.assert_allclose(pullback(np.asfortranarray(u))[0], expected)


@njit
def transposed_square(a):
    return (a * a).T


def test_single_precision():
    y, pullback = dj.vjp(lambda x: x * x, X.astype(np.float32))
    (by_x,) = pullback(U)
    assert y.dtype == by_x.dtype == np.float32
    np.testing.assert_allclose(by_x, 2 * X * U, rtol=1e-6)


def test_empty_arrays():
    y, pullback = dj.vjp(scaled, np.zeros(0), 1.5)
    assert y.shape == (0,)
    by_x, by_a = pullback(np.zeros(0))
    assert by_x.shape == (0,)
    assert by_a == 0.0


def test_one_array_for_two_primals():
    _, pullback = dj.vjp(lambda x, y: x * x * y, X, X)
    by_first, by_second = pullback(U)
    np.testing.assert_allclose(by_first, 2 * X**2 * U)
    np.testing.assert_allclose(by_second, X**2 * U)


def test_shape_of_a_cotangent():
    _, pullback = dj.vjp(scaled, X, 1.5)
    with pytest.raises(ShapeError, match=r"\(2,\).*\(3,\)") as caught:
        pullback(U[:2])
    assert isinstance(caught.value, ValueError)
    with pytest.raises(ShapeError, match=r"\(3, 1\).*\(3,\)"):
        pullback(U.reshape(3, 1))
    with pytest.raises(ShapeError, match=r"\(\).*\(3,\)"):
        pullback(1.0)


@pytest.mark.parametrize(
    "cotangent",
    [(U,), [0.5, 1.0, 2.0], U * 1j],
    ids=["tuple", "list", "complex"],
)
def test_structure_of_a_cotangent(cotangent):
    _, pullback = dj.vjp(scaled, X, 1.5)
    with pytest.raises(StructureError, match=r"cotangent.*expected an array of shape"):
        pullback(cotangent)


def test_structure_of_a_cotangent_of_a_tuple():
    _, pullback = dj.vjp(lambda x: (x * x, x[0]), X)
    for cotangent in (U, (U,), (U, 1.0, 1.0), [U, 1.0]):
        with pytest.raises(StructureError, match="expected a tuple of 2"):
            pullback(cotangent)
    with pytest.raises(ShapeError, match=r"cotangent\[0\].*\(2,\).*\(3,\)"):
        pullback((U[:2], 1.0))
    np.testing.assert_allclose(pullback((U, 1.0))[0], 2 * X * U + [1.0, 0.0, 0.0])


def test_dtypes_of_the_primals():
    with pytest.raises(DTypeError, match="integer"):
        dj.vjp(scaled, np.array([1, 2, 3]), 1.5)[1](U)
    with pytest.raises(DTypeError, match="complex"):
        dj.vjp(lambda x: x * x, X * 1j)[1](U)


def test_number_of_primals():
    with pytest.raises(ArgumentCountError, match="x, a"):
        dj.vjp(scaled, X)
    with pytest.raises(ArgumentCountError, match="x, a"):
        dj.vjp(scaled, X, 1.0, 2.0)


def test_output_without_derivative():
    with pytest.raises(OutputError, match="returns"):
        dj.vjp(lambda x: x.size, X)[1](1.0)


def test_unsupported_construct():
    def f(x):
        return np.linalg.svd(x.reshape(2, 2))[1]

    with pytest.raises(UnsupportedError, match="svd"):
        dj.vjp(f, np.arange(4.0))[1](np.ones(2))


def test_exceptions_are_the_functions_own():
    def guarded(x):
        if x[0] > 2.0:
            raise ValueError("too large", 3)
        return x[0] * x

    with pytest.raises(ValueError, match="too large"):
        dj.vjp(guarded, np.full(3, 2.5))
    assert dj.vjp(guarded, X)[1](U)[0] == pytest.approx(dj.jacfwd(guarded)(X).T @ U)


def test_things_that_are_no_functions():
    with pytest.raises(TypeError, match="function"):
        dj.vjp(3, X)
