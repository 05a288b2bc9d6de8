"""Pullbacks of functions that give elements another place: the cotangent goes back to where they came from.

One idea: each element of the answer is an element of the operand, or a difference of some; the transpose adds it there.
Views are the engine's: their shadow is the same view of the shadow.

Source: linear, the transpose of a selection.
"""

from __future__ import annotations

import numpy as np
from numba.extending import register_jitable

from dualjit.adjoint.pullbacks.adding import add_flat
from dualjit.adjoint.pullbacks.registry import pullback


@pullback("flatten", a="")
def flatten(y_bar, a_bar):
    add_flat(a_bar, y_bar)


@pullback("ravel", a="")
def ravel(y_bar, a_bar):
    add_flat(a_bar, y_bar)


@pullback("ascontiguousarray", a="")
def ascontiguousarray(y_bar, a_bar):
    add_same(a_bar, y_bar)


@pullback("asfortranarray", a="")
def asfortranarray(y_bar, a_bar):
    add_same(a_bar, y_bar)


@register_jitable
def add_same(shadow, y_bar):
    """The copy has the axes of the array, whatever its layout."""
    for i in np.ndindex(shadow.shape):
        shadow[i] += y_bar[i]


@pullback("item", a="")
def item(y_bar, a_bar):
    for i in np.ndindex(a_bar.shape):
        a_bar[i] += y_bar


@pullback("roll", a="")
def roll(shift, y_bar, a_bar):
    n = a_bar.size
    if a_bar.ndim == 1:
        k = shift % max(n, 1)
        for i in range(n - k):
            a_bar[i] += y_bar[i + k]
        for i in range(k):
            a_bar[n - k + i] += y_bar[i]
    else:
        flat = y_bar.ravel()
        for k, i in enumerate(np.ndindex(a_bar.shape)):
            a_bar[i] += flat[(k + shift) % n]


@pullback("repeat", a="")
def repeat(repeats, y_bar, a_bar):
    counts = np.ravel(np.asarray(repeats))
    start = 0
    for k, i in enumerate(np.ndindex(a_bar.shape)):
        stop = start + counts[k if counts.size > 1 else 0]
        for j in range(start, stop):
            a_bar[i] += y_bar[j]
        start = stop


@pullback("resize", a="")
def resize(y_bar, a_bar):
    flat = y_bar.ravel()
    for k, i in enumerate(np.ndindex(a_bar.shape)):
        for j in range(k, flat.size, a_bar.size):
            a_bar[i] += flat[j]


@pullback("diag", v="")
def diag(k, y_bar, v_bar):
    if v_bar.ndim == 1:
        for i in range(v_bar.size):
            v_bar[i] += y_bar[i + max(-k, 0), i + max(k, 0)]
    else:
        for i in range(y_bar.size):
            v_bar[i + max(-k, 0), i + max(k, 0)] += y_bar[i]


@pullback("diagflat", v="")
def diagflat(k, y_bar, v_bar):
    for t, i in enumerate(np.ndindex(v_bar.shape)):
        v_bar[i] += y_bar[t + max(-k, 0), t + max(k, 0)]


@pullback("tril", m="")
def tril(k, y_bar, m_bar):
    if m_bar.ndim == 1:
        for i in range(m_bar.size):
            end = min(max(i + k + 1, 0), m_bar.size)
            add_row(m_bar, y_bar[i], 0, end)
    else:
        for at in np.ndindex(m_bar.shape[:-1]):
            end = min(max(at[-1] + k + 1, 0), m_bar.shape[-1])
            add_row(m_bar[at], y_bar[at], 0, end)


@pullback("triu", m="")
def triu(k, y_bar, m_bar):
    if m_bar.ndim == 1:
        for i in range(m_bar.size):
            start = min(max(i + k, 0), m_bar.size)
            add_row(m_bar, y_bar[i], start, m_bar.size)
    else:
        for at in np.ndindex(m_bar.shape[:-1]):
            start = min(max(at[-1] + k, 0), m_bar.shape[-1])
            add_row(m_bar[at], y_bar[at], start, m_bar.shape[-1])


@register_jitable
def add_row(shadow, y_bar, start, stop):
    for j in range(start, stop):
        shadow[j] += y_bar[j]


@pullback("delete", arr="")
def delete(obj, y_bar, arr_bar):
    flat = arr_bar.flat
    for k, place in enumerate(np.delete(np.arange(arr_bar.size), obj)):
        flat[place] += y_bar[k]


@pullback("diff", a="")
def diff(n, y_bar, a_bar):
    for at in np.ndindex(a_bar.shape[:-1]):
        add_differences(a_bar[at], y_bar[at], n)


@register_jitable
def add_differences(shadow, y_bar, n):
    """The n-th differences of neighbours have the coefficients of (x - 1)^n."""
    coefficient = 1.0 - 2.0 * (n % 2)
    for k in range(n + 1):
        for i in range(y_bar.size):
            shadow[i + k] += coefficient * y_bar[i]
        coefficient *= (k - n) / (k + 1)


@pullback("ediff1d", ary="to_begin", to_end="", to_begin="")
def ediff1d(to_begin, y_bar, ary_bar, to_end_bar, to_begin_bar):
    if ary_bar is not None:
        add_neighbours(ary_bar, y_bar, 0 if to_begin is None else np.asarray(to_begin).size)
    if to_begin_bar is not None:
        add_flat(to_begin_bar, y_bar[: to_begin_bar.size])
    if to_end_bar is not None:
        add_flat(to_end_bar, y_bar[y_bar.size - to_end_bar.size :])


@register_jitable
def add_neighbours(shadow, y_bar, start):
    """Transpose of the differences of neighbours, the first of which is at ``start``."""
    for k, i in enumerate(np.ndindex(shadow.shape)):
        if k > 0:
            shadow[i] += y_bar[start + k - 1]
        if k < shadow.size - 1:
            shadow[i] -= y_bar[start + k]
