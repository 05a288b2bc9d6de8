"""Reverse mode over derivatives, as functions and as calls inside functions; forward over forward is the oracle."""

import numpy as np
import pytest
from numba import njit

import dualjit as dj
from tests.features.structure import leaves

X, V = np.array([0.3, 0.5, 0.7]), np.array([1.0, -1.0, 2.0])


@njit
def spring(x, p):
    s = 0.0
    for i in range(x.size):
        s += np.sin(x[i] * p) * x[i - 1] ** 2
    return s


@njit
def pair(x, p):
    return np.sin(x * p) * x[0], x[0] * x[1] * p


slope = dj.grad(spring)
both = dj.value_and_grad(spring, (0, 1))
product = dj.hvp(spring)
columns, rows = dj.jacfwd(pair, (0, 1)), dj.jacrev(pair)
second = dj.hessian(spring)


def gradient(x, v, p):
    g = slope(x, p)
    return np.sum(g * g) + x[0] * p + v[0]


def value_and_gradient(x, v, p):
    y, (by_x, by_p) = both(x, p)
    return y * by_p + np.sum(by_x * v)


def value_alone(x, v, p):
    return both(x * v, p)[0] ** 2


def gradient_in_a_loop(x, v, p):
    """Every round overwrites what the gradient was taken at."""
    z = x.copy()
    for k in range(4):
        if k != 2:
            z -= 0.1 * slope(z, p)
    return np.sum(z * z * v)


def hessian_times_vector(x, v, p):
    a = product(x, v, p)
    return np.sum(a * a) * p


def jacobian_by_columns(x, v, p):
    (by_x, by_p), (t_x, t_p) = columns(x, p)
    return np.sum(by_x @ v * by_p) + np.dot(t_x, v) * t_p


def jacobian_by_rows(x, v, p):
    y, t = rows(x, p)
    return np.sum(y * np.outer(v, x)) * t[0]


def hessian(x, v, p):
    return v @ second(x, p) @ v


def directional(x, v, p):
    (y, s), (y_dot, s_dot) = dj.jvp(pair, (x, p), (v, p))
    return np.sum(y * y_dot) + s * s_dot


def direction_alone(x, v, p):
    total = 0.0
    for k in range(3):
        _, (_, s_dot) = dj.jvp(pair, (X * k, 2.0), (v, p))
        total += s_dot * x[k]
    return total


everything = dj.value_grad_hessian(spring, (0, 1))
of_numbers = dj.value_grad_hessian(lambda t, p: np.sin(t * p), mode="hyperdual")


def all_at_once(x, v, p):
    y, (by_x, by_p), ((xx, xp), (px, pp)) = everything(x, p)
    return y * by_p + by_x @ xx @ v + (xp - 2.0 * px) @ x * pp


def all_at_once_of_numbers(x, v, p):
    y, slope, bend = of_numbers(x[0], p)
    return y * slope * bend * v[0]


def one_of_all(x, v, p):
    y = everything(x, p)[0]
    _, (by_x, _), _ = everything(x * p, p)
    (xx, _), _ = everything(v, p)[2]
    return y * np.sum(by_x) * np.sum(xx)


@njit
def beside(x, p):
    """A number, and beside it what depends on the arguments, on one of them, on none, and an integer."""
    return spring(x, p), (x * p, np.sin(p), (2.0, x.size))


@njit
def pair_beside(x, p):
    return np.sin(x * p) * x[0], x[1] * p**2


slope_beside, both_beside = dj.grad(beside, (0, 1), has_aux=True), dj.value_and_grad(beside, has_aux=True)
columns_beside, rows_beside = dj.jacfwd(pair_beside, has_aux=True), dj.jacrev(pair_beside, (0, 1), has_aux=True)
second_beside = dj.hessian(beside, has_aux=True)


def gradient_and_aux(x, v, p):
    (by_x, by_p), (scaled, s, (two, n)) = slope_beside(x, p)
    return np.sum(by_x * scaled) * by_p + s * two * n


def gradient_without_aux(x, v, p):
    return np.sum(slope_beside(x * v, p)[0][0] ** 2)


def aux_alone(x, v, p):
    return np.sum(slope_beside(x * v, p)[1][0] ** 2)


def value_and_gradient_and_aux(x, v, p):
    (y, (scaled, _, _)), by_x = both_beside(x, p)
    return y * np.sum(scaled * by_x * v)


def jacobian_and_aux(x, v, p):
    y, s = columns_beside(x, p)
    (by_x, by_p), t = rows_beside(x * p, p)
    return v @ y @ x * s + v @ by_x @ by_p * t


def hessian_and_aux(x, v, p):
    h, (scaled, s, _) = second_beside(x, p)
    return v @ h @ scaled * s


@njit
def many(x, *more):
    return np.sum(np.sin(x * more[0])) * more[1][0] * more[1][1]


many_slopes, many_rows = dj.grad(many, (0, 2)), dj.jacrev(lambda *xs: xs[0] * xs[1], (0, 1))
many_columns, many_products = dj.jacfwd(many), dj.hvp(many)
many_seconds, many_beside = dj.hessian(many, (0, 1)), dj.grad(lambda *xs: (xs[0] ** 2 * xs[1], xs[1]), has_aux=True)


def more_arguments(x, v, p):
    by_x, by_v = many_slopes(x, p, v)
    by_first, by_second = many_rows(x, v)
    return np.sum(by_x * by_v) + np.sum(many_columns(x, p, v) ** 2) + np.sum(by_first * by_second)


