"""The options of the user's decorator: threads, floating-point and error models, signatures."""

import math

import numpy as np
import pytest
from numba import njit, prange, vectorize

import dualjit as dj

from .case import Cases, judge

X = np.array([1.3, 0.7, 2.2, 1.8])
cases = Cases(X)


@cases
@njit(parallel=True)
def threads_fill_an_array(x):
    y = np.zeros(x.size)
    for i in prange(x.size):
        y[i] = math.sin(x[i]) * x[0]
    return y


@cases
@njit(parallel=True)
def threads_reduce(x):
    total = 0.0
    for i in prange(x.size):
        total += math.sin(x[i]) * x[0]
    return total


@cases
@njit(parallel=True)
def threads_in_array_expressions(x):
    y = x * x + 1.0
    return y * np.sin(x), y.sum()


@njit
def scaled_rows(a, b):
    return np.array([[a, b, 1.0], [2.0, a, b]]) * np.array([[a], [b]])


@cases
@njit(parallel=True)
def threads_call_serial_functions(x):
    """Numba's parallel passes do not see that what the callee broadcasts has one row."""
    y, z = np.zeros((x.size, 3)), np.zeros((x.size, 3))
    for i in prange(x.size):
        y[i, :], z[i, :] = scaled_rows(x[i], x[0])
    return y, z


@cases
@njit(parallel=True)
def threads_broadcast(x):
    """They see it of arrays made here, in the function itself and in its derivative."""
    y = np.zeros((x.size, 2))
    for i in prange(x.size):
        q = np.ones((2, 1))
        q[0, 0] = x[i]
        rows = np.zeros((2, 2))
        rows[0], rows[1, 0] = x[:2], x[i]
        scaled = rows * q
        y[i, :] = scaled[0] + scaled[1]
    column, row = x.reshape(4, 1), np.empty((1, 4))
    row[0, :] = x
    return y, column * row


@cases
def prange_without_parallel(x):
    total = 0.0
    for i in prange(x.size):
        total += x[i] * x[0]
    return total


@cases
@njit("float64[:](float64[:])")
def eager_signature(x):
    return x * x[0]


@cases
@njit(nogil=True, boundscheck=True, error_model="numpy")
def several_options(x):
    return x * x[1] / x[2]


@cases
@vectorize
def vectorized_itself(x):
    return x * math.exp(-x)


@cases.at(X.reshape(4, 1), X[:3], 0.5)
@vectorize
def vectorized_broadcasting(a, b, c):
    return a * b + c


@cases.parametrize
def test_options(case):
    judge(case)


def test_fastmath():
    """Sums may be reordered, so values agree to rounding alone."""

    @njit(fastmath=True)
    def total(x):
        total = 0.0
        for i in range(x.size):
            total += x[i] * x[0] / 3.0
        return total

    value, _ = dj.jvp(total, (X,), (np.ones(4),))
    assert value == pytest.approx(total(X), rel=1e-15)
    expected = np.full(4, X[0] / 3.0)
    expected[0] += X.sum() / 3.0
    np.testing.assert_allclose(dj.jacfwd(total)(X), expected, rtol=1e-15)


def test_error_model_is_kept():
    def quotient(x):
        return x[0] / x[1]

    at_zero = np.array([1.0, 0.0])
    with pytest.raises(ZeroDivisionError):
        dj.jacfwd(njit(quotient))(at_zero)
    value, _ = dj.jvp(njit(error_model="numpy")(quotient), (at_zero,), (np.ones(2),))
    assert value == np.inf


def test_boundscheck_is_kept():
    @njit(boundscheck=True)
    def beyond(x, i):
        return x[i] * 2.0

    assert dj.jacfwd(beyond)(X, 3)[3] == 2.0
    with pytest.raises(IndexError):
        dj.jacfwd(beyond)(X, 4)


def test_exceptions_are_the_functions_own():
    @njit
    def guarded(x):
        if x[0] > 1.0:
            raise ValueError("too large", 3)
        return x[0] * x[1]

    assert dj.jacfwd(guarded)(np.array([0.5, 2.0])) == pytest.approx([2.0, 0.5])
    with pytest.raises(ValueError, match="too large") as caught:
        dj.jacfwd(guarded)(np.array([1.5, 2.0]))
    assert caught.value.args == ("too large", 3)


def test_division_by_zero_raises_as_the_primal_does():
    @njit
    def quotient(x):
        return 1.0 / x

    with pytest.raises(ZeroDivisionError):
        dj.jacfwd(quotient)(0.0)
