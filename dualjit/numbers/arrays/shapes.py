"""Functions that move elements by position, where Numba's own code refuses elements that are no NumPy numbers."""

from __future__ import annotations

import numpy as np
from numba.extending import register_jitable

from dualjit.numbers.arrays.levels import is_none, meet
from dualjit.numbers.arrays.registry import implements
from dualjit.numbers.intrinsics import lift
from dualjit.rules.arrays import making

asarray = making.asarray


@implements(np.real)
def real(val):
    return lambda val: val


@implements("conj")
def conj(arr):
    return lambda arr: arr


def triangle(keep):
    """Builder for an array of zeros and those elements of another, at (row, column), that ``keep``."""

    def build(m, k=0):
        marked = m.dtype
        if m.ndim == 1:

            def impl(m, k=0):
                answer = np.zeros((m.size, m.size), marked)
                for i, j in np.ndindex(answer.shape):
                    if keep(i, j, k):
                        answer[i, j] = m[j]
                return answer

            return impl

        def impl(m, k=0):
            answer = np.zeros(m.shape, marked)
            for at, v in np.ndenumerate(m):
                if keep(at[-2], at[-1], k):
                    answer[at] = v
            return answer

        return impl

    return build


implements(np.tril)(triangle(register_jitable(lambda i, j, k: j <= i + k)))
implements(np.triu)(triangle(register_jitable(lambda i, j, k: j >= i + k)))


@implements(np.trace)
def trace(a, offset=0):
    marked = a.dtype
    if a.ndim != 2:
        return None

    def impl(a, offset=0):
        rows, columns = a.shape
        if offset < 0:
            rows += offset
        else:
            columns -= offset
        answer = lift(0.0, marked)
        for i in range(max(min(rows, columns), 0)):
            answer = answer + (a[i, i + offset] if offset >= 0 else a[i - offset, i])
        return answer

    return impl


@implements(np.ediff1d)
def ediff1d(ary, to_end=None, to_begin=None):
    marked = meet(ary, *(t for t in (to_end, to_begin) if not is_none(t)))
    front, back = ends(to_begin), ends(to_end)

    def impl(ary, to_end=None, to_begin=None):
        x, first, last = np.ravel(asarray(ary)), front(to_begin), back(to_end)
        middle = max(x.size - 1, 0)
        answer = np.empty(first.size + middle + last.size, marked)
        answer[: first.size] = first
        for i in range(middle):
            answer[first.size + i] = x[i + 1] - x[i]
        answer[first.size + middle :] = last
        return answer

    return impl


def ends(t):
    """What is put before or after differences, as an array."""
    if is_none(t):
        return register_jitable(lambda x: np.empty(0))
    return register_jitable(lambda x: np.ravel(asarray(x)))
