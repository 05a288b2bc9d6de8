"""Extrema of arrays: the element the primal takes (the first of equals, the first NaN), with its derivatives."""

from __future__ import annotations

import numpy as np
from numba.core import types

from dualjit.numbers.arrays.registry import implements


@implements(np.max)
def max_(a):
    if not isinstance(a, types.Array):
        return lambda a: a

    def impl(a):
        if a.size == 0:
            raise ValueError("zero-size array to reduction operation maximum which has no identity")
        first = True
        found = a.flat[0]
        for view in np.nditer(a):
            v = view.item()
            if np.isnan(v):
                return v
            if first or v > found:
                found = v
                first = False
        return found

    return impl


@implements(np.min)
def min_(a):
    if not isinstance(a, types.Array):
        return lambda a: a

    def impl(a):
        if a.size == 0:
            raise ValueError("zero-size array to reduction operation minimum which has no identity")
        first = True
        found = a.flat[0]
        for view in np.nditer(a):
            v = view.item()
            if np.isnan(v):
                return v
            if first or v < found:
                found = v
                first = False
        return found

    return impl


@implements(np.nanmax)
def nanmax(a):
    def impl(a):
        if a.size == 0:
            raise ValueError("nanmax(): empty array")
        found = a.flat[0]
        for view in np.nditer(a):
            v = view.item()
            if np.isnan(found) or v > found:
                found = v
        return found

    return impl


@implements(np.nanmin)
def nanmin(a):
    def impl(a):
        if a.size == 0:
            raise ValueError("nanmin(): empty array")
        found = a.flat[0]
        for view in np.nditer(a):
            v = view.item()
            if np.isnan(found) or v < found:
                found = v
        return found

    return impl


@implements(np.ptp)
def ptp(a):
    def impl(a):
        if len(a) == 0:
            raise ValueError("zero-size array reduction not possible")
        low = high = a.flat[0]
        for v in a.flat:
            if np.isnan(v):
                return v
            if v > high:
                high = v
            if v < low:
                low = v
        return high - low

    return impl