def more_arguments_of_a_tuple(x, v, p):
    rest = (p, x * v)
    return np.sum(many_products(x, v, *rest) ** 2) + many_beside(p, x[0])[0] * many_beside(*(x[1], p))[1]


def more_arguments_and_a_hessian(x, v, p):
    (xx, xp), (_, pp) = many_seconds(x, p, v)
    return v @ xx @ xp * pp


FUNCTIONS = [
    gradient, value_and_gradient, value_alone, gradient_in_a_loop, hessian_times_vector, jacobian_by_columns,
    jacobian_by_rows, hessian, directional, direction_alone, all_at_once, all_at_once_of_numbers, one_of_all,
    gradient_and_aux, gradient_without_aux, aux_alone, value_and_gradient_and_aux, jacobian_and_aux, hessian_and_aux,
    more_arguments, more_arguments_of_a_tuple, more_arguments_and_a_hessian,
]  # fmt: skip


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_gradient_of_a_function_that_calls_a_derivative(f):
    given = X.copy(), V.copy(), 1.5
    by_reverse, by_forward = dj.grad(f, (0, 1, 2))(*given), dj.jacfwd(f, (0, 1, 2))(*given)
    np.testing.assert_array_equal(given[:2], (X, V))
    for found, expected in zip(by_reverse, by_forward, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


def vector(x):
    return np.array([x[0] * x[1] ** 2, np.sin(x[2] * x[0])])


@pytest.mark.parametrize("inner", [dj.jacfwd, dj.jacrev, dj.jacobian], ids=lambda f: f.__name__)
def test_rows_of_jacobians(inner):
    """By forward mode where nothing is around the Jacobian, by its pullback else."""
    expected, jacobian = dj.jacfwd(dj.jacfwd(vector))(X), inner(vector)
    for f in (jacobian, lambda x: 1.0 * jacobian(x)):
        np.testing.assert_allclose(dj.jacrev(f)(X), expected, rtol=1e-13, atol=1e-15)


def test_rows_of_derivatives_are_found_by_columns_where_there_are_no_more_of_these():
    """Sweeps by rows would be 3 * 3 ones for a matrix of 3 columns; by another argument rows may be fewer."""
    jacobian = dj.jacrev(pair, (0, 1))
    assert "seed_columns" in dj.jacrev(jacobian).source(X, 1.5)
    for by_rows in (dj.jacrev(jacobian, chunk=4), dj.jacrev(rows, 1), dj.jacrev(pair)):
        assert "store_rows" in by_rows.source(X, 1.5)


def test_rows_of_gradients():
    """Several cotangents at once go back through the gradient."""
    found, expected = dj.jacrev(slope, (0, 1))(X, 1.5), dj.jacfwd(slope, (0, 1))(X, 1.5)
    for one, other in zip(leaves(found), leaves(expected), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-14)


def test_pullback_of_a_gradient_is_the_hessian_times_vector():
    _, pullback = dj.vjp(slope, X, 1.5)
    np.testing.assert_allclose(pullback(V)[0], product(X, V, 1.5), rtol=1e-13)


def test_forward_over_reverse_over_a_gradient():
    found = dj.hessian(gradient_in_a_loop, mode="fwdrev")(X, V, 1.5)
    expected = dj.hessian(gradient_in_a_loop, mode="hyperdual")(X, V, 1.5)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


def test_higher_orders():
    assert dj.grad(dj.grad(dj.grad(lambda x: x**4)))(2.0) == 48.0

    def cubic(x):
        return np.sum(x**3) * x[0]

    third = dj.jacrev(dj.jacrev(dj.jacrev(cubic)))(X)
    np.testing.assert_allclose(third, dj.jacfwd(dj.jacfwd(dj.jacfwd(cubic)))(X), rtol=1e-13, atol=1e-14)


add = dj.grad(lambda y, x: x + y)
times = dj.grad(lambda y, x: x * y * y)


def test_perturbations_are_told_apart():
    """d/dx [x d/dy (x + y)] is 1, not 2 (Siskind and Pearlmutter 2005)."""
    assert dj.grad(lambda x: x * add(1.0, x))(1.0) == 1.0
    assert dj.grad(lambda x: times(3.0, x))(2.0) == 6.0
    assert dj.grad(lambda x: times(x, 2.0))(5.0) == 4.0
    assert dj.grad(lambda x: x * times(x, x))(5.0) == 6 * 25.0


def test_directions_that_depend_on_the_arguments_alone():
    """The tangent has derivatives where its primal has none."""
    found = dj.jacfwd(lambda v: dj.jvp(spring, (X, 1.5), (v, 0.0))[1])(V)
    np.testing.assert_allclose(found, slope(X, 1.5), rtol=1e-13)
    np.testing.assert_allclose(dj.jacfwd(product, 1)(X, V, 1.5), second(X, 1.5), rtol=1e-12, atol=1e-14)


def test_second_order_through_parts():
    for f in (all_at_once_of_numbers, aux_alone):
        expected = dj.hessian(f, mode="hyperdual")(X, V, 1.5)
        np.testing.assert_allclose(dj.hessian(f, mode="fwdrev")(X, V, 1.5), expected, rtol=1e-11, atol=1e-12)


def test_rows_through_parts():
    """Several cotangents at once, of every part."""
    for f in (dj.value_grad_hessian(spring), rows_beside):
        for found, expected in zip(leaves(dj.jacrev(f)(X, 1.5)), leaves(dj.jacfwd(f)(X, 1.5)), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)
