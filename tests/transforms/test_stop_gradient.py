"""Values that carry no derivative."""

import numpy as np
from numba import njit

import dualjit as dj

X = np.array([1.3, 0.7, 2.2])


def test_outside_it_is_the_identity():
    assert dj.stop_gradient(2.0) == 2.0
    kept = dj.stop_gradient(X)
    np.testing.assert_array_equal(kept, X)
    assert not np.shares_memory(kept, X)  # as in differentiated code, whose values may not depend on duals


def test_scalar_and_array():
    assert dj.jacfwd(lambda x: x * dj.stop_gradient(x))(3.0) == 3.0
    np.testing.assert_allclose(dj.jacfwd(lambda x: x * dj.stop_gradient(x * x))(X), np.diag(X * X))


def test_tuple():
    def f(x):
        a, b = dj.stop_gradient((x[0], x * 2.0))
        return x * a + b

    np.testing.assert_allclose(dj.jacfwd(f)(X), 1.3 * np.eye(3))


def test_all_levels_stop():
    inner = dj.jacfwd(lambda x: x * x * dj.stop_gradient(x))
    assert inner(3.0) == 18.0
    assert dj.jacfwd(inner)(3.0) == 6.0


def test_values_do_not_change_by_differentiation():
    @njit
    def f(x):
        y = x * 1.0
        kept = dj.stop_gradient(y)
        y[0] = x[1] * 10.0
        return y + kept

    value, tangent = dj.jvp(f, (X,), (np.ones(3),))
    np.testing.assert_array_equal(value, f(X))
    np.testing.assert_allclose(tangent, [10.0, 1.0, 1.0])


def test_opens_the_way_to_what_is_not_supported():
    def f(x):
        kept = dj.stop_gradient(x)
        return x * kept.nbytes

    np.testing.assert_allclose(dj.jacfwd(f)(X), 24.0 * np.eye(3))


def test_in_jitted_code_that_is_not_differentiated():
    @njit
    def f(x):
        return dj.stop_gradient(x) * 2.0

    assert f(3.0) == 6.0
