"""Means, variances and standard deviations, statement by statement as Numba computes them."""

from __future__ import annotations

import numpy as np
from numba.core import types

from dualjit.numbers.arrays.levels import is_none, meet
from dualjit.numbers.arrays.registry import implements
from dualjit.numbers.intrinsics import lift
from dualjit.rules.arrays import reductions

mean_of, variance_of, sum_of = reductions.mean, reductions.var, reductions.sum_
nanmean_of, nanvar_of = reductions.nanmean, reductions.nanvar


@implements(np.mean)
def mean(a):
    if not isinstance(a, types.Array):
        return lambda a: a + 0.0
    marked = a.dtype

    def impl(a):
        if a.size == 0:
            return lift(np.nan, marked)
        c = lift(0.0, marked)
        for v in np.nditer(a):
            c = c + v.item()
        return lift(c / a.size, marked)

    return impl


@implements(np.var)
def var(a):
    marked = a.dtype

    def impl(a):
        m = mean_of(a)
        ssd = lift(0.0, marked)
        for v in np.nditer(a):
            d = v.item() - m
            ssd = ssd + d * d
        return ssd / a.size

    return impl


@implements(np.std)
def std(a):
    return lambda a: variance_of(a) ** 0.5


@implements(np.nanmean)
def nanmean(a):
    def impl(a):
        c = lift(0.0, marked)
        count = 0
        for view in np.nditer(a):
            v = view.item()
            if not np.isnan(v):
                c = c + v
                count += 1
        return np.divide(c, count)

    marked = meet(a, types.float64)
    return impl


@implements(np.nanvar)
def nanvar(a, axis=None, dtype=None, out=None, ddof=0):
    marked = meet(a, types.float64)

    def impl(a, axis=None, dtype=None, out=None, ddof=0):
        m = nanmean_of(a)
        ssd = lift(0.0, marked)
        count = 0
        for view in np.nditer(a):
            v = view.item()
            if not np.isnan(v):
                d = v - m
                ssd = ssd + d * d
                count += 1
        if count <= ddof:
            return lift(np.nan, marked)
        return np.divide(ssd, count - ddof)

    return impl


@implements(np.nanstd)
def nanstd(a, axis=None, dtype=None, out=None, ddof=0):
    return lambda a, axis=None, dtype=None, out=None, ddof=0: nanvar_of(a, ddof=ddof) ** 0.5


@implements(np.average)
def average(a, axis=None, weights=None):
    if not is_none(axis):
        return None
    if is_none(weights):
        return lambda a, axis=None, weights=None: mean_of(a)

    def impl(a, axis=None, weights=None):
        if a.shape != weights.shape:
            raise TypeError("Numba does not support average when shapes of a and weights differ.")
        scale = sum_of(weights)
        if scale == 0.0:
            raise ZeroDivisionError("Weights sum to zero, can't be normalized.")
        return sum_of(np.multiply(a, weights)) / scale

    return impl
