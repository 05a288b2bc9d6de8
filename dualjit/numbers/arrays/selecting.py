"""Functions that choose between elements by a condition or by value: the chosen element moves with its derivatives."""

from __future__ import annotations

import numpy as np
from numba.core import types
from numba.extending import register_jitable

from dualjit.numbers.arrays.levels import is_none, meet, primals, scalar_of
from dualjit.numbers.arrays.registry import implements
from dualjit.numbers.intrinsics import lift
from dualjit.rules.arrays import making, ordering

asarray, where_of = making.asarray, ordering.where


@implements(np.where)
def where(condition, x=None, y=None):
    if is_none(x) and is_none(y):
        return lambda condition, x=None, y=None: np.where(primals(condition))
    if not isinstance(condition, types.Array):
        return scalar_where(condition, x, y)
    marked, layout = meet(x, y), layout_of(condition, x, y)

    def impl(condition, x=None, y=None):
        c, u, v = np.asarray(condition), asarray(x), asarray(y)
        shape = np.broadcast_shapes(c.shape, u.shape, v.shape)
        chosen, left, right = np.broadcast_to(c, shape), np.broadcast_to(u, shape), np.broadcast_to(v, shape)
        answer = np.empty(shape[::-1], marked).T if layout == "F" else np.empty(shape, marked)
        for i, true in np.ndenumerate(chosen):
            if true:
                answer[i] = left[i]
            else:
                answer[i] = right[i]
        return answer

    return impl


def scalar_where(condition, x, y):
    """Numba gives an array without axes for scalars."""

    def impl(condition, x=None, y=None):
        return where_of(np.asarray(primals(condition)), asarray(x), asarray(y))

    return impl


def layout_of(condition, x, y) -> str:
    """The order in memory that Numba gives the answer."""
    layout = condition.layout
    if isinstance(x, types.Array) and isinstance(y, types.Array) and not x.layout == y.layout == layout:
        layout = "A"
    return layout


@implements(np.select)
def select(condlist, choicelist, default=0):
    marked = meet(choicelist, default) if not isinstance(default, types.Omitted) else meet(choicelist)
    if not isinstance(choicelist, (types.List, types.UniTuple)):
        return None

    def impl(condlist, choicelist, default=0):
        if len(condlist) != len(choicelist):
            raise ValueError("list of cases must be same length as list of conditions")
        answer = np.empty(choicelist[0].shape, marked)
        answer[...] = default
        for i in range(len(condlist) - 1, -1, -1):
            for j, true in np.ndenumerate(condlist[i]):
                if true:
                    answer[j] = choicelist[i][j]
        return answer

    return impl


@implements(np.clip)
def clip(a, a_min=None, a_max=None, out=None):
    low, high = not is_none(a_min), not is_none(a_max)
    if not isinstance(a, types.Array) or not (low or high):
        return None
    marked = meet(a, *(t for t, given in ((a_min, low), (a_max, high)) if given)).over(scalar_of(a))
    lower, upper = second if low else first, second if high else first
    between = _BETWEEN[low, high]
    target = second if not is_none(out) else first

    def impl(a, a_min=None, a_max=None, out=None):
        lows, highs = asarray(lower(a, a_min)), asarray(upper(a, a_max))
        shape = np.broadcast_shapes(a.shape, lows.shape, highs.shape)
        answer = target(np.empty_like(a, marked), out)
        if answer.shape != shape:
            raise ValueError("clip: the shape of the 'out' array does not match the shape of the result")
        x, lows, highs = np.broadcast_to(a, shape), np.broadcast_to(lows, shape), np.broadcast_to(highs, shape)
        for i, v in np.ndenumerate(x):
            answer[i] = lift(between(v, lows[i], highs[i]), marked)
        return answer

    return impl


@register_jitable
def first(x, y):
    return x


@register_jitable
def second(x, y):
    return y


_BETWEEN = {
    (True, True): register_jitable(lambda v, low, high: min(max(v, low), high)),
    (True, False): register_jitable(lambda v, low, high: max(v, low)),
    (False, True): register_jitable(lambda v, low, high: min(v, high)),
}


@implements(np.extract)
def extract(condition, arr):
    def impl(condition, arr):
        chosen = asarray(primals(condition)).flatten()
        elements = asarray(arr)
        if elements.size == 0:
            raise ValueError("Cannot extract from an empty array")
        if np.any(chosen[elements.size :]) and chosen.size > elements.size:
            raise ValueError("condition shape inconsistent with arr shape")
        count = min(elements.size, chosen.size)
        return elements.flatten()[:count][chosen[:count] != 0]

    return impl


@implements(np.trim_zeros)
def trim_zeros(filt, trim="fb"):
    def impl(filt, trim="fb"):
        kinds = trim.lower()
        first, last = 0, len(filt)
        if "f" in kinds:
            while first < len(filt) and filt[first] == 0:
                first += 1
        if "b" in kinds:
            while last > 0 and filt[last - 1] == 0:
                last -= 1
        return filt[first:last]

    return impl


@implements(np.nan_to_num)
def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    marked = meet(x, *(t for t in (nan, posinf, neginf) if not (is_none(t) or isinstance(t, types.Omitted))))
    limits = np.finfo(f"f{scalar_of(x).bitwidth // 8}")
    largest, least = float(limits.max), float(limits.min)
    top, bottom = second if is_none(posinf) else first, second if is_none(neginf) else first

    @register_jitable
    def finite(v, nan, posinf, neginf):
        if np.isnan(v):
            return lift(nan, marked)
        if np.isinf(v):
            return lift(top(posinf, largest), marked) if v > 0 else lift(bottom(neginf, least), marked)
        return lift(v, marked)

    if not isinstance(x, types.Array):
        return lambda x, copy=True, nan=0.0, posinf=None, neginf=None: finite(x, nan, posinf, neginf)

    def impl(x, copy=True, nan=0.0, posinf=None, neginf=None):
        answer = x.copy() if copy else x
        for i, v in np.ndenumerate(x):
            answer[i] = finite(v, nan, posinf, neginf)
        return answer

    return impl


@implements(np.bincount)
def bincount(a, weights=None, minlength=0):
    marked = meet(weights, types.float64)

    def impl(a, weights=None, minlength=0):
        if len(a) != len(weights):
            raise ValueError("bincount(): weights and list don't have the same length")
        counts = np.bincount(a, None, minlength)  # checks, and gives the length
        answer = np.zeros(counts.size, marked)
        for i in range(len(a)):
            answer[a[i]] = answer[a[i]] + weights[i]
        return answer

    return impl
