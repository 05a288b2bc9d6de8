"""Sorting: whole duals move, compared as the primal compares their values (NaN last)."""

from __future__ import annotations

import numpy as np
from numba.core import types
from numba.extending import register_jitable
from numba.np.arrayobj import get_sort_func

from dualjit.numbers.arrays.inactive import chosen
from dualjit.numbers.arrays.registry import implements
from dualjit.numbers.intrinsics import primal
from dualjit.rules.arrays import ordering

sort_here = ordering.sort_in_place


@register_jitable
def lt_duals(a, b):
    """Numba's order of floats: everything is less than NaN."""
    u, v = primal(a), primal(b)
    return u < v or (np.isnan(v) and not np.isnan(u))


@implements("sort_in_place")
def sort_in_place(a, kind="quicksort", key=None, reverse=False):
    if isinstance(a, types.List):
        return lambda a, kind="quicksort", key=None, reverse=False: a.sort(key, reverse)
    name = chosen(kind, "quicksort")
    sort = get_sort_func(kind=name, lt_impl=lt_duals)

    if name != "quicksort" and a.ndim > 1:  # Numba's merge sort knows one axis

        def impl(a, kind="quicksort", key=None, reverse=False):
            for i in np.ndindex(a.shape[:-1]):
                sort(a[i])

    else:

        def impl(a, kind="quicksort", key=None, reverse=False):
            sort(a)

    return impl


@implements(np.sort)
def sort_(a):
    if not isinstance(a, types.Array):
        return None

    def impl(a):
        answer = a.copy()
        sort_here(answer)
        return answer

    return impl
