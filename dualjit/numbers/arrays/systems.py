"""Linear systems, inverses, determinants and powers of matrices.

One idea: LAPACK gives the values, one level down, and the derivatives solve linear equations with the same matrix, for all partials
in one call (Giles 2008).
"""

from __future__ import annotations

import numpy as np
from numba.core import types
from numba.extending import register_jitable

from dualjit.numbers.arrays.levels import assembled, meet, on_top, partials, with_value
from dualjit.numbers.arrays.products import below
from dualjit.numbers.arrays.registry import implements
from dualjit.numbers.intrinsics import as_floats, lift, partial, primal, value
from dualjit.numbers.lifting import lifted
from dualjit.rules.arrays import linear

dot_of, solve_of, inv_of, det_of, slogdet_of = linear.dot, linear.solve, linear.inv, linear.det, linear.slogdet


@implements(np.linalg.solve)
def solve(a, b):
    marked = meet(a, b)
    down_a, down_b, n = below(a, marked), below(b, marked), marked.n
    right = register_jitable(lambda b: partials(b)) if on_top(b, marked) else no_partials(marked)
    left = moved if on_top(a, marked) else unmoved

    def impl(a, b):
        matrix = down_a(a)
        x = solve_of(matrix, down_b(b))
        columns = left(right(b), a, x)
        shape = x.shape + (n,)
        solved = solve_of(matrix, columns.reshape(b.shape[0], columns.size // max(b.shape[0], 1)))
        return assembled(x, np.ascontiguousarray(solved).reshape(shape), marked)

    return impl


def no_partials(marked):
    """Zeros in the place of the partials of an array that has none."""
    base, n = marked.base, marked.n
    return register_jitable(lambda b: np.zeros(b.shape + (n,), base))


@register_jitable
def unmoved(columns, a, x):
    return columns


@register_jitable
def moved(columns, a, x):
    """Subtract the partials of ``a`` times ``x``."""
    flat = columns.reshape(a.shape[0], x.size // max(a.shape[0], 1), columns.shape[-1])
    vectors = x.reshape(flat.shape[:2]) if x.ndim == 1 else x
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            for k in range(flat.shape[2]):
                slope = partial(a[i, j], k)
                for c in range(flat.shape[1]):
                    flat[i, c, k] = flat[i, c, k] - slope * vectors[j, c]
    return columns


@implements(np.linalg.inv)
def inv(a):
    marked, n = a.dtype, a.dtype.n

    def impl(a):
        inverse = inv_of(below_a(a))
        size = a.shape[0]
        first = dot_of(inverse, partials(a).reshape(size, size * n))  # C dA
        answer = np.empty((size, size, n), first.dtype)
        transposed = np.ascontiguousarray(inverse.T)
        for i in range(size):
            answer[i] = -dot_of(transposed, first[i].reshape(size, n))
        return transposed_back(assembled(inverse, answer, marked))

    below_a = below(a, marked)
    return impl
