"""Hyper-dual numbers: both sets of first derivatives and the second ones, held to derivatives by hand."""

import math

import numba as nb
import numpy as np
import pytest
from numba import types

from dualjit.numbers import Dual, HyperDual, strip
from dualjit.numbers.intrinsics import partial, seed, value

NUMBER = HyperDual(types.float64, 2, 2)
INNER = NUMBER.base


def test_what_it_holds():
    assert NUMBER == Dual(Dual(types.float64, 2, 1), 2, 2)
    assert HyperDual(types.float32, 8, 4, level=3).lanes == {3: 8, 4: 4}
    assert strip(NUMBER) == types.float64


@nb.njit
def polynomial(x, y):
    return x**3 * y - 2.0 * x * y**2 + y


@nb.njit
def sine_of_product(x, y):
    return math.sin(x * y) + x


@nb.njit
def quotient(x, y):
    return math.exp(x) / y


@nb.njit
def branch(x, y):
    s = 0.0
    while s < 1.0:
        s = s * x + y if x > y else s * y + x
    return s


def by_hand(f, x, y):
    """Value, gradient and Hessian."""
    s, c, e = math.sin(x * y), math.cos(x * y), math.exp(x)
    return {
        polynomial: (
            x**3 * y - 2 * x * y**2 + y,
            [3 * x**2 * y - 2 * y**2, x**3 - 4 * x * y + 1],
            [[6 * x * y, 3 * x**2 - 4 * y], [3 * x**2 - 4 * y, -4 * x]],
        ),
        sine_of_product: (s + x, [y * c + 1, x * c], [[-y * y * s, c - x * y * s], [c - x * y * s, -x * x * s]]),
        quotient: (e / y, [e / y, -e / y**2], [[e / y, -e / y**2], [-e / y**2, 2 * e / y**3]]),
        branch: (y * x + y, [y, x + 1], [[0.0, 1.0], [1.0, 0.0]]),
    }[f]


def parts(f, x, y):
    """Of f(x, y): the value, the two sets of first derivatives, the second derivatives."""

    @nb.njit
    def run(x, y):
        z = f(seed(NUMBER, seed(INNER, x, 0), 0), seed(NUMBER, seed(INNER, y, 1), 1))
        lower, upper, second = np.empty(2), np.empty(2), np.empty((2, 2))
        for i in range(2):
            lower[i], upper[i] = partial(value(z), i), value(partial(z, i))
            for j in range(2):
                second[i, j] = partial(partial(z, j), i)
        return value(value(z)), lower, upper, second

    return run(x, y)


@pytest.mark.parametrize("f", [polynomial, sine_of_product, quotient, branch], ids=lambda f: f.__name__)
def test_arithmetic(f):
    x, y = 1.3, 0.7
    found = parts(f, x, y)
    expected_value, gradient, hessian = by_hand(f, x, y)
    assert found[0] == pytest.approx(expected_value, rel=1e-15)
    np.testing.assert_allclose(found[1], gradient, rtol=1e-14, atol=1e-15)
    np.testing.assert_array_equal(found[1], found[2])
    np.testing.assert_allclose(found[3], hessian, rtol=1e-13, atol=1e-15)
