"""Rows of functions that reduce an array along axes: sums, products, moments, extrema.

Extrema take the element that the primal takes (the first of equals), and its derivatives with it.
"""

import builtins

import numpy as np

from dualjit.rules.arrays.table import Effect, inactive, row

_PURE = Effect.PURE


@row(np.sum, methods="sum")
def sum_(a, axis=None, dtype=None): ...


@row(builtins.sum, effect=_PURE, generic=True)
def sum_of_iterable(iterable, start=0): ...


@row(unary=builtins.max, effect=_PURE, generic=True)
def max_of_iterable(iterable): ...


@row(unary=builtins.min, effect=_PURE, generic=True)
def min_of_iterable(iterable): ...


@row(np.prod, methods="prod", effect=_PURE, source="product rule, one factor at a time: right at zeros")
def prod(a): ...


@row(np.cumsum, methods="cumsum")
def cumsum(a, axis=None, dtype=None): ...


@row(np.cumprod, methods="cumprod", source="product rule, one factor at a time: right at zeros")
def cumprod(a): ...


@row(np.mean, methods="mean", effect=_PURE)
def mean(a): ...


@row(np.average, effect=_PURE)
def average(a, axis=None, weights=None): ...


@row(np.var, methods="var", effect=_PURE)
def var(a): ...


@row(np.std, methods="std", effect=_PURE, source="root of the variance; infinite or NaN where all elements are equal")
def std(a): ...


@row(np.max, np.amax, methods="max", effect=_PURE)
def max_(a): ...


@row(np.min, np.amin, methods="min", effect=_PURE)
def min_(a): ...


@row(np.ptp, effect=_PURE)
def ptp(a): ...


@row(np.median, effect=_PURE, source="mean of the middle elements")
def median(a): ...


@row(np.percentile, source="linear interpolation between two order statistics")
def percentile(a, q): ...


@row(np.quantile, source="linear interpolation between two order statistics")
def quantile(a, q): ...


@row(np.nansum, effect=_PURE)
def nansum(a): ...


@row(np.nanprod, effect=_PURE)
def nanprod(a): ...


@row(np.nancumsum)
def nancumsum(a): ...


@row(np.nancumprod)
def nancumprod(a): ...


@row(np.nanmean, effect=_PURE)
def nanmean(a): ...


@row(np.nanvar, effect=_PURE)
def nanvar(a, axis=None, dtype=None, out=None, ddof=0): ...


@row(np.nanstd, effect=_PURE)
def nanstd(a, axis=None, dtype=None, out=None, ddof=0): ...


@row(np.nanmax, effect=_PURE)
def nanmax(a): ...


@row(np.nanmin, effect=_PURE)
def nanmin(a): ...


@row(np.nanmedian, effect=_PURE, source="mean of the middle elements")
def nanmedian(a): ...


@row(np.nanpercentile, source="linear interpolation between two order statistics")
def nanpercentile(a, q): ...


@row(np.nanquantile, source="linear interpolation between two order statistics")
def nanquantile(a, q): ...


@row(np.trace, effect=_PURE)
def trace(a, offset=0): ...


@row(np.trapezoid, effect=_PURE, source="trapezoidal rule is bilinear in y and the steps")
def trapezoid(y, x=None, dx=1.0): ...


@inactive(np.all, methods="all", effect=_PURE)
def all_(a): ...


@inactive(np.any, methods="any", effect=_PURE)
def any_(a): ...


@inactive(np.count_nonzero)
def count_nonzero(a, axis=None): ...


@inactive(np.argmax, methods="argmax")
def argmax(a, axis=None): ...


@inactive(np.argmin, methods="argmin")
def argmin(a, axis=None): ...


@inactive(np.nanargmax)
def nanargmax(a, axis=None): ...


@inactive(np.nanargmin)
def nanargmin(a, axis=None): ...


@inactive(np.allclose, methods="allclose", effect=_PURE)
def allclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False): ...


@inactive(np.array_equal, effect=_PURE)
def array_equal(a1, a2): ...
