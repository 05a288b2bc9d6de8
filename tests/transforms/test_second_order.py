"""Forward mode over reverse mode: the adjoint of a function, run with dual numbers."""

import numpy as np
import pytest
from numba import njit

import dualjit as dj
from tests.features.structure import leaves

X = np.array([0.3, 0.5, 0.7])


def rosenbrock(x):
    s = 0.0
    for i in range(len(x) - 1):
        s += 100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2
    return s


def whole_arrays(x):
    return np.exp(x * x).sum() + np.dot(x, np.sin(x)) + np.linalg.norm(x) + np.sort(x * x[1])[1]


def linear_algebra(x):
    a = np.outer(x, x) + np.eye(3) * 3
    return np.linalg.solve(a, x).sum() + np.log(np.linalg.det(a))


def overwritten_in_a_loop(x):
    y = np.empty(3)
    y[:] = x
    for _ in range(4):
        for i in range(3):
            y[i] = y[i] + 0.1 * np.sin(y[(i + 1) % 3]) * x[i]
    return (y * y).sum()


def elements_of_fresh_memory(x):
    y = np.empty(3)
    for i in range(3):
        y[i] = x[i] * x[i - 1]
    return y[0] * y[1] + y[2] ** 2


def memory_that_holds_numbers_already(x):
    a = np.array([0.5, 1.0, 2.0])
    b = np.eye(3)
    c = np.arange(3) * 1.5
    d = [1.0 for _ in range(3)]
    a[0], b[1, 2], c[2], d[1] = x[0] * x[1], x[1] * x[2], x[2] ** 3, x[0] ** 2
    return a[0] * a[1] + b[1, 2] ** 2 * c[2] + d[0] * d[1] * x[2]


def constants_or_active_values(x):
    a = np.array([1.0, 2.0, 3.0]) if x[0] < 0 else x * x
    b = (x[1], np.ones(3)) if x[0] > 0 else (x[0], x * 2.0)
    return a[0] * a[1] * b[0] + b[1][2] * a[2]


def rounds_not_known(x):
    t = x[0]
    while t < 3:
        t = t * t + x[1]
    return t * x[2]


def complex_numbers(x):
    z = x[0] + 1j * x[1]
    return abs(np.exp(z) * z)


def lists(x):
    made = []
    for v in x:
        made.append(v * v)
    return made[0] * made[1] + sum(made)


@njit(error_model="numpy")
def repeated(n, v):
    return v if n == 0 else repeated(n - 1, v * v + 0.1)


def recursion(x):
    return repeated(3, x[0]) * x[1]


MODES = ("fwdrev", "hyperdual")
FUNCTIONS = [
    rosenbrock, whole_arrays, overwritten_in_a_loop, elements_of_fresh_memory,
    memory_that_holds_numbers_already, constants_or_active_values, rounds_not_known, complex_numbers, lists,
    recursion, pytest.param(linear_algebra, marks=pytest.mark.slow, id="linear_algebra"),
]  # fmt: skip


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: getattr(f, "__name__", None))
def test_hessian(f):
    """Forward over reverse and hyper-dual numbers, held to forward over forward."""
    expected, slope = dj.jacfwd(dj.jacfwd(f))(X), dj.grad(f)(X)
    for mode in MODES:
        value, gradient, second = dj.value_grad_hessian(f, mode=mode)(X)
        assert value == njit(f)(X)
        np.testing.assert_allclose(gradient, slope, rtol=1e-13)
        np.testing.assert_allclose(second, expected, rtol=1e-12, atol=1e-13 * abs(expected).max())
    np.testing.assert_array_equal(second, second.T)


def through_a_work_array(x, work):
    for i in range(3):
        work[i] = x[i] * x[i - 1]
    return work[0] * work[1] + work[2] ** 2


def argument_or_active_values(x, w):
    y = w
    if x[0] > -9:
        y = x * x
    return y[0] * y[1] * x[2]


@njit(error_model="numpy")
def fill_down(y, x, n):
    if n > 0:
        y[n - 1] = x[n - 1] * x[0]
        fill_down(y, x, n - 1)


def filled_by_recursion(x, w):
    y = np.zeros(3)
    fill_down(y, x, 3)
    return y[0] * y[1] * w[2] + y[2]


@pytest.mark.parametrize("f", [through_a_work_array, argument_or_active_values, filled_by_recursion])
def test_plain_arguments_that_receive_active_values(f):
    w = np.arange(3.0)
    expected = dj.jacfwd(dj.jacfwd(f))(X, w)
    np.testing.assert_allclose(dj.jacfwd(dj.grad(f))(X, w), expected, rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(dj.hvp(f, mode="fwdrev")(X, X, w), expected @ X, rtol=1e-13)
    np.testing.assert_array_equal(w, np.arange(3.0))


def test_value_and_gradient():
    def first(x):
        value, gradient = value_and_gradient(x)
        return value, gradient[1]

    by_value, by_slope = dj.jacfwd(first)(X)
    np.testing.assert_allclose(by_value, dj.grad(rosenbrock)(X))
    np.testing.assert_allclose(by_slope, dj.jacfwd(dj.grad(rosenbrock))(X)[1])


value_and_gradient = dj.value_and_grad(rosenbrock)


def several(x, a):
    y = np.empty(3)
    for i in range(3):
        y[i] = np.sin(x[i]) * x[0] * a
    return y, x[1] * x[2] * a**2


def test_rows():
    """Cotangents of several rows at once, each with derivatives of its own."""
    rows = dj.jacfwd(dj.jacrev(several, (0, 1)), (0, 1))(X, 2.0)
    columns = dj.jacfwd(dj.jacfwd(several, (0, 1)), (0, 1))(X, 2.0)
    for found, expected in zip(leaves(rows), leaves(columns), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-15)


def test_third_order():
    def columns(f):
        return dj.jacfwd(f, chunk=2)

    third = columns(columns(dj.grad(elements_of_fresh_memory)))(X)
    expected = columns(columns(columns(elements_of_fresh_memory)))(X)
    np.testing.assert_allclose(third, expected, atol=1e-13)


def test_single_precision():
    found = dj.jacfwd(dj.grad(rosenbrock))(X.astype(np.float32))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, dj.jacfwd(dj.grad(rosenbrock))(X), rtol=1e-5)


add = dj.grad(njit(lambda y, x: x + y))
product = dj.grad(njit(lambda y, x: x * y * y))


def test_perturbations_are_told_apart():
    """d/dx [x d/dy (x + y)] is 1, not 2 (Siskind and Pearlmutter 2005)."""
    assert dj.jacfwd(lambda x: x * add(1.0, x))(1.0) == 1.0
    assert dj.jacfwd(lambda x: product(3.0, x))(2.0) == 6.0
    assert dj.jacfwd(lambda x: product(x, 2.0))(5.0) == 4.0
    assert dj.jacfwd(lambda x: x * product(x, x))(5.0) == 6 * 25.0
