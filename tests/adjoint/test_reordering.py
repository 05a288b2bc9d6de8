"""Sums that may be added in any order: which ones, and that their gradients stay what they are."""

import math

import numpy as np
import pytest
from numba import njit

import dualjit as dj

from .texts import program_of

W = np.random.default_rng(5).normal(size=(7, 33))
X = np.random.default_rng(6).normal(size=33)
MARK = "add_in_any_order"


def layer(W, x):
    total = 0.0
    for i in range(W.shape[0]):
        z = 0.5
        for j in range(x.size):
            z += W[i, j] * x[j]
        total += math.tanh(z)
    return total


def decides(W, x):
    z = 0.0
    for j in range(x.size):
        z += W[0, j] * x[j]
    return math.tanh(z) if z > 0.0 else z


def decides_in_a_row(W, x):
    z = 0.0
    for j in range(x.size):
        z += W[0, j] * x[j]
    return math.exp(abs(z))


def decides_by_rounding(W, x):
    z = 0.0
    for j in range(x.size):
        z += W[0, j] * x[j]
    return x[0] * math.exp(math.floor(z))


def divides(W, x):
    z = 0.0
    for j in range(x.size):
        z += W[0, j] * x[j]
    return 1.0 / z


def compensated(W, x):
    z, lost = 0.0, 0.0
    for j in range(x.size):
        y = W[0, j] * x[j] - lost
        t = z + y
        lost = (t - z) - y
        z = t
    return math.tanh(z)


def stored(W, x):
    sums = np.empty(W.shape[0])
    for i in range(W.shape[0]):
        z = 0.0
        for j in range(x.size):
            z += W[i, j] * x[j]
        sums[i] = z
    return math.tanh(sums[0]) if sums[0] > sums[1] else sums[2]


def running(W, x):
    z, total = 0.0, 0.0
    for j in range(x.size):
        z += W[0, j] * x[j]
        total += math.sin(z)
    return total * total


def printed(W, x):
    z = 0.0
    for j in range(x.size):
        z += W[0, j] * x[j]
    print(z)
    return math.tanh(z)


IN_ORDER = [decides, decides_in_a_row, decides_by_rounding, divides, compensated, stored, printed]


def test_a_sum_that_only_derivatives_see():
    assert f"{MARK}(z_2*" in program_of(layer, W, X)


@pytest.mark.parametrize("function", IN_ORDER, ids=lambda f: f.__name__)
def test_order_is_kept_where_it_could_be_seen(function):
    assert MARK not in program_of(function, W, X)


def test_a_sum_that_is_looked_at_on_the_way_is_kept_in_order():
    text = program_of(running, W, X)
    assert f"{MARK}(z" not in text
    assert f"{MARK}(total" in text


@pytest.mark.parametrize("option", ["value", "aux"])
def test_order_is_kept_where_the_answer_is_returned(option):
    function = layer if option == "value" else lambda W, x: (layer_compiled(W, x), layer_compiled(W, x))
    assert MARK not in program_of(function, W, X, **{option: True})


layer_compiled = njit(layer)


@pytest.mark.parametrize("function", [layer, running, *IN_ORDER], ids=lambda f: f.__name__)
def test_gradients_agree_to_rounding(function, capfd):
    gradient = dj.grad(function, argnums=(0, 1))(W, X)
    value, beside = dj.value_and_grad(function, argnums=(0, 1))(W, X)
    assert value == njit(function)(W, X)
    for a, b in zip(gradient, beside, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("extreme", [np.inf, -np.inf, np.nan, 1e308, 5e-324])
def test_extreme_terms(extreme):
    x = X.copy()
    x[3] = extreme
    _, in_order = dj.value_and_grad(layer, argnums=(0, 1))(W, x)
    for a, b in zip(dj.grad(layer, argnums=(0, 1))(W, x), in_order, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-300)


def test_second_derivatives_of_such_sums():
    hessian = dj.jacfwd(dj.grad(layer, argnums=1), argnums=1)(W, X)
    np.testing.assert_allclose(hessian, dj.jacfwd(dj.jacfwd(layer, argnums=1), argnums=1)(W, X), rtol=1e-12, atol=1e-14)
