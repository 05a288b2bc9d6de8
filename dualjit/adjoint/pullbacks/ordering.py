"""Pullbacks of functions that choose, order or locate elements by value: the cotangent follows the chosen element.

One idea: the choice is the primal's and has no derivative; where it is not known from integers it is made again from
the operands' values, by the algorithm that the primal uses, so that ties are broken alike.

Source: the transpose of a selection; interpolation: the product rule on the piece the primal takes.
"""

from __future__ import annotations

import numpy as np
from numba.extending import register_jitable

from dualjit.adjoint.pullbacks.adding import add_at, add_total, before_broadcast
from dualjit.adjoint.pullbacks.registry import inner, pullback


@pullback("where", condition="", x="condition", y="condition")
def where(condition, answer_bar, x_bar, y_bar):
    if answer_bar.ndim == 0:
        if np.asarray(condition)[()] != 0:
            add_total(x_bar, answer_bar)
        else:
            add_total(y_bar, answer_bar)
    else:
        choice = np.zeros(answer_bar.shape, np.int8)
        mark_true(np.broadcast_to(np.asarray(condition), answer_bar.shape), choice)
        add_where(x_bar, answer_bar, choice, 1)
        add_where(y_bar, answer_bar, choice, 0)


@register_jitable
def mark_true(condition, choice):
    if choice.ndim > 1:
        for k in range(len(choice)):
            mark_true(condition[k], choice[k])
    else:
        for i in range(choice.size):
            choice[i] = 1 if condition[i] != 0 else 0


@register_jitable
def add_where(shadow, y_bar, choice, wanted):
    """Add the cotangents of the elements whose choice is ``wanted``."""
    if shadow is not None:
        if shadow.ndim == y_bar.ndim and shadow.shape == y_bar.shape:
            add_alike(shadow, y_bar, choice, wanted)
        elif shadow.ndim == 0:
            total = shadow[()]
            for i, chosen in np.ndenumerate(choice):
                if chosen == wanted:
                    total += y_bar[i]
            shadow[()] = total
        else:
            flat = shadow.flat
            for i, chosen in np.ndenumerate(choice):
                if chosen == wanted:
                    flat[before_broadcast(i, shadow.shape)] += y_bar[i]


@register_jitable
def add_alike(shadow, y_bar, choice, wanted):
    """Of one shape: by rows, which become vector code."""
    if choice.ndim > 1:
        for k in range(len(choice)):
            add_alike(shadow[k], y_bar[k], choice[k], wanted)
    else:
        for i in range(choice.size):
            if choice[i] == wanted:
                shadow[i] += y_bar[i]


@pullback("select", choicelist="condlist", default="condlist")
def select(condlist, y_bar, choicelist_bar, default_bar):
    """The first true condition decides."""
    choice = np.zeros(y_bar.shape, np.int64)
    for k in range(len(condlist) - 1, -1, -1):
        for i, true in np.ndenumerate(condlist[k]):
            if true:
                choice[i] = k + 1
    if choicelist_bar is not None:
        add_choices(choicelist_bar, y_bar, choice)
    add_where(default_bar, y_bar, choice, 0)


@register_jitable
def add_choices(shadows, y_bar, choice):
    if isinstance(shadows, tuple):
        add_tuple_of_choices(shadows, y_bar, choice, 1)
    else:
        for k in range(len(shadows)):
            add_where(shadows[k], y_bar, choice, k + 1)


@register_jitable
def add_tuple_of_choices(shadows, y_bar, choice, k):
    if len(shadows) > 0:
        add_where(shadows[0], y_bar, choice, k)
        add_tuple_of_choices(shadows[1:], y_bar, choice, k + 1)


@pullback("clip", a="a a_min a_max", a_min="a a_min a_max", a_max="a a_min a_max")
def clip(a, a_min, a_max, y_bar, a_bar, a_min_bar, a_max_bar):
    """As ``min(max(a, a_min), a_max)``: ties go to the earlier argument."""
    choice = np.zeros(y_bar.shape, np.int8)
    low = None if a_min is None else np.broadcast_to(np.asarray(a_min), choice.shape)
    high = None if a_max is None else np.broadcast_to(np.asarray(a_max), choice.shape)
    mark_clipped(np.broadcast_to(a, choice.shape), low, high, choice)
    add_where(a_bar, y_bar, choice, 0)
    add_where(a_min_bar, y_bar, choice, RAISED)
    add_where(a_max_bar, y_bar, choice, LOWERED)


