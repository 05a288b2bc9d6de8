"""The derivative at a point as a linear map."""

import numpy as np
import pytest
from numba import njit
from scipy.sparse.linalg import LinearOperator, gmres

import dualjit as dj
from dualjit.errors import ShapeError

X = np.array([1.3, 0.7, 2.2])
V = np.array([0.5, -1.0, 2.0])


@njit
def two(x):
    return np.array([x[0] * x[1], np.sin(x[2])])


JACOBIAN = np.array([[0.7, 1.3, 0.0], [0.0, 0.0, np.cos(2.2)]])


def test_value_and_products():
    y, J = dj.linearize(two, X)
    np.testing.assert_array_equal(y, two(X))
    assert J.shape == (2, 3)
    np.testing.assert_allclose(J(V), JACOBIAN @ V)
    np.testing.assert_allclose(J @ V, JACOBIAN @ V)
    np.testing.assert_allclose(J @ np.eye(3), JACOBIAN)


@pytest.mark.parametrize("columns", [0, 1, 5, 16, 17, 40])
def test_any_number_of_columns(columns):
    V = np.random.default_rng(columns).normal(size=(3, columns))
    _, J = dj.linearize(two, X)
    np.testing.assert_allclose(J @ V, JACOBIAN @ V)


def test_map_of_several_arguments_and_answers():
    def f(x, a):
        return a * x, a * a

    y, J = dj.linearize(f, X, 2.0)
    np.testing.assert_array_equal(y[0], 2.0 * X)
    assert J.shape == (4, 4)
    array_dot, number_dot = J(V, 0.5)
    np.testing.assert_allclose(array_dot, 2.0 * V + 0.5 * X)
    assert number_dot == 2.0
    dense = np.zeros((4, 4))
    dense[:3, :3] = 2.0 * np.eye(3)
    dense[:3, 3] = X
    dense[3, 3] = 4.0
    np.testing.assert_allclose(J @ np.eye(4), dense)
    np.testing.assert_allclose(J @ np.append(V, 0.5), np.append(array_dot, number_dot))


def test_point_is_kept():
    x = X.copy()
    _, J = dj.linearize(two, x)
    x[:] = 0.0
    np.testing.assert_allclose(J(V), JACOBIAN @ V)


def test_matrix_arguments():
    a = np.arange(6.0).reshape(2, 3)
    _, J = dj.linearize(lambda a: a.T * a[0, 1], a)
    assert J.shape == (6, 6)
    b = np.ones((2, 3))
    np.testing.assert_allclose(J(b), b.T * a[0, 1] + a.T)
    np.testing.assert_allclose((J @ b.ravel()).reshape(3, 2), J(b))


def test_scipy_takes_it():
    @njit
    def f(x):
        return x * 3.0 + x[::-1] * x[0]

    _, J = dj.linearize(f, X)
    assert isinstance(J, LinearOperator)
    solution, status = gmres(J, V, rtol=1e-12)
    assert status == 0
    np.testing.assert_allclose(J @ solution, V, rtol=1e-9)


def test_number_of_tangents():
    _, J = dj.linearize(two, X)
    with pytest.raises(ShapeError, match="expected 1"):
        J(V, V)


def test_shape_of_a_tangent():
    _, J = dj.linearize(two, X)
    with pytest.raises(ShapeError, match=r"\(2,\).*\(3,\)"):
        J(V[:2])
    with pytest.raises(ValueError, match="dimension"):
        J @ V[:2]


def test_single_precision():
    y, J = dj.linearize(two, X.astype(np.float32))
    assert J.dtype == y.dtype
    np.testing.assert_allclose(J @ V, JACOBIAN @ V, rtol=1e-5)
