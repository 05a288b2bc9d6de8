"""Rows of functions that allocate arrays, and of conversions."""

import numpy as np

from dualjit.rules.arrays.table import Effect, inactive, row, view
from dualjit.rules.stop import stop_gradient


@inactive(np.zeros)
def zeros(shape, dtype=float): ...


@inactive(np.empty)
def empty(shape, dtype=float): ...


@inactive(np.ones)
def ones(shape, dtype=None): ...


@inactive(np.zeros_like)
def zeros_like(a, dtype=None): ...


@inactive(np.empty_like)
def empty_like(arr, dtype=None): ...


@inactive(np.ones_like)
def ones_like(a, dtype=None): ...


@inactive(np.eye)
def eye(N, M=None, k=0, dtype=float): ...


@inactive(np.identity)
def identity(n, dtype=None): ...


@row(np.full)
def full(shape, fill_value, dtype=None): ...


@row(np.full_like)
def full_like(a, fill_value, dtype=None): ...


@row(np.arange, source="start + i step; how many looks at values only")
def arange(start, stop=None, step=None, dtype=None): ...


@row(np.linspace, source="linear in the ends")
def linspace(start, stop, num=50): ...


@row(np.array)
def array(object, dtype=None): ...


@row(np.asarray, effect=Effect.VIEW, shares="a")
def asarray(a, dtype=None): ...


@row(np.asarray_chkfinite, effect=Effect.VIEW, shares="a")
def asarray_chkfinite(a, dtype=None): ...


@view(np.ascontiguousarray, shares="a")
def ascontiguousarray(a): ...


@view(np.asfortranarray, shares="a")
def asfortranarray(a): ...


@row(np.copy, generic=True)
def copy(a): ...


# Apart from np.copy: Numba keeps F order in the one and not in the other.
@row(methods="copy", generic=True)
def copy_method(a): ...


@row(methods="astype")
def astype(a, dtype): ...


@row(methods="fill", effect=Effect.INPLACE, writes="arr", generic=True)
def fill(arr, val): ...


@row(np.fill_diagonal, effect=Effect.INPLACE, writes="a")
def fill_diagonal(a, val, wrap=False): ...


@inactive(stop_gradient)
def stop_gradient_(x): ...
