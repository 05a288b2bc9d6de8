"""Norms of vectors and matrices: the values are the primal's, at the origin the derivative is zero."""

from __future__ import annotations

import numpy as np
from numba.core import types
from numba.extending import register_jitable

from dualjit.numbers.arrays.levels import is_none, partials, values, with_value
from dualjit.numbers.arrays.registry import implements
from dualjit.numbers.intrinsics import from_partials, lift, primal, value
from dualjit.numbers.types import Marked
from dualjit.rules.arrays import linear

norm_of = linear.norm


@implements(np.linalg.norm)
def norm(x, ord=None):
    if isinstance(ord, Marked | types.StringLiteral | types.UnicodeType):
        return None
    marked = x.dtype
    if is_none(ord):
        return lambda x, ord=None: euclidean(x, norm_of(values(x)), marked)
    if x.ndim == 1:
        return lambda x, ord=None: vector_norm(x, ord, norm_of(values(x), ord), marked)
    spectral = singular if isinstance(marked.base, types.Float) else refused
    return lambda x, ord=None: matrix_norm(x, ord, norm_of(values(x), ord), marked, spectral)


@register_jitable
def euclidean(x, exact, marked):
    s = lift(0.0, marked)
    if primal(exact) == 0.0:
        return with_value(s, exact)
    for d in x.flat:
        s = s + (value(d) / exact) * d
    return with_value(s, exact)


@register_jitable
def vector_norm(x, ord, exact, marked):
    s = lift(0.0, marked)
    if x.size == 0 or ord == 0:
        return with_value(s, exact)
    if ord == 2:
        return euclidean(x, exact, marked)
    if ord == np.inf or ord == -np.inf:
        s = abs(x[0])
        for d in x[1:]:
            size = abs(d)
            if (size > s) if ord > 0 else (size < s):
                s = size
    elif ord == 1:
        for d in x:
            s = s + abs(d)
    elif primal(exact) != 0.0:
        for d in x:
            ratio = abs(value(d)) / exact
            if primal(ratio) != 0.0:
                s = s + ratio ** (ord - 1) * abs(d)
    return with_value(s, exact)


@register_jitable
def matrix_norm(x, ord, exact, marked, spectral):
    if x.size == 0:
        return lift(exact, marked)
    if ord == 2 or ord == -2:
        return spectral(x, ord, exact, marked)
    sums = x.T if ord == 1 or ord == -1 else x
    found = lift(0.0, marked)
    for i in range(sums.shape[0]):
        s = lift(0.0, marked)
        for j in range(sums.shape[1]):
            s = s + abs(sums[i, j])
        if i == 0 or ((s > found) if ord > 0 else (s < found)):
            found = s
    return with_value(found, exact)


@register_jitable
def singular(x, ord, exact, marked):
    """The partials of a simple singular value are u' dA v (Magnus and Neudecker, 8.8)."""
    u, _, vt = np.linalg.svd(values(x))
    which = 0 if ord > 0 else min(x.shape) - 1
    change = partials(x)
    slope = np.zeros(change.shape[2], change.dtype)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            slope += u[i, which] * vt[which, j] * change[i, j]
    return from_partials(marked, exact, slope)


@register_jitable
def refused(x, ord, exact, marked):
    raise ValueError("second derivatives of the spectral norm are not supported")
