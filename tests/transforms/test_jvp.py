"""Value and directional derivative in one pass."""

import math
from typing import NamedTuple

import numpy as np
import pytest
from numba import njit

import dualjit as dj
from dualjit.errors import ArgumentCountError, DTypeError, OutputError, ShapeError, StructureError

X = np.array([1.3, 0.7, 2.2])
V = np.array([0.5, -1.0, 2.0])


class Pair(NamedTuple):
    first: np.ndarray
    second: float


def scaled(x, a):
    return a * np.sin(x)


def test_array_and_scalar():
    y, y_dot = dj.jvp(scaled, (X, 1.5), (V, 2.0))
    np.testing.assert_array_equal(y, njit(scaled)(X, 1.5))
    np.testing.assert_allclose(y_dot, 1.5 * np.cos(X) * V + 2.0 * np.sin(X))


def test_scalars_are_floats():
    y, y_dot = dj.jvp(lambda x: x**3, (2.0,), (0.5,))
    assert (y, y_dot) == (8.0, 6.0)
    assert type(y) is float
    assert type(y_dot) is float


def test_structures():
    def f(p, q):
        return Pair(p.first * p.second, q[0]), p.second * q[1]

    (pair, number), (pair_dot, number_dot) = dj.jvp(f, (Pair(X, 2.0), (1.0, 3.0)), (Pair(V, 0.5), (1.0, -1.0)))
    assert type(pair) is Pair
    assert type(pair_dot) is Pair
    np.testing.assert_array_equal(pair.first, X * 2.0)
    np.testing.assert_allclose(pair_dot.first, 2.0 * V + 0.5 * X)
    assert pair_dot.second == 1.0
    assert number == 6.0
    assert number_dot == 0.5 * 3.0 - 2.0


def test_lists():
    y, y_dot = dj.jvp(lambda rows: rows[0] * rows[1], ([X, X * 2.0],), ([V, X],))
    np.testing.assert_array_equal(y, X * (X * 2.0))
    np.testing.assert_allclose(y_dot, 2.0 * X * V + X * X)


def test_constant_output():
    y, y_dot = dj.jvp(lambda x: (1.5, np.ones(2)), (X,), (V,))
    assert y[0] == 1.5
    assert y_dot[0] == 0.0
    np.testing.assert_array_equal(y_dot[1], np.zeros(2))


def test_auxiliary_answer():
    y, y_dot, aux = dj.jvp(lambda x: (x * x, x.size), (X,), (V,), has_aux=True)
    np.testing.assert_array_equal(y, X * X)
    np.testing.assert_allclose(y_dot, 2 * X * V)
    assert aux == 3


def test_arguments_stay_as_they_are():
    def overwrite(x):
        x[:] = x * x
        return x

    x, v = X.copy(), V.copy()
    y, y_dot = dj.jvp(overwrite, (x,), (v,))
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(v, V)
    np.testing.assert_array_equal(y, X * X)
    np.testing.assert_allclose(y_dot, 2 * X * V)


def test_tangents_of_other_layouts_and_numbers():
    wide = np.repeat(V, 2)[::2]
    _, y_dot = dj.jvp(scaled, (X, 1.5), (wide, 2))
    np.testing.assert_allclose(y_dot, 1.5 * np.cos(X) * V + 2.0 * np.sin(X))
    _, y_dot = dj.jvp(scaled, (X, 1.5), (np.array([1, 0, 2]), 0.0))
    np.testing.assert_allclose(y_dot, 1.5 * np.cos(X) * [1, 0, 2])


def test_inside_jitted_code():
    square = njit(lambda x: x * x)

    @njit
    def caller(x, v):
        y, y_dot = dj.jvp(square, (x,), (v,))
        return y + y_dot

    np.testing.assert_allclose(caller(X, V), X * X + 2 * X * V)


def test_shape_of_a_tangent():
    with pytest.raises(ShapeError, match=r"\(2,\).*\(3,\)"):
        dj.jvp(scaled, (X, 1.5), (V[:2], 1.0))


def test_shape_error_is_a_value_error():
    with pytest.raises(ValueError, match="shape"):
        dj.jvp(scaled, (X, 1.5), (np.ones(4), 1.0))


@pytest.mark.parametrize(
    "tangents",
    [(V,), (V, 1.0, 1.0), (1.0, 1.0), (V, V), (V.reshape(3, 1), 1.0), (V, (1.0,)), ((V,), 1.0)],
    ids=["short", "long", "number", "array", "axes", "tuple", "nested"],
)
def test_structure_of_tangents(tangents):
    with pytest.raises(StructureError, match="tangent"):
        dj.jvp(scaled, (X, 1.5), tangents)


@pytest.mark.parametrize(
    ("primals", "tangents"), [(X, V), ([X], [V]), ((X, 1.5), [V, 1.0])], ids=["bare", "list", "mixed"]
)
def test_tuples_are_asked_for(primals, tangents):
    with pytest.raises(StructureError, match="tuple"):
        dj.jvp(scaled, primals, tangents)


def test_dtypes():
    with pytest.raises(DTypeError, match="integer"):
        dj.jvp(scaled, (np.array([1, 2, 3]), 1.5), (V, 1.0))
    with pytest.raises(DTypeError, match="complex"):
        dj.jvp(scaled, (X, 1.5), (V * 1j, 1.0))


def test_number_of_primals():
    with pytest.raises(ArgumentCountError, match="x, a"):
        dj.jvp(scaled, (X,), (V,))


def test_output_without_derivative():
    with pytest.raises(OutputError, match="returns"):
        dj.jvp(lambda x: x.size, (X,), (V,))


def test_values_are_those_of_the_function():
    def iterate(x):
        total = 0.0
        for i in range(x.size):
            total += math.sin(x[i]) * math.exp(-x[i]) / (1.0 + total * total)
        return total

    x = np.random.default_rng(5).normal(size=1000)
    assert dj.jvp(iterate, (x,), (np.ones(1000),))[0] == njit(iterate)(x)