RAISED, LOWERED = 1, 2


@register_jitable
def mark_clipped(a, low, high, choice):
    if choice.ndim > 1:
        for k in range(len(choice)):
            mark_clipped(a[k], row_of(low, k), row_of(high, k), choice[k])
    else:
        for i in range(choice.size):
            number = raised(a[i], low, i)
            choice[i] = LOWERED if exceeds(number, high, i) else RAISED if number > a[i] else 0


@register_jitable
def row_of(bound, k):
    if bound is None:
        return None
    return bound[k]


@register_jitable
def raised(number, low, i):
    if low is None:
        return number
    return low[i] if low[i] > number else number


@register_jitable
def exceeds(number, high, i):
    if high is None:
        return False
    return high[i] < number


@pullback("sort", a="a")
def sort(a, y_bar, a_bar):
    for i in np.ndindex(a.shape[:-1]):
        put_back(np.argsort(a[i]), y_bar[i], a_bar[i])


@pullback("partition", a="a")
def partition(a, kth, y_bar, a_bar):
    order = np.argpartition(a, kth)
    for i in np.ndindex(a.shape[:-1]):
        put_back(order[i], y_bar[i], a_bar[i])


@register_jitable
def put_back(order, y_bar, shadow):
    """Transpose of ``y = a[order]``."""
    for k in range(order.size):
        shadow[order[k]] += y_bar[k]


@inner
def order_of(items, key, reverse):
    """The permutation that sorts a list: in descending order that of the negatives, by the same steps."""
    if key is None:
        keys = np.array([item for item in items])  # noqa: C416 (any sequence)
    else:
        keys = np.array([key(item) for item in items])
    return np.argsort(-keys if reverse else keys)


@pullback("sort_in_place", a="a")
def sort_in_place(a, kind, key, reverse, a_bar):
    if isinstance(a, list):
        put_back_items(order_of(a, key, reverse), a_bar)
    else:
        for i in np.ndindex(a.shape[:-1]):
            row = a[i]
            order = np.argsort(row) if kind == "quicksort" else np.argsort(row, kind="mergesort")
            put_back_here(order, a_bar[i])


@register_jitable
def put_back_here(order, shadow):
    after = shadow.copy()
    for k in range(order.size):
        shadow[order[k]] = after[k]


@register_jitable
def put_back_items(order, shadows):
    after = shadows.copy()
    for k in range(order.size):
        shadows[order[k]] = after[k]


@pullback("sorted", iterable="iterable")
def sorted_(iterable, key, reverse, y_bar, iterable_bar):
    order = order_of(iterable, key, reverse)
    for k in range(order.size):
        add_item(iterable_bar, order[k], y_bar[k])


@register_jitable
def add_item(shadows, k, cotangent):
    """Add to an item of a list, an array or a tuple some items of which are inactive."""
    if isinstance(shadows, tuple):
        add_to_tuple(shadows, k, cotangent)
    else:
        shadows[k] += cotangent


@register_jitable
def add_to_tuple(shadows, k, cotangent):
    if len(shadows) > 0:
        if k == 0:
            add_at(shadows[0], (), cotangent)
        add_to_tuple(shadows[1:], k - 1, cotangent)


@pullback("take", a="")
def take(indices, axis, y_bar, a_bar):
    places, flat = np.ravel(np.asarray(indices)), np.ravel(np.asarray(y_bar))
    if axis is None:
        add_taken(places, flat, a_bar.size, 1, a_bar)
    else:
        add_taken(places, flat, a_bar.shape[axis], beyond(a_bar.shape, axis % a_bar.ndim), a_bar)


@register_jitable
def beyond(shape, axis):
    """How many elements the axes after this one have together."""
    size = 1
    for i in range(axis + 1, len(shape)):
        size *= shape[i]
    return size


@register_jitable
def add_taken(places, y_bar, length, inner, shadow):
    """In C order, an index of an axis of this length names runs of ``inner`` elements at equal distances."""
    flat, k = shadow.flat, 0
    for start in range(0, shadow.size, max(length * inner, 1)):
        for place in places:
            first = start + (place + length if place < 0 else place) * inner
            for i in range(first, first + inner):
                flat[i] += y_bar[k]
                k += 1


@pullback("take_along_axis", arr="")
def take_along_axis(indices, axis, y_bar, arr_bar):
    if axis is None:
        add_taken(indices, y_bar, arr_bar.size, 1, arr_bar)
    else:
        add_along(np.broadcast_to(indices, y_bar.shape), y_bar, axis % arr_bar.ndim, arr_bar)


