"""The derivative at a point as a linear map."""

import numpy as np
import pytest
from numba import njit
from scipy.sparse.linalg import LinearOperator, gmres

import dualjit as dj
from dualjit.errors import ShapeError, StructureError

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


U = np.array([0.5, -2.0])


def test_transposed_products():
    _, J = dj.linearize(two, X)
    assert J.T.shape == (3, 2)
    np.testing.assert_allclose(J.T(U), JACOBIAN.T @ U)
    np.testing.assert_allclose(J.T @ U, JACOBIAN.T @ U)
    np.testing.assert_allclose(J.T @ np.eye(2), JACOBIAN.T)
    assert J.T.T is J
    np.testing.assert_allclose(J.H @ U, JACOBIAN.T @ U)
    np.testing.assert_allclose(J.rmatvec(U), JACOBIAN.T @ U)
    np.testing.assert_allclose(J.T.rmatvec(V), JACOBIAN @ V)
    np.testing.assert_allclose(J.T.rmatmat(np.eye(3)), JACOBIAN)


@pytest.mark.parametrize("columns", [0, 1, 5, 16, 17, 40])
def test_any_number_of_cotangents(columns):
    U = np.random.default_rng(columns).normal(size=(2, columns))
    _, J = dj.linearize(two, X)
    answer = J.T @ U
    assert answer.shape == (3, columns)
    np.testing.assert_allclose(answer, JACOBIAN.T @ U)


def test_transposed_map_of_several_arguments_and_answers():
    _, J = dj.linearize(lambda x, a: (a * x, a * a), X, 2.0)
    by_x, by_a = J.T((V, 0.5))
    np.testing.assert_allclose(by_x, 2.0 * V)
    assert by_a == pytest.approx(X @ V + 0.5 * 4.0)
    np.testing.assert_allclose(J.T @ np.eye(4), (J @ np.eye(4)).T)
    np.testing.assert_allclose(J.T @ np.append(V, 0.5), np.append(by_x, by_a))


def test_transposed_map_of_matrices():
    a = np.arange(1.0, 7.0).reshape(2, 3)
    for given in (a, np.asfortranarray(a)):
        _, J = dj.linearize(lambda a: a.T * a[0, 1], given)
        np.testing.assert_allclose(J.T @ np.eye(6), (J @ np.eye(6)).T)
        u = np.arange(6.0).reshape(3, 2)
        assert J.T(u).shape == (2, 3)
        np.testing.assert_allclose(J.T(u).ravel(), J.T @ u.ravel())


def test_transposed_map_of_constant_outputs():
    _, J = dj.linearize(lambda x: (1.5, x[:2] * x[1], np.ones(2)), X)
    np.testing.assert_allclose(J.T @ np.eye(5), (J @ np.eye(3)).T)
    np.testing.assert_allclose(J.T((1.0, U, U)), J.T @ np.array([1.0, *U, *U]))


def test_products_of_maps():
    _, J = dj.linearize(two, X)
    _, K = dj.linearize(lambda x: x * x[0], X)
    dense = K @ np.eye(3)
    gram = J @ J.T
    assert isinstance(gram, np.ndarray)
    np.testing.assert_allclose(gram, JACOBIAN @ JACOBIAN.T)
    np.testing.assert_allclose(J.T @ J, JACOBIAN.T @ JACOBIAN)
    np.testing.assert_allclose(J @ K.T, JACOBIAN @ dense.T)
    np.testing.assert_allclose(J @ K, JACOBIAN @ dense)
    with pytest.raises(ShapeError, match=r"\(2, 3\)"):
        J @ J


def test_products_of_maps_with_more_columns_than_lanes():
    x = np.linspace(0.5, 1.5, 20)
    _, J = dj.linearize(lambda x: x * x + x[0], x)
    dense = J @ np.eye(20)
    np.testing.assert_allclose(J @ J.T, dense @ dense.T)


def test_the_transposed_map_of_a_function_that_writes_into_its_argument():
    @njit
    def overwrite(x):
        x[0] = x[1] * x[2]
        return x * x[0]

    x = X.copy()
    _, J = dj.linearize(overwrite, x)
    expected = dj.jacfwd(overwrite)(X)
    for _ in range(2):
        np.testing.assert_allclose(J.T @ np.eye(3), expected.T)
    np.testing.assert_array_equal(x, X)


def test_least_squares_with_both_products():
    from scipy.sparse.linalg import lsqr

    _, J = dj.linearize(two, X)
    b = np.array([1.0, -0.5])
    np.testing.assert_allclose(lsqr(J, b)[0], np.linalg.lstsq(JACOBIAN, b, rcond=None)[0], rtol=1e-6)


def test_shape_of_a_cotangent():
    _, J = dj.linearize(two, X)
    with pytest.raises(ShapeError, match=r"\(3,\).*\(2,\)"):
        J.T(V)
    with pytest.raises(StructureError, match="cotangent"):
        J.T((U,))
    with pytest.raises(ValueError, match="dimension"):
        J.T @ V


def test_transposed_in_single_precision():
    _, J = dj.linearize(two, X.astype(np.float32))
    assert J.T.dtype == np.float32
    np.testing.assert_allclose(J.T @ U, JACOBIAN.T @ U, rtol=1e-5)


def test_product_of_maps_of_several_arguments():
    """Unit cotangents of the right map go back and forward at once, where both points are of one structure."""

    def f(p, s):
        return p[0] * s + p[1][0], s * np.sum(p[1])

    def g(p, s):
        return np.sin(p[0]) * s, np.sum(p[0]) * p[1]

    points = ((X, V), 0.5), ((V, X), 1.5)
    for first, second in (points, points[::-1]):
        (_, left), (_, right) = dj.linearize(f, *first), dj.linearize(g, *second)
        np.testing.assert_allclose(left @ right.T, (left @ np.eye(7)) @ (right @ np.eye(7)).T, rtol=1e-13)


@pytest.mark.parametrize("rows", [1, 8, 20])
def test_product_of_maps_with_any_number_of_rows(rows):
    a = np.random.default_rng(rows).normal(size=(rows, 3))
    (_, left), (_, right) = dj.linearize(lambda x: a @ x**2, X), dj.linearize(lambda x: np.cos(a @ x), V)
    expected = (a * 2.0 * X) @ (a * -np.sin(a @ V)[:, None]).T
    np.testing.assert_allclose(left @ right.T, expected, rtol=1e-12, atol=1e-14)


def test_product_of_maps_at_points_of_different_structure():
    (_, left), (_, right) = dj.linearize(two, X), dj.linearize(lambda x, y: x * y, X[:2], 3.0)
    expected = JACOBIAN @ (right @ np.eye(3)).T
    np.testing.assert_allclose(left @ right.T, expected, rtol=1e-13)
