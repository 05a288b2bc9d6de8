"""Pullbacks of functions that make arrays from numbers: fills sum the cotangent, ranges weigh it, literals deal it out.

One idea: the answer is linear in what it is made from, and where a number went often, the cotangents add up there.
What is overwritten in place loses its cotangent to the new content.

Source: linear.
"""

from __future__ import annotations

import numpy as np
from numba.extending import register_jitable

from dualjit.adjoint.pullbacks.adding import add_total, clear
from dualjit.adjoint.pullbacks.registry import pullback


@pullback("full", fill_value="")
def full(y_bar, fill_value_bar):
    add_total(fill_value_bar, y_bar)


@pullback("full_like", fill_value="")
def full_like(y_bar, fill_value_bar):
    add_total(fill_value_bar, y_bar)


@pullback("arange", start="stop", step="")
def arange(stop, y_bar, start_bar, step_bar):
    """``start + i step``: the end decides on the length alone; given alone, it stands first."""
    if stop is not None:
        add_total(start_bar, y_bar)
    if step_bar is not None:
        for i in range(y_bar.size):
            step_bar[()] += i * y_bar[i]


@pullback("linspace", start="", stop="")
def linspace(y_bar, start_bar, stop_bar):
    """Weights ``1 - t`` and ``t`` at ``t = i / (num - 1)``; of one number, 1 and 0."""
    last = max(y_bar.size - 1, 1)
    if start_bar is not None:
        for i in range(y_bar.size):
            start_bar[()] += (last - i) / last * y_bar[i]
    if stop_bar is not None:
        for i in range(y_bar.size):
            stop_bar[()] += i / last * y_bar[i]


@pullback("array", object="")
def array(y_bar, object_bar):
    add_nested(object_bar, y_bar)


@pullback("asarray", a="")
def asarray(y_bar, a_bar):
    """Of numbers, lists and tuples, and where the numbers are converted; else it is a view."""
    add_nested(a_bar, y_bar)


@pullback("asarray_chkfinite", a="")
def asarray_chkfinite(y_bar, a_bar):
    add_nested(a_bar, y_bar)


@register_jitable
def add_nested(shadow, y_bar):
    """Add to an array, or to the numbers of a nested sequence."""
    if shadow is not None:
        if isinstance(shadow, tuple):
            add_items(shadow, y_bar, 0)
        elif isinstance(shadow, list):
            add_list(shadow, y_bar)
        else:
            shadow += y_bar


@register_jitable
def add_list(shadows, y_bar):
    for i in range(len(shadows)):
        if y_bar.ndim == 1:
            shadows[i] += y_bar[i]
        else:
            add_nested(shadows[i], y_bar[i])


@register_jitable
def add_items(shadows, y_bar, k):
    if len(shadows) > 0:
        add_nested(shadows[0], y_bar[k])
        add_items(shadows[1:], y_bar, k + 1)


@pullback("copy", a="")
def copy(y_bar, a_bar):
    a_bar += y_bar


@pullback("copy_method", a="")
def copy_method(y_bar, a_bar):
    a_bar += y_bar


@pullback("astype", a="")
def astype(y_bar, a_bar):
    for i, g in np.ndenumerate(y_bar):
        a_bar[i] += g


@pullback("fill", val="")
def fill(arr_bar, val_bar):
    add_total(val_bar, arr_bar)
    clear(arr_bar)


@pullback("fill_diagonal", val="")
def fill_diagonal(wrap, a_bar, val_bar):
    step, end = diagonal_step(a_bar), a_bar.size
    if a_bar.ndim == 2 and not wrap:
        end = min(end, a_bar.shape[1] ** 2)
    flat = a_bar.flat
    for k, i in enumerate(range(0, end, step)):
        add_cyclic(val_bar, k, flat[i])
        flat[i] = 0.0


@register_jitable
def add_cyclic(shadow, k, cotangent):
    """Values are taken again from the first one when there are too few."""
    if shadow is not None:
        shadow.flat[k % shadow.size] += cotangent


@register_jitable
def diagonal_step(a):
    """How far apart the elements of the diagonal are."""
    step = 1
    for n in a.shape[1:]:
        step = step * n + 1
    return step
