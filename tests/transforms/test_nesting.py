"""Derivatives of derivatives, and derivatives inside functions that are differentiated: no perturbation is confused."""

import math

import numpy as np
import pytest
from numba import njit

import dualjit as dj

X = np.array([1.3, 0.7, 2.2])


def coupled(x):
    return x[0] * x[1] ** 2 + math.sin(x[2]) * x[0]


GRADIENT = np.array([0.7**2 + math.sin(2.2), 2 * 1.3 * 0.7, math.cos(2.2) * 1.3])
HESSIAN = np.array(
    [
        [0.0, 2 * 0.7, math.cos(2.2)],
        [2 * 0.7, 2 * 1.3, 0.0],
        [math.cos(2.2), 0.0, -math.sin(2.2) * 1.3],
    ]
)


def test_hessian():
    np.testing.assert_allclose(dj.jacfwd(coupled)(X), GRADIENT)
    hessian = dj.jacfwd(dj.jacfwd(coupled))(X)
    np.testing.assert_allclose(hessian, HESSIAN, atol=1e-15)
    np.testing.assert_array_equal(hessian, hessian.T)


@pytest.mark.parametrize("inner", [1, 4])
@pytest.mark.parametrize("outer", [2, 8])
def test_hessian_by_chunks(inner, outer):
    hessian = dj.jacfwd(dj.jacfwd(coupled, chunk=inner), chunk=outer)(X)
    np.testing.assert_allclose(hessian, HESSIAN, atol=1e-15)


def test_third_order():
    third = dj.jacfwd(dj.jacfwd(dj.jacfwd(lambda x: x[0] ** 3 * x[1])))(X[:2])
    assert third.shape == (2, 2, 2)
    assert third[0, 0, 0] == pytest.approx(6 * 0.7)
    assert third[0, 0, 1] == third[0, 1, 0] == third[1, 0, 0] == pytest.approx(6 * 1.3)
    assert third[1, 1, 0] == 0.0


def test_fifth_derivative_of_a_number():
    f = math.sin
    derivative = njit(lambda x: f(x) * x)
    for _ in range(4):
        derivative = dj.jacfwd(derivative)
    assert derivative(0.8) == pytest.approx(0.8 * math.sin(0.8) - 4 * math.cos(0.8))


def test_mixed_arguments():
    def f(x, a):
        return a**2 * x[0] * x[1]

    mixed = dj.jacfwd(dj.jacfwd(f, 0), 1)(X, 2.0)
    np.testing.assert_allclose(mixed, [4.0 * 0.7, 4.0 * 1.3, 0.0])
    (xx, xa), (ax, aa) = dj.jacfwd(dj.jacfwd(f, (0, 1)), (0, 1))(X, 2.0)
    np.testing.assert_allclose(xa, mixed)
    np.testing.assert_allclose(ax, mixed)
    assert aa == pytest.approx(2 * 1.3 * 0.7)
    assert xx[0, 1] == xx[1, 0] == 4.0


def test_hessian_times_vector():
    v = np.array([0.5, -1.0, 2.0])
    gradient, product = dj.jvp(dj.jacfwd(coupled), (X,), (v,))
    np.testing.assert_allclose(gradient, GRADIENT)
    np.testing.assert_allclose(product, HESSIAN @ v)


add = njit(lambda y, x: x + y)
product = njit(lambda y, x: x * y * y)
by_y_of_add = dj.jacfwd(add)
by_y_of_product = dj.jacfwd(product)


def test_inner_derivative_is_a_constant():
    """d/dx [x · d/dy (x + y)] is 1, not 2 (Siskind and Pearlmutter 2005)."""
    assert dj.jacfwd(lambda x: x * by_y_of_add(1.0, x))(1.0) == 1.0


def test_inner_derivative_depends_on_the_outer_variable():
    assert dj.jacfwd(lambda x: by_y_of_product(3.0, x))(2.0) == 6.0
    assert dj.jacfwd(lambda x: by_y_of_product(x, 2.0))(5.0) == 4.0
    assert dj.jacfwd(lambda x: by_y_of_product(x, x))(5.0) == 20.0
    assert dj.jacfwd(lambda x: x * by_y_of_product(x, x))(5.0) == 6 * 25.0


def test_second_derivative_beside_a_first():
    second = dj.jacfwd(by_y_of_product)

    def f(x):
        return second(x, x) * by_y_of_product(x, 1.0)

    assert dj.jacfwd(f)(3.0) == pytest.approx(8 * 3.0)
    assert dj.jacfwd(dj.jacfwd(f))(3.0) == pytest.approx(8.0)


def test_jvp_inside_a_differentiated_function():
    square = njit(lambda x: x * x)

    def f(x, v):
        _, tangent = dj.jvp(square, (x,), (v,))
        return tangent

    by_x, by_v = dj.jacfwd(f, (0, 1))(X, X[::-1].copy())
    np.testing.assert_allclose(by_x, 2 * np.diag(X[::-1]))
    np.testing.assert_allclose(by_v, 2 * np.diag(X))


def test_jacobian_inside_a_differentiated_function():
    cube = dj.jacfwd(njit(lambda z: z**3))

    def f(x):
        return cube(x[:2])[0, 0] * x[1]

    np.testing.assert_allclose(dj.jacfwd(f)(np.array([2.0, 3.0, 1.0])), [36.0, 12.0, 0.0])


def test_newton_iteration_with_its_own_derivative():
    residual = njit(lambda z, a: z * z - a)
    slope = dj.jacfwd(residual)

    def root(a):
        z = 1.0
        for _ in range(30):
            z = z - residual(z, a) / slope(z, a)
        return z

    assert dj.jacfwd(root)(2.0) == pytest.approx(0.5 / math.sqrt(2.0), rel=1e-14)
    assert dj.jacfwd(dj.jacfwd(root))(2.0) == pytest.approx(-0.25 * 2.0**-1.5, rel=1e-13)
