"""The check of derivatives catches what is wrong and passes what is right."""

import math

import numpy as np
import pytest
from numba import njit

import dualjit as dj
from dualjit.errors import UnsupportedError, WrongDerivativeError

X = np.array([1.3, 0.7, 2.2])


@pytest.mark.parametrize("order", [1, 2, 3])
def test_right_derivatives_pass(order):
    dj.check_grads(lambda x, a: (np.sum(np.sin(x) * a), a * x), (X, 1.5), order=order)


def test_jitted_function():
    @njit
    def f(x):
        return math.exp(x) * x

    dj.check_grads(f, (0.7,))


def test_wrong_derivative():
    def f(x):
        return np.sum(x * dj.stop_gradient(x))

    with pytest.raises(WrongDerivativeError, match=r"order 1 .*forward") as caught:
        dj.check_grads(f, (X,), order=1)
    assert isinstance(caught.value, AssertionError)
    assert "expected" in str(caught.value)


def test_slightly_wrong_derivative():
    def f(x):
        return x * x + 1e-4 * dj.stop_gradient(x)

    with pytest.raises(WrongDerivativeError):
        dj.check_grads(f, (1.3,), order=1)


def test_wrong_in_one_of_many_outputs():
    def f(x):
        y = x * x
        y[2] += 0.1 * dj.stop_gradient(x[2])
        return y

    with pytest.raises(WrongDerivativeError, match="output 2"):
        dj.check_grads(f, (X,), order=1)


def test_unknown_mode():
    with pytest.raises(ValueError, match="sideways"):
        dj.check_grads(lambda x: x, (1.0,), modes=("sideways",))


def test_values_that_are_not_numbers():
    with pytest.raises(WrongDerivativeError):
        dj.check_grads(lambda x: np.sqrt(x - 5.0), (1.0,), order=1)


@pytest.mark.parametrize("modes", [("fwd",), ("rev",), ("fwd", "rev")], ids=str)
def test_modes(modes):
    dj.check_grads(lambda x, a: (np.sum(np.sin(x) * a), a * x), (X, 1.5), order=1, modes=modes)


def test_structures_in_reverse():
    dj.check_grads(lambda pair, x: (pair[0] * pair[1][0], pair[1] * x), ((2.0, X), X), modes=("rev",))


def test_reverse_mode_that_differs_from_forward_mode(monkeypatch):
    """No function is known for which they differ: here the pullback of another one is asked."""
    import dualjit.transforms.check as check

    monkeypatch.setattr(check, "vjp", lambda f, *point: dj.vjp(lambda x: x * x * 1.001, *point))
    with pytest.raises(WrongDerivativeError, match=r"reverse and forward mode differ.*u·\(J v\).*\(Jᵀu\)·v") as caught:
        dj.check_grads(lambda x: x * x, (X,), modes=("rev",))
    assert isinstance(caught.value, AssertionError)


def test_what_reverse_mode_refuses_is_an_error():
    def f(x):
        return np.linalg.svd(x.reshape(2, 2))[1]

    with pytest.raises(UnsupportedError, match="svd"):
        dj.check_grads(f, (np.arange(1.0, 5.0),), modes=("rev",))
