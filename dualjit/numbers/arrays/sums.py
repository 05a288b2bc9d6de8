"""Sums and products along arrays.

Each runs through the elements in the order of Numba's own implementation, so that values are the primal's.
"""

from __future__ import annotations

import numpy as np
from numba.core import types
from numba.core.errors import TypingError
from numba.np.arraymath import check_axis_bounds, check_duplicates

from dualjit.numbers.arrays.levels import is_none, scalar_of
from dualjit.numbers.arrays.registry import implements
from dualjit.numbers.intrinsics import lift
from dualjit.rules.arrays import reductions

sum_of = reductions.sum_


def keeps_dtype(a, dtype) -> None:
    """An accumulator of another type would round the value in a way of its own."""
    if not is_none(dtype) and dtype.dtype != scalar_of(a):
        raise TypingError("dtype= other than the array's own is not differentiated: convert with astype first")


@implements(np.sum)
def sum_(a, axis=None, dtype=None):
    keeps_dtype(a, dtype)
    if not isinstance(a, types.Array):
        return lambda a, axis=None, dtype=None: a
    axes = axis.count if isinstance(axis, types.BaseTuple) else 1
    if isinstance(axis, types.BaseTuple) and axes == 0:
        return lambda a, axis=None, dtype=None: np.copy(a)
    if not is_none(axis) and a.ndim > axes:
        return lambda a, axis=None, dtype=None: np.sum(a, axis)
    marked, transposed = a.dtype, a.layout == "F"

    def impl(a, axis=None, dtype=None):
        check_axis_bounds(a, axis)
        check_duplicates(axis, a.ndim)
        c = lift(0.0, marked)
        for v in (a.T if transposed else a).flat:
            c = c + v
        return c

    return impl


@implements(np.cumsum)
def cumsum(a, axis=None, dtype=None):
    keeps_dtype(a, dtype)
    if not isinstance(a, types.Array):
        return lambda a, axis=None, dtype=None: a
    if not is_none(axis) and a.ndim > 1:
        return lambda a, axis=None, dtype=None: np.cumsum(a, axis)
    marked = a.dtype

    def impl(a, axis=None, dtype=None):
        check_axis_bounds(a, axis)
        answer = np.empty(a.size, marked)
        c = lift(0.0, marked)
        for i, v in enumerate(a.flat):
            c = c + v
            answer[i] = c
        return answer

    return impl


@implements(np.prod)
def prod(a):
    if not isinstance(a, types.Array):
        return lambda a: a
    marked = a.dtype

    def impl(a):
        c = lift(1.0, marked)
        for v in np.nditer(a):
            c = c * v.item()
        return c

    return impl


@implements(np.cumprod)
def cumprod(a):
    marked = a.dtype

    def impl(a):
        answer = np.empty(a.size, marked)
        c = lift(1.0, marked)
        for i, v in enumerate(a.flat):
            c = c * v
            answer[i] = c
        return answer

    return impl


@implements(np.nansum)
def nansum(a):
    marked = a.dtype

    def impl(a):
        c = lift(0.0, marked)
        for view in np.nditer(a):
            v = view.item()
            if not np.isnan(v):
                c = c + v
        return c

    return impl


@implements(np.nanprod)
def nanprod(a):
    marked = a.dtype

    def impl(a):
        c = lift(1.0, marked)
        for view in np.nditer(a):
            v = view.item()
            if not np.isnan(v):
                c = c * v
        return c

    return impl


@implements(np.nancumsum)
def nancumsum(a):
    marked = a.dtype

    def impl(a):
        answer = np.empty(a.size, marked)
        c = lift(0.0, marked)
        for i, v in enumerate(a.flat):
            if not np.isnan(v):
                c = c + v
            answer[i] = c
        return answer

    return impl


@implements(np.nancumprod)
def nancumprod(a):
    marked = a.dtype

    def impl(a):
        answer = np.empty(a.size, marked)
        c = lift(1.0, marked)
        for i, v in enumerate(a.flat):
            if not np.isnan(v):
                c = c * v
            answer[i] = c
        return answer

    return impl


@implements(np.trapezoid)
def trapezoid(y, x=None, dx=1.0):
    if is_none(x):

        def impl(y, x=None, dx=1.0):
            y_ave = (y[..., 1:] + y[..., :-1]) / 2.0
            return sum_of(dx * y_ave, -1)

    else:

        def impl(y, x=None, dx=1.0):
            y_ave = (y[..., 1:] + y[..., :-1]) / 2.0
            return sum_of((x[..., 1:] - x[..., :-1]) * y_ave, -1)

    return impl
