"""Pullbacks of extrema: the cotangent goes to the element that the primal took.

That is the first of equals, in the order of memory, and the first NaN.
"""

from __future__ import annotations

import numpy as np

from dualjit.adjoint.pullbacks.registry import inner, pullback


@pullback("max", a="a y")
def max_(a, y, y_bar, a_bar):
    if a_bar.ndim == 0:
        a_bar[()] += y_bar
    else:
        add_to_taken(a_bar, a, y, y_bar)


@pullback("min", a="a y")
def min_(a, y, y_bar, a_bar):
    if a_bar.ndim == 0:
        a_bar[()] += y_bar
    else:
        add_to_taken(a_bar, a, y, y_bar)


@pullback("nanmax", a="a y")
def nanmax(a, y, y_bar, a_bar):
    add_to_taken(a_bar, a, y, y_bar)


@pullback("nanmin", a="a y")
def nanmin(a, y, y_bar, a_bar):
    add_to_taken(a_bar, a, y, y_bar)


@inner
def add_to_taken(a_bar, a, y, y_bar):
    if a.flags.f_contiguous:
        add_to_first(a_bar.T, a.T, y, y_bar)
    else:
        add_to_first(a_bar, a, y, y_bar)


@inner
def add_to_first(a_bar, a, y, y_bar):
    """To the first element with the value ``y``, which may be NaN."""
    for at in np.ndindex(a.shape):
        if a[at] == y or (np.isnan(y) and np.isnan(a[at])):
            a_bar[at] += y_bar
            return


@pullback("ptp", a="a")
def ptp(a, y_bar, a_bar):
    low, high = 0, 0
    least = greatest = a.flat[0]
    for k, v in enumerate(a.flat):
        if np.isnan(v):
            a_bar.flat[k] += y_bar
            return
        if v > greatest:
            greatest, high = v, k
        if v < least:
            least, low = v, k
    a_bar.flat[high] += y_bar
    a_bar.flat[low] -= y_bar
