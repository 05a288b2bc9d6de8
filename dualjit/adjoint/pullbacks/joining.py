"""Pullbacks of functions that join arrays: every operand gets its part of the cotangent back.

One idea: all of them put the operands one after another along one axis of the answer; an operand with fewer axes than
the answer is one slab of it.  Of an operand that has no shadow, the value is
looked at for its length.

Source: linear, the transpose of a selection.
"""

from __future__ import annotations

import numpy as np
from numba.extending import register_jitable

from dualjit.adjoint.pullbacks.adding import add_flat
from dualjit.adjoint.pullbacks.registry import pullback


@register_jitable
def deal(arrays, shadows, y_bar, axis, start):
    """Give each shadow its part of the cotangent, from ``start`` on."""
    if len(shadows) > 0:
        stop = start + extent(arrays[0], shadows[0], y_bar, axis)
        receive(shadows[0], y_bar, axis, start, stop)
        deal(arrays[1:], shadows[1:], y_bar, axis, stop)


@register_jitable
def extent(array, shadow, y_bar, axis):
    """How many indices an operand takes along the axis of the answer."""
    if shadow is None:
        return length(array, y_bar, axis)
    return length(shadow, y_bar, axis)


@register_jitable
def length(array, y_bar, axis):
    if array.ndim == y_bar.ndim:
        return array.shape[axis]
    return 1


@register_jitable
def receive(shadow, y_bar, axis, start, stop):
    """Add a part of the cotangent to the shadow of the operand it comes from."""
    if shadow is not None:
        if y_bar.ndim == 1:
            add_run(shadow, y_bar, start)
        elif y_bar.ndim == 2:
            add_block(shadow, y_bar, start if axis == 0 else 0, start if axis == 1 else 0, axis)
        else:
            add_through(shadow, y_bar, axis, start, stop)


@register_jitable
def add_run(shadow, y_bar, start):
    if shadow.ndim == 0:
        shadow[()] += y_bar[start]
    else:
        part = y_bar[start : start + shadow.size]
        for i in range(shadow.size):
            shadow[i] += part[i]


@register_jitable
def add_block(shadow, y_bar, row, column, axis):
    """From a matrix; a vector is a row of it when rows are joined, and a column else."""
    if shadow.ndim == 2:
        part = y_bar[row : row + shadow.shape[0], column : column + shadow.shape[1]]
        for i in range(shadow.shape[0]):
            for j in range(shadow.shape[1]):
                shadow[i, j] += part[i, j]
    elif shadow.ndim == 0:
        shadow[()] += y_bar[row, column]
    elif axis == 0:
        for j in range(shadow.size):
            shadow[j] += y_bar[row, j]
    else:
        for i in range(shadow.size):
            shadow[i] += y_bar[i, column]


@register_jitable
def add_through(shadow, y_bar, axis, start, stop):
    """Of any number of axes: in C order, an operand's elements are runs of the answer's at equal distances."""
    inner = 1
    for i in range(axis + 1, y_bar.ndim):
        inner *= y_bar.shape[i]
    run = inner * (stop - start)
    flat, place, left = y_bar.ravel(), inner * start, run
    for i in np.ndindex(shadow.shape):
        shadow[i] += flat[place]
        place, left = place + 1, left - 1
        if left == 0:
            place, left = place + inner * y_bar.shape[axis] - run, run


@pullback("concatenate", arrays="arrays")
def concatenate(arrays, axis, y_bar, arrays_bar):
    deal(arrays, arrays_bar, y_bar, axis % y_bar.ndim, 0)


@pullback("stack", arrays="")
def stack(axis, y_bar, arrays_bar):
    share(arrays_bar, y_bar, axis % y_bar.ndim, 0)


@register_jitable
def share(shadows, y_bar, axis, k):
    """Give each shadow one slab of the cotangent."""
    if len(shadows) > 0:
        receive(shadows[0], y_bar, axis, k, k + 1)
        share(shadows[1:], y_bar, axis, k + 1)


@pullback("hstack", tup="tup")
def hstack(tup, y_bar, tup_bar):
    deal(tup, tup_bar, y_bar, min(1, y_bar.ndim - 1), 0)


@pullback("vstack", tup="tup")
def vstack(tup, y_bar, tup_bar):
    deal(tup, tup_bar, y_bar, 0, 0)


@pullback("dstack", tup="tup")
def dstack(tup, y_bar, tup_bar):
    deal(tup, tup_bar, y_bar, 2, 0)


@pullback("column_stack", tup="tup")
def column_stack(tup, y_bar, tup_bar):
    deal(tup, tup_bar, y_bar, 1, 0)


@pullback("append", arr="", values="")
def append(axis, y_bar, arr_bar, values_bar):
    if axis is None:
        add_first(arr_bar, y_bar)
        add_last(values_bar, y_bar)
    else:
        part_first(arr_bar, y_bar, axis % y_bar.ndim)
        part_last(values_bar, y_bar, axis % y_bar.ndim)


@register_jitable
def add_first(shadow, y_bar):
    if shadow is not None:
        add_flat(shadow, y_bar[: shadow.size])


@register_jitable
def add_last(shadow, y_bar):
    if shadow is not None:
        add_flat(shadow, y_bar[y_bar.size - shadow.size :])


@register_jitable
def part_first(shadow, y_bar, axis):
    if shadow is not None:
        receive(shadow, y_bar, axis, 0, shadow.shape[axis])


@register_jitable
def part_last(shadow, y_bar, axis):
    if shadow is not None:
        receive(shadow, y_bar, axis, y_bar.shape[axis] - shadow.shape[axis], y_bar.shape[axis])


@pullback("insert", arr="", values="")
def insert(obj, y_bar, arr_bar, values_bar):
    places = np.asarray(obj)
    inserted = which_inserted(places, size_before(places, arr_bar, values_bar, y_bar.size), y_bar.size)
    add_others(arr_bar, inserted, y_bar)
    add_inserted(values_bar, inserted, y_bar)


@register_jitable
def which_inserted(obj, size, total):
    """For each element of the answer, which of the inserted values it is, counted from 1; 0 for the others."""
    if obj.ndim > 0:
        return np.insert(np.zeros(size, np.int64), obj, np.arange(1, total - size + 1))
    found = np.zeros(total, np.int64)
    first = obj[()] + size if obj[()] < 0 else obj[()]
    for k in range(total - size):
        found[first + k] = k + 1
    return found


@register_jitable
def size_before(obj, arr_bar, values_bar, total):
    if arr_bar is not None:
        return arr_bar.size
    if obj.size == 1:
        return total - values_bar.size
    return total - obj.size


@register_jitable
def add_others(shadow, inserted, y_bar):
    if shadow is not None:
        flat, k = shadow.flat, 0
        for i in range(y_bar.size):
            if inserted[i] == 0:
                flat[k] += y_bar[i]
                k += 1


@register_jitable
def add_inserted(shadow, inserted, y_bar):
    """One value may stand at several places."""
    if shadow is not None:
        for i in range(y_bar.size):
            if inserted[i] > 0:
                shadow.flat[(inserted[i] - 1) % shadow.size] += y_bar[i]
