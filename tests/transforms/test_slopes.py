"""Products with Hessians whose reverse sweep keeps no gradient: where they are, and that they are right."""

import operator

import numpy as np
import pytest
from numba import types
from numba.core import errors
from numba.core.registry import cpu_target

import dualjit as dj
from dualjit.numbers.types import Dual, Slope


def loops(x):
    y = np.zeros(x.shape[0])
    for i in range(x.shape[0]):
        y[i] = np.sin(x[i, 0]) * x[i - 1, 1]
    s = 0.0
    for i in range(x.shape[0] - 1):
        s += y[i] * y[i + 1] * x[i, 0]
    return s


def views(x):
    row = x[1]
    return np.sum(row[::-1] * np.exp(x[0])) + x.T[0, 1] ** 3


def reshaped(x):
    return np.sum(np.sin(x.reshape(x.size)) ** 2)


def chosen(x):
    part = x[0] if x[0, 0] > 0.0 else x[1]
    return np.sum(part * part * x[1])


def product(x):
    return np.sum(np.tanh(np.dot(x, x[0])))


def one_or_fresh(x):
    y = x if x[0, 0] > 5.0 else np.exp(x)
    return np.sum(y * y)


def written(x):
    x[0] *= x[1]
    return np.sum(x[0] * x[0])


def recursive(x, k=2):
    return np.sum(x) if k == 0 else np.sum(np.sin(x)) * recursive(x, k - 1)


X = np.random.default_rng(0).uniform(0.2, 1.0, (2, 4))
V = np.random.default_rng(1).standard_normal((2, 4))


IN_C_ORDER = [(f, "C") for f in (loops, views, reshaped, chosen, product, one_or_fresh, written, recursive)]
IN_FORTRAN_ORDER = [(f, "F") for f in (loops, views, chosen)]


@pytest.mark.parametrize(("f", "order"), [*IN_C_ORDER, *IN_FORTRAN_ORDER])
def test_products(f, order):
    """Held to duals of duals."""
    x, v = np.array(X, order=order), np.array(V, order=order)
    expected = np.einsum("ijkl,kl->ij", dj.jacfwd(dj.jacfwd(f))(X), V)
    np.testing.assert_allclose(dj.hvp(f, mode="fwdrev")(x, v), expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(
    ("f", "without_gradient"),
    [(loops, True), (views, True), (reshaped, True), (chosen, True), (one_or_fresh, False), (written, False)],
)
def test_the_gradient_is_left_out_where_nobody_asks_for_it(f, without_gradient):
    assert ("slopes" in dj.hvp(f, mode="fwdrev").source(X, V)) is without_gradient


def test_several_arguments():
    def f(x, a, pair):
        return np.sum(x * x) * a**2 * pair[0][0] * np.exp(pair[1])

    x, a, pair = X[0], 1.3, (X[1], 0.4)
    v = V[0], 0.5, (V[1], -1.0)
    by_x, by_a, (by_first, by_second) = dj.hvp(f, (0, 1, 2), mode="fwdrev")(x, v, a, pair)
    _, expected = dj.jvp(dj.jacfwd(f, (0, 1, 2)), (x, a, pair), v)
    np.testing.assert_allclose(by_x, expected[0], rtol=1e-12)
    np.testing.assert_allclose(by_a, expected[1], rtol=1e-12)
    np.testing.assert_allclose(by_first, expected[2][0], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(by_second, expected[2][1], rtol=1e-12)


def test_a_slope_is_added_to_and_not_read():
    number = Dual(types.float64, 1, 1)
    slope, context = Slope(number), cpu_target.typing_context
    context.refresh()
    for function in (operator.add, operator.isub, np.add):
        for other in (number, types.float64, types.int64):
            assert context.resolve_function_type(function, (slope, other), {}).return_type == slope
    for function, args in [
        (operator.mul, (slope, number)),
        (operator.add, (number, slope)),
        (operator.iadd, (slope, slope)),
        (operator.add, (slope, Dual(types.float64, 1, 2))),
        (operator.add, (slope, types.complex128)),
        (np.sin, (slope,)),
        (operator.eq, (slope, number)),
    ]:
        with pytest.raises(errors.TypingError):
            context.resolve_function_type(function, args, {})
    assert not context.can_convert(slope, number)
