"""The Jacobian by the mode with less work."""

import pickle

import numpy as np
import pytest
from numba import njit

import dualjit as dj
from dualjit.errors import ArgnumsError, DTypeError, ModeError

X = np.linspace(0.5, 1.5, 40)


@njit
def total(x):
    return np.sum(x * x)


@njit
def spread(t):
    return t * np.arange(40.0)


@njit
def shifted(x):
    return x * x + x[0]


def test_reverse_for_many_inputs():
    derivative = dj.jacobian(total)
    assert derivative.mode == "auto"
    np.testing.assert_allclose(derivative(X), 2 * X)
    assert derivative.mode == "rev"


def test_forward_for_many_outputs():
    derivative = dj.jacobian(spread)
    np.testing.assert_allclose(derivative(2.0), np.arange(40.0))
    assert derivative.mode == "fwd"


def test_forward_for_a_few_inputs():
    derivative = dj.jacobian(total)
    np.testing.assert_allclose(derivative(X[:5]), 2 * X[:5])
    assert derivative.mode == "fwd"


@pytest.mark.parametrize("mode", ["fwd", "rev"])
def test_mode_asked_for(mode):
    derivative = dj.jacobian(shifted, mode=mode)
    assert derivative.mode == mode
    x = X[:3].copy()
    expected = np.diag(2 * x)
    expected[:, 0] += 1.0
    np.testing.assert_allclose(derivative(x), expected)
    assert derivative.mode == mode


@pytest.mark.parametrize("mode", ["fwd", "rev"])
@pytest.mark.parametrize("argnums", [(1, 0), ("a", "x"), (-1, -2)], ids=str)
def test_selections(mode, argnums):
    by_a, by_x = dj.jacobian(scaled, argnums, mode)(X[:3].copy(), 2.0)
    np.testing.assert_allclose(by_a, X[:3] ** 2)
    np.testing.assert_allclose(by_x, np.diag(4.0 * X[:3]))


@njit
def scaled(x, a):
    return a * x * x


def test_the_first_call_leaves_the_arguments_alone():
    def overwrite(x):
        x[:] = x * x
        return np.sum(x)

    x = X.copy()
    np.testing.assert_allclose(dj.jacobian(overwrite)(x), 2 * X)
    np.testing.assert_array_equal(x, X)


def test_from_jitted_code():
    by_inputs, by_outputs = dj.jacobian(total), dj.jacobian(spread)

    @njit
    def caller(x, t):
        return by_inputs(x).sum() + by_outputs(t).sum()

    assert caller(X, 2.0) == pytest.approx(2 * X.sum() + np.arange(40.0).sum())
    assert (by_inputs.mode, by_outputs.mode) == ("rev", "fwd")


def test_pickled():
    again = pickle.loads(pickle.dumps(dj.jacobian(shifted, mode="rev")))
    assert again.mode == "rev"
    np.testing.assert_allclose(again(X[:2].copy()), [[2 * X[0] + 1.0, 0.0], [1.0, 2 * X[1]]])


@pytest.mark.parametrize("mode", ["forward", None, "", 1], ids=repr)
def test_modes_refused(mode):
    with pytest.raises(ModeError, match=r"'auto', 'fwd', 'rev'") as caught:
        dj.jacobian(total, mode=mode)
    assert isinstance(caught.value, ValueError)


def test_selections_refused():
    with pytest.raises(ArgnumsError, match="twice"):
        dj.jacobian(total, (0, 0))


@pytest.mark.parametrize("mode", ["auto", "fwd", "rev"])
def test_integers_are_refused(mode):
    with pytest.raises(DTypeError, match="integer"):
        dj.jacobian(total, mode=mode)(np.arange(3))


def test_exceptions_are_the_functions_own():
    def guarded(x):
        if x[0] > 2.0:
            raise ValueError("too large")
        return x[0]

    with pytest.raises(ValueError, match="too large"):
        dj.jacobian(guarded)(np.full(3, 2.5))
