"""Rows of functions that choose, order or locate elements by value.

The order is the primal's, looking at values only; elements move with their derivatives.
"""

import builtins
import operator

import numpy as np

from dualjit.rules.arrays.table import Effect, inactive, row

_SECANT = "piecewise linear: the slope of the piece the primal takes; bilinear in values and weights"


@row(np.where)
def where(condition, x=None, y=None): ...


@row(np.select)
def select(condlist, choicelist, default=0): ...


@row(np.clip, methods="clip", writes="out", shares="out", source="min and max: the element that the primal takes")
def clip(a, a_min=None, a_max=None, out=None): ...


@row(np.sort)
def sort(a): ...


@row(builtins.sorted, generic=True)
def sorted_(iterable, key=None, reverse=False): ...


@row(methods="sort", effect=Effect.INPLACE, writes="a")
def sort_in_place(a, kind="quicksort", key=None, reverse=False): ...


@row(np.partition, generic=True)
def partition(a, kth): ...


@row(np.take, methods="take", generic=True)
def take(a, indices, axis=None): ...


@row(np.take_along_axis, generic=True)
def take_along_axis(arr, indices, axis): ...


@row(np.extract)
def extract(condition, arr): ...


@row(np.trim_zeros, effect=Effect.VIEW, shares="filt")
def trim_zeros(filt, trim="fb"): ...


@row(np.interp, source=_SECANT)
def interp(x, xp, fp): ...


@row(
    np.nan_to_num,
    effect=Effect.VIEW,
    shares="x",
    writes="x",
    source="the identity on finite elements, constant on others",
)
def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None): ...


@row(np.bincount, source="linear in the weights")
def bincount(a, weights=None, minlength=0): ...


@inactive(np.around, np.round)
def around(a, decimals=0, out=None): ...


@inactive(np.argsort, methods="argsort")
def argsort(a, kind="quicksort"): ...


@inactive(np.argpartition)
def argpartition(a, kth): ...


@inactive(np.argwhere)
def argwhere(a): ...


@inactive(np.nonzero, methods="nonzero")
def nonzero(a): ...


@inactive(np.flatnonzero)
def flatnonzero(a): ...


@inactive(np.searchsorted)
def searchsorted(a, v, side="left"): ...


@inactive(np.digitize)
def digitize(x, bins, right=False): ...


@inactive(np.isclose)
def isclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False): ...


@inactive(np.isin)
def isin(element, test_elements, assume_unique=False, invert=False): ...


@inactive(np.isneginf)
def isneginf(x, out=None): ...


@inactive(np.isposinf)
def isposinf(x, out=None): ...


@inactive(np.iscomplex)
def iscomplex(x): ...


@inactive(np.isreal)
def isreal(x): ...


@inactive(np.iscomplexobj, effect=Effect.PURE)
def iscomplexobj(x): ...


@inactive(np.isrealobj, effect=Effect.PURE)
def isrealobj(x): ...


@inactive(np.isscalar, effect=Effect.PURE)
def isscalar(element): ...


@inactive(operator.contains, effect=Effect.PURE)
def contains(container, item): ...
