"""Duals of duals: levels keep perturbations apart, derivatives of any order come from the same rules."""

import math

import numba as nb
import numpy as np
import pytest
from numba import types

from dualjit.numbers import Dual, promote
from dualjit.numbers.intrinsics import partial, primal, seed, value
from tests.numbers.differentiating import X, dual

F8 = types.float64
ONE, TWO, THREE = (Dual(F8, 2, level) for level in (1, 2, 3))
BOTH = promote(ONE, TWO)
ALL = promote(BOTH, THREE)


@nb.njit
def product_of_levels(x):
    a, b = seed(ONE, x, 0), seed(TWO, x, 1)
    both = a * b
    inner = value(both)
    cross = partial(both, 1)
    return primal(both), partial(inner, 0), value(cross), partial(cross, 0), partial(cross, 1)


def test_levels_are_not_confused():
    # d(ab)/da = b, d(ab)/db = a, d2(ab)/da db = 1
    assert product_of_levels(3.0) == (9.0, 3.0, 3.0, 1.0, 0.0)


@nb.njit
def nested_derivative(x):
    # d/dx (x * d/dy (x + y)) is 1; confused perturbations give 2
    outer = seed(ONE, x, 0)
    inner = outer + seed(TWO, 1.0, 0)
    return partial(outer * partial(inner, 0), 0)


def test_siskind_and_pearlmutters_example():
    assert nested_derivative(1.0) == 1.0


@nb.njit
def third_order(x):
    inner = seed(ONE, x, 0)
    middle = seed(BOTH, inner, 0)
    outer = seed(ALL, middle, 0)
    out = np.empty(5)
    k = 0
    for y in (math.sin(outer), outer**3.0, math.exp(outer) / outer, math.sqrt(outer), math.tanh(outer)):
        out[k] = partial(partial(partial(y, 0), 0), 0)
        k += 1
    return out


def test_third_derivatives():
    x = 0.7
    tanh = math.tanh(x)
    expected = [
        -math.cos(x),
        6.0,
        math.exp(x) * (1 / x - 3 / x**2 + 6 / x**3 - 6 / x**4),
        0.375 * x**-2.5,
        -2 * (1 - tanh**2) * (1 - 3 * tanh**2),
    ]
    np.testing.assert_allclose(third_order(x), expected, rtol=1e-13)


@nb.njit
def second_order_at_zero(x, y):
    a = seed(BOTH, seed(ONE, x, 0), 0)
    b = seed(BOTH, seed(ONE, y, 1), 1)
    out = np.empty((3, 2, 2))
    k = 0
    for z in (math.sqrt(a) + b * b, math.log(a) + math.sin(b), a**0.5 + b):
        for i in range(2):
            for j in range(2):
                out[k, i, j] = partial(partial(z, i), j)
        k += 1
    return out


def test_zero_tangents_stay_zero_in_second_derivatives():
    y = 0.7
    expected = [[[-np.inf, 0.0], [0.0, 2.0]], [[-np.inf, 0.0], [0.0, -math.sin(y)]], [[-np.inf, 0.0], [0.0, 0.0]]]
    np.testing.assert_array_equal(second_order_at_zero(0.0, y), expected)


@nb.njit
def mixed(x, n):
    a = seed(BOTH, x, 1)  # no partials of level 1
    b = seed(ONE, x, 0)
    best = max(a, b, 0.5)
    total = 0.0
    for _ in range(n):
        total += a
        total += b
    chosen = a if n > 1 else b * 1.0
    first = partial(value(best), 0), value(partial(best, 1))
    return first, value(partial(total, 1)), partial(value(total), 0), primal(chosen)


def test_levels_meet_in_extrema_phis_and_accumulators():
    assert mixed(2.0, 3) == ((0.0, 1.0), 3.0, 3.0, 2.0)


def test_a_lower_level_takes_no_part():
    @nb.njit
    def scaled(x):
        return partial(seed(BOTH, x, 0) * seed(ONE, 3.0, 1), 0)

    @nb.njit
    def value_and_partial(x):
        p = scaled(x)
        return primal(p), partial(p, 1)

    assert value_and_partial(2.0) == (3.0, 1.0)


def test_lane_counts_that_differ_are_refused():
    @nb.njit
    def mixed_counts(x):
        return partial(seed(dual(lanes=2), x, X) + seed(dual(lanes=4), x, X), 0)

    with pytest.raises(nb.TypingError):
        mixed_counts(1.0)
