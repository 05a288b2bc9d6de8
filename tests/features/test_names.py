"""Names that a program of ours might use itself, and what asks for the type of a value."""

import numpy as np
from numba import njit

from .case import Cases, judge

X = np.array([1.3, 0.7, 2.2])
cases = Cases(X, 1.7)


@cases
def arguments_named_like_cotangents(x, x_bar):
    return x[0] * x_bar * x[1]


@cases
def variables_named_like_those_of_a_sweep(x, zero):
    top, base, kind, workspace = x * 2.0, x * zero, np.zeros(2), x[1]
    kind[0] = top[0] * base[1]
    y = kind
    y_bar, start = base, workspace * zero
    for k in range(3):
        start = start * x[k]
    return y[0] * y_bar[2] * start


@cases
def names_that_change_their_type(x, a):
    t = (x[0], x[1])
    s = t[0] * t[1]
    t = t[1] * 3.0
    t = (t, s)
    u = t[0] * t[1]
    t = u * x[2] * a
    return t * s


@cases
def ranges_of_floats(x, a):
    s = 0.0
    for i in range(np.ceil(a) - 2.0, np.floor(a + 1.5)):
        s += x[i] * a
    return s


@cases
def types_of_values(x, a):
    T = type(a)
    y, z = np.zeros(3, dtype=x.dtype), np.zeros(2, dtype=np.asarray(a + x[0]).dtype)
    for i in range(3):
        y[i] = x[i] * a / T(2) + type(a)(1) * T(a)
    z[0] = y[0]
    return y.sum() * z[0]


@cases
@njit(parallel=True)
def nested_loops_for_threads(x, a):
    s = 0.0
    for j in range(3):
        for i in range(2):
            s += x[i] * (j + 1.0) * a
    return s


@njit
def blend(p, a, b):
    return p * p * a + b


@njit
def iterated(func, start, rest):
    x = start
    for _ in range(3):
        x = x - 0.1 * func(x, *rest)
    return x


@cases
def arguments_in_a_tuple(x, a):
    pair = (a, x[1])
    return blend(x[0], *pair) * iterated(blend, x[2], (a, 2.0))


@cases.parametrize
def test_names(case):
    judge(case)
