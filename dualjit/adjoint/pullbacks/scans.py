"""Pullbacks of products and of sums and products along an array.

One idea: what runs forwards in the primal runs backwards here.  The cotangent of a factor takes the product of all
others, as that of those before it times that of those behind it: right at zeros.
"""

from __future__ import annotations

import numpy as np

from dualjit.adjoint.pullbacks.registry import inner, pullback


@pullback("prod", a="a")
def prod(a, y_bar, a_bar):
    if a_bar.ndim == 0:
        a_bar[()] += y_bar
    else:
        add_flat(a_bar, products_of_others(np.ravel(a), y_bar))


@pullback("nanprod", a="a")
def nanprod(a, y_bar, a_bar):
    numbers = without_nan(a)
    slopes = products_of_others(numbers, y_bar)
    for k, at in enumerate(np.ndindex(a.shape)):
        if not np.isnan(a[at]):
            a_bar[at] += slopes[k]


@inner
def products_of_others(factors, y_bar):
    """For each factor the cotangent times all other factors."""
    answer = np.ones_like(factors) * y_bar
    for k in range(factors.size - 2, -1, -1):
        answer[k] = factors[k + 1] * answer[k + 1]
    before = 1.0
    for k in range(factors.size):
        answer[k] = answer[k] * before
        before = before * factors[k]
    return answer


@pullback("cumsum", a="")
def cumsum(axis, y_bar, a_bar):
    if a_bar.ndim == 0:
        a_bar[()] += y_bar
    elif a_bar.ndim == 1:
        add_sums_behind(a_bar, y_bar)
    elif y_bar.ndim == 1:
        add_flat(a_bar, sums_behind(y_bar))
    elif y_bar.ndim == 2:
        if axis == 0 or axis == -2:
            add_along_first(a_bar, y_bar)
        else:
            add_along_first(a_bar.T, y_bar.T)
    else:
        add_along_first(np.swapaxes(a_bar, 0, axis), np.swapaxes(y_bar, 0, axis))


@inner
def add_sums_behind(a_bar, y_bar):
    s = 0.0
    for k in range(y_bar.size - 1, -1, -1):
        s = s + y_bar[k]
        a_bar[k] += s


@inner
def add_along_first(a_bar, y_bar):
    for at in np.ndindex(y_bar.shape[1:]):
        s = 0.0
        for k in range(y_bar.shape[0] - 1, -1, -1):
            s = s + y_bar[k][at]
            a_bar[k][at] += s


@inner
def sums_behind(y_bar):
    """The element and all behind it, for each."""
    answer = y_bar.copy()
    for k in range(y_bar.size - 2, -1, -1):
        answer[k] += answer[k + 1]
    return answer


@inner
def add_flat(a_bar, v):
    for k, at in enumerate(np.ndindex(a_bar.shape)):
        a_bar[at] += v[k]


@pullback("nancumsum", a="a")
def nancumsum(a, y_bar, a_bar):
    sums = sums_behind(y_bar)
    for k, at in enumerate(np.ndindex(a.shape)):
        if not np.isnan(a[at]):
            a_bar[at] += sums[k]


@pullback("cumprod", a="a y")
def cumprod(a, y, y_bar, a_bar):
    add_flat(a_bar, slopes_of_products(np.ravel(a), y, y_bar))


@pullback("nancumprod", a="a y")
def nancumprod(a, y, y_bar, a_bar):
    slopes = slopes_of_products(without_nan(a), y, y_bar)
    for k, at in enumerate(np.ndindex(a.shape)):
        if not np.isnan(a[at]):
            a_bar[at] += slopes[k]


@inner
def without_nan(a):
    """The elements in a row, ones in place of those that are no numbers."""
    answer = a.flatten()
    for k in range(answer.size):
        if np.isnan(answer[k]):
            answer[k] = 1.0
    return answer


@inner
def slopes_of_products(factors, y, y_bar):
    """The product before a factor, times what the cotangents behind it bring back to it."""
    answer = y_bar.copy()
    for k in range(factors.size - 2, -1, -1):
        answer[k] += factors[k + 1] * answer[k + 1]
    for k in range(1, factors.size):
        answer[k] = answer[k] * y[k - 1]
    return answer