@register_jitable
def add_along(indices, y_bar, axis, shadow):
    """Along the other axes, what has one index there is broadcast."""
    flat = shadow.flat
    for at, g in np.ndenumerate(y_bar):
        place = 0
        for i in range(shadow.ndim):
            n = shadow.shape[i]
            k = indices[at] if i == axis else min(at[i], n - 1)
            place = place * n + (k + n if k < 0 else k)
        flat[place] += g


@pullback("extract", arr="condition")
def extract(condition, y_bar, arr_bar):
    chosen = np.ravel(np.asarray(condition))
    place = 0
    for k, i in enumerate(np.ndindex(arr_bar.shape)):
        if k < chosen.size and chosen[k] != 0:
            arr_bar[i] += y_bar[place]
            place += 1


@pullback("interp", x="x xp fp", xp="x xp fp", fp="x xp")
def interp(x, xp, fp, y_bar, x_bar, xp_bar, fp_bar):
    u, g = np.ravel(np.asarray(x)), np.ravel(np.asarray(y_bar))
    pieces = located(u, xp, np.searchsorted(xp, u, side="right") - 1)
    if x_bar is not None:
        for k, i in enumerate(np.ndindex(x_bar.shape)):
            if pieces[k] == NOWHERE:
                x_bar[i] += g[k]
            elif 0 <= pieces[k] < xp.size - 1:
                x_bar[i] += slope(xp, fp, pieces[k]) * g[k]
    if xp_bar is not None:
        for k in range(u.size):
            j = pieces[k]
            if 0 <= j < xp.size - 1:
                through, w = slope(xp, fp, j) * g[k], weight(u[k], xp, j)
                xp_bar[j] -= (1.0 - w) * through
                xp_bar[j + 1] -= w * through
    if fp_bar is not None:
        for k in range(u.size):
            j = pieces[k]
            if 0 <= j < xp.size - 1:
                w = weight(u[k], xp, j)
                fp_bar[j] += (1.0 - w) * g[k]
                fp_bar[j + 1] += w * g[k]
            elif j != NOWHERE:
                fp_bar[max(j, 0)] += g[k]


NOWHERE = -2
"""The piece of NaN."""


@register_jitable
def located(x, xp, found):
    """The pieces with these numbers; -1 and the last point's number stand for the constants outside."""
    for k in range(x.size):
        if np.isnan(x[k]):
            found[k] = NOWHERE
        elif xp.size == 1:
            found[k] = 0
        elif found[k] == xp.size - 1 and x[k] == xp[xp.size - 1]:
            found[k] -= 1
    return found


@register_jitable
def slope(xp, fp, j):
    return np.divide(fp[j + 1] - fp[j], xp[j + 1] - xp[j])


@register_jitable
def weight(x, xp, j):
    """How far along its piece a number is, between 0 and 1."""
    return np.divide(x - xp[j], xp[j + 1] - xp[j])


@pullback("bincount", weights="a")
def bincount(a, y_bar, weights_bar):
    for i in range(len(a)):
        weights_bar[i] += y_bar[a[i]]


@pullback("nan_to_num", x="x", nan="x", posinf="x", neginf="x")
def nan_to_num(x, y_bar, x_bar, nan_bar, posinf_bar, neginf_bar):
    """In place (no ``y_bar``), what stands in the shadow of ``x`` is the cotangent of the new content."""
    numbers = np.asarray(x)
    if y_bar is None:
        for i, v in np.ndenumerate(numbers):
            if not np.isfinite(v):
                replaced(v, x_bar[i], nan_bar, posinf_bar, neginf_bar)
                x_bar[i] = 0.0
    else:
        cotangents = np.asarray(y_bar)
        for i, v in np.ndenumerate(numbers):
            if np.isfinite(v):
                add_at(x_bar, i, cotangents[i])
            else:
                replaced(v, cotangents[i], nan_bar, posinf_bar, neginf_bar)


@register_jitable
def replaced(number, cotangent, nan_bar, posinf_bar, neginf_bar):
    """Add to the shadow of what stands for a number that is not finite."""
    if np.isnan(number):
        add_at(nan_bar, (), cotangent)
    elif number > 0:
        add_at(posinf_bar, (), cotangent)
    else:
        add_at(neginf_bar, (), cotangent)
