"""Pullbacks of convolution, correlation and Vandermonde matrices.

One idea: element i of a convolution is the sum of ``a[k] v[t - k]`` with t = i + start; each term gives its two factors
their parts of the cotangent.
"""

from __future__ import annotations

import numpy as np

from dualjit.adjoint.pullbacks.registry import inner, pullback


@pullback("convolve", a="v", v="a")
def convolve(a, v, y_bar, a_bar, v_bar):
    if a_bar is not None:
        add_factor(a_bar, v, y_bar, first_term(y_bar.size, a_bar.size, v.size))
    if v_bar is not None:
        add_factor(v_bar, a, y_bar, first_term(y_bar.size, a.size, v_bar.size))


@pullback("correlate", a="v", v="a")
def correlate(a, v, y_bar, a_bar, v_bar):
    if a_bar is not None:
        add_factor(a_bar, v[::-1], y_bar, first_lag(y_bar.size, a_bar.size, v.size))
    if v_bar is not None:
        add_factor(v_bar[::-1], a, y_bar, first_lag(y_bar.size, a.size, v_bar.size))


@inner
def first_term(size, m, n):
    """Which term of the full convolution of m and n elements comes first, when ``size`` of them are wanted."""
    short, long = min(m, n), max(m, n)
    if size == long + short - 1:
        return 0
    return short - 1 - short // 2 if size == long else short - 1


@inner
def first_lag(size, m, n):
    """The same for a correlation, which counts from the other end where the second operand is longer."""
    start = first_term(size, m, n)
    return m + n - 1 - start - size if m < n else start


@inner
def add_factor(a_bar, v, y_bar, start):
    for i in range(y_bar.size):
        t = start + i
        for k in range(max(0, t - v.size + 1), min(a_bar.size, t + 1)):
            a_bar[k] += y_bar[i] * v[t - k]


@pullback("vander", x="x")
def vander(x, increasing, y_bar, x_bar):
    """By Horner's rule: no power is computed, so nothing is divided at zero."""
    u = np.ravel(np.asarray(x))
    n = y_bar.shape[1]
    for i in range(u.size):
        if n > 1:
            slope = (n - 1) * y_bar[i, n - 1 if increasing else 0]
            for k in range(n - 2, 0, -1):
                slope = slope * u[i] + k * y_bar[i, k if increasing else n - 1 - k]
            x_bar[i] += slope
