"""Convolution, correlation and Vandermonde matrices: sums of products along vectors."""

from __future__ import annotations

import numpy as np
from numba.core import types
from numba.extending import register_jitable

from dualjit.numbers.arrays.levels import is_none, meet, primals, with_primal
from dualjit.numbers.arrays.registry import implements
from dualjit.numbers.intrinsics import lift
from dualjit.rules.arrays import making

asarray = making.asarray


@implements(np.convolve)
def convolve(a, v, mode="full"):
    marked = meet(a, v)

    def impl(a, v, mode="full"):
        exact = np.convolve(primals(a), primals(v), mode)
        return terms(a, v, exact, first_term(exact.size, a.size, v.size), marked)

    return impl if is_vector(a) and is_vector(v) else None


@implements(np.correlate)
def correlate(a, v, mode="valid"):
    marked = meet(a, v)

    def impl(a, v, mode="valid"):
        exact = np.correlate(primals(a), primals(v), mode)
        start = first_term(exact.size, a.size, v.size)
        if a.size < v.size:  # the primal counts from the other end
            start = a.size + v.size - 1 - start - exact.size
        return terms(a, v[::-1], exact, start, marked)

    return impl if is_vector(a) and is_vector(v) else None


def is_vector(t) -> bool:
    return isinstance(t, types.Array) and t.ndim == 1


@register_jitable
def first_term(size, m, n):
    """Which term of the full convolution of m and n elements comes first, when ``size`` of them are wanted."""
    short, long = min(m, n), max(m, n)
    if size == long + short - 1:
        return 0
    return short - 1 - short // 2 if size == long else short - 1


@register_jitable
def terms(a, v, exact, start, marked):
    """Terms of the full convolution from ``start`` on, with the values ``exact``."""
    answer = np.empty(exact.size, marked)
    for i in range(exact.size):
        t = start + i
        s = lift(0.0, marked)
        for k in range(max(0, t - v.size + 1), min(a.size, t + 1)):
            s = s + a[k] * v[t - k]
        answer[i] = with_primal(s, exact[i])
    return answer


@implements(np.vander)
def vander(x, N=None, increasing=False):
    marked = meet(x, types.float64) if not isinstance(x, types.Array) else x.dtype
    marked = marked.over(types.float64)  # as the primal's, which promotes with int
    columns = size_of if is_none(N) else given

    def impl(x, N=None, increasing=False):
        u = asarray(x)
        n = columns(u, N)
        if n < 0:
            raise ValueError("Negative dimensions are not allowed")
        answer = np.empty((u.size, n), marked)
        for i in range(u.size):
            power = lift(1.0, marked)
            for k in range(n):
                answer[i, k if increasing else n - 1 - k] = power
                power = u[i] * power
        return answer

    return impl


@register_jitable
def size_of(x, N):
    return x.size


@register_jitable
def given(x, N):
    return int(N)
