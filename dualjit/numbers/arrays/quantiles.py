"""Medians and quantiles: linear in the order statistics that the primal selects.

The values of quantiles are the primal's own, computed by Numba: its treatment of infinite elements is repeated nowhere.
"""

from __future__ import annotations

import math

import numpy as np
from numba.core import types
from numba.extending import register_jitable
from numba.np.arraymath import _median_inner, _select_two

from dualjit.numbers.arrays.levels import element, meet, primals, with_primal
from dualjit.numbers.arrays.registry import implements
from dualjit.numbers.intrinsics import lift
from dualjit.numbers.types import Marked


@implements(np.median)
def median(a):
    marked = a.dtype

    def impl(a):
        if a.size == 0:
            return lift(np.nan, marked)
        return _median_inner(a.flatten(), a.size)

    return impl


@implements(np.nanmedian)
def nanmedian(a):
    marked = a.dtype

    def impl(a):
        work, n = without_nan(a, marked)
        if n == 0:
            return lift(np.nan, marked)
        return _median_inner(work, n)

    return impl


@register_jitable
def without_nan(a, marked):
    """The elements that are numbers, in front of an array of the same size, and how many there are."""
    work = np.empty(a.size, marked)
    n = 0
    for view in np.nditer(a):
        v = view.item()
        if not np.isnan(v):
            work[n] = v
            n += 1
    return work, n


@register_jitable
def percentile(work, n, percent):
    """Linear interpolation between the closest ranks of the first n elements, which are reordered."""
    if n == 1:
        return work[0]
    rank = 1 + (n - 1) * np.true_divide(percent, 100.0)
    below = min(math.floor(rank), n - 1)
    m = rank - below
    lower, upper = _select_two(work, int(below - 1), 0, n - 1)
    if m == 0.0:
        return lower
    if m == 1.0:
        return upper
    return lower * (1 - m) + upper * m


def quantiles(function, factor):
    """A builder for one of NumPy's four functions; ``q * factor`` are percents."""

    def build(a, q):
        if not isinstance(a, types.Array) or isinstance(element(q), Marked):
            return None
        marked = meet(a, types.float64)

        def one(a, q):
            found = function(primals(a), q)
            work, n = without_nan(a, marked)
            if n == 0 or np.isnan(found):
                return lift(found, marked)
            return with_primal(percentile(work, n, q * factor), found)

        def many(a, q):
            found = function(primals(a), q)
            asked = np.asarray(q).flatten()
            work, n = without_nan(a, marked)
            answer = np.empty(found.size, marked)
            for i in range(found.size):
                if n == 0 or np.isnan(found[i]):
                    answer[i] = found[i]
                else:
                    answer[i] = with_primal(percentile(work, n, asked[i] * factor), found[i])
            return answer

        return one if isinstance(q, (types.Number, types.Boolean)) else many

    return build


implements(np.percentile)(quantiles(np.percentile, 1.0))
implements(np.nanpercentile)(quantiles(np.nanpercentile, 1.0))
implements(np.quantile)(quantiles(np.quantile, 100.0))
implements(np.nanquantile)(quantiles(np.nanquantile, 100.0))
