"""Expressions of elementwise operations: one loop each, with the derivatives and values of the operations in them."""

import numpy as np
import pytest
from numba import njit

import dualjit as dj

from .texts import program_of

X = np.array([0.3, 1.2, 0.7, 2.1])
Y = np.array([1.1, 0.4, 0.9, 1.6])


def logistic(x, y):
    return np.sum(y / (1.0 + np.exp(-(x * y + 0.5))))


def of_names(x, y):
    z = x * y + 1.0
    return np.sum(np.tanh(z) - x)


def used_twice(x, y):
    z = x * y + 1.0
    return np.sum(np.tanh(z) * z)


def written_between(x, y):
    z = x.copy()
    w = z * y
    z[0] = 5.0 * x[1]
    return np.sum(np.exp(w) * z)


def written_through_a_view(x, y):
    z = x.copy()
    v = z[1:]
    w = v * 2.0
    z[2] = y[0]
    return np.sum(np.sin(w) * v)


def numbers_among_arrays(x, y):
    s = x[0] * y[1]
    return np.sum(s * np.log(x + s) / y[2])


def overlapping_views(x, y):
    return np.sum(np.sin(x[1:] * x[:-1]) + x[1:] * y[:-1])


def broadcast(x, y):
    return np.sum(np.exp(-(x[:, None] - y) * (x[:, None] - y)) * y)


def fewer_axes_inside(x, y):
    table = x.reshape((2, 2))
    return np.sum(table * np.exp(y[:2] * 2.0))


def strided(x, y):
    return np.sum(np.cos(x[::2] * y[::-2]) + y[::2])


def inactive_among_active(x, y):
    w = np.arange(4.0)
    k = np.arange(4)
    return np.sum(np.sqrt(w * x + 1.0) * y + k * x - 2 * y)


def one_array_many_times(x, y):
    return np.sum(x * x * x - x / (x + y) + x)


def choices(x, y):
    return np.sum(np.maximum(x * y, x + y) - np.abs(x - y) + np.minimum(x, 2.0 * y))


def in_a_loop(x, y):
    state = x.copy()
    total = 0.0
    for t in range(3):
        gate = 1.0 / (1.0 + np.exp(-(state * y + x)))
        state[:] = state * gate + np.tanh(y * t) * (1.0 - gate)
        total += np.sum(state * gate)
    return total


def fortran_order(x, y):
    a, b = x.reshape((2, 2)).T, y.reshape((2, 2)).T
    return np.sum(np.exp(a * b + a))


FUNCTIONS = [
    logistic, of_names, used_twice, written_between, written_through_a_view, numbers_among_arrays, overlapping_views,
    broadcast, fewer_axes_inside, strided, inactive_among_active, one_array_many_times, choices, in_a_loop,
    fortran_order,
]  # fmt: skip


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_gradient_is_that_of_forward_mode(function):
    value, gradient = dj.value_and_grad(function, argnums=(0, 1))(X, Y)
    assert value == njit(function)(X, Y)
    np.testing.assert_allclose(gradient, dj.jacfwd(function, argnums=(0, 1))(X, Y), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("function", [logistic, broadcast, in_a_loop, choices], ids=lambda f: f.__name__)
def test_second_derivatives(function):
    hessian = dj.jacfwd(dj.grad(function))(X, Y)
    np.testing.assert_allclose(hessian, dj.jacfwd(dj.jacfwd(function))(X, Y), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(dj.hvp(function)(X, Y, Y), hessian @ Y, rtol=1e-12, atol=1e-13)


def test_rows_of_a_jacobian():
    def f(x, y):
        return np.tanh(x * y + 1.0) / (x + y)

    np.testing.assert_allclose(dj.jacrev(f)(X, Y), dj.jacfwd(f)(X, Y), rtol=1e-13, atol=1e-15)


def test_an_expression_is_one_operation():
    assert "each truediv(y*, add(1.0, exp(neg(add(mul(x*, y*), 0.5)))))" in program_of(logistic, X, Y)
    assert "each sub(tanh(add(mul(x*, y*), 1.0)), x*)" in program_of(of_names, X, Y)


def test_what_two_read_stays_an_array():
    assert "z* = each add(mul(x*, y*), 1.0)" in program_of(used_twice, X, Y)


@pytest.mark.parametrize("function", [written_between, written_through_a_view])
def test_nothing_moves_past_a_write(function):
    assert "w* = mul(" in program_of(function, X, Y)


def test_what_has_fewer_axes_is_not_computed_for_each_of_the_others():
    assert "each exp(mul(" in program_of(fewer_axes_inside, X, Y)


def test_zero_cotangents_stay_zero_at_singular_points():
    def f(x, w):
        return np.sum(w * np.sqrt(x * x))

    x = np.array([0.0, 2.0])
    np.testing.assert_array_equal(dj.grad(f)(x, np.array([0.0, 1.0])), [0.0, 1.0])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 5e-324, -0.0, 1e308, 746.0])
def test_extreme_elements(value):
    def f(x, y):
        return np.sum(np.exp(-x * y) * y + np.tanh(x) / (1.0 + y))

    x = X.copy()
    x[1] = value
    with np.errstate(all="ignore"):
        slope = np.where(np.abs(x) > 400.0, 0.0 * x / x, 1.0 / np.cosh(np.clip(x, -400.0, 400.0)) ** 2)
        slope[np.isinf(x)] = 0.0
        expected = -Y * Y * np.exp(-x * Y) + slope / (1.0 + Y)
    np.testing.assert_allclose(dj.grad(f)(x, Y), expected, rtol=1e-13)


def test_shapes_that_do_not_fit_raise_as_in_the_function():
    with pytest.raises(ValueError, match="broadcast"):
        dj.grad(logistic)(X, Y[:3])


def test_a_size_of_zero():
    np.testing.assert_array_equal(dj.grad(logistic)(np.empty(0), np.empty(0)), np.empty(0))


def test_long_expressions_are_cut():
    def f(x, y):
        z = x
        for _ in range(1):
            z = x * y + x * y + x * y + x * y + x * y + x * y + x * y + x * y + x * y + x * y + x * y + x * y + x * y
        return np.sum(z)

    np.testing.assert_allclose(dj.grad(f)(X, Y), 13.0 * Y, rtol=1e-14)
