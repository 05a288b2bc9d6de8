"""Linear systems, inverses, determinants and powers of matrices.

One idea: LAPACK gives the values, one level down, and the derivatives solve linear equations with the same matrix, for
all partials in one call (Giles 2008).
"""

from __future__ import annotations

import numpy as np
from numba.core import types
from numba.extending import register_jitable

from dualjit.numbers.arrays.levels import assembled, below, meet, on_top, partials, slopes, values, with_value
from dualjit.numbers.arrays.registry import implements
from dualjit.numbers.intrinsics import from_partials, lift, partial, primal
from dualjit.numbers.lifting import lifted
from dualjit.numbers.types import Dual
from dualjit.rules.arrays import linear

dot_of, solve_of, inv_of, det_of, slogdet_of = linear.dot, linear.solve, linear.inv, linear.det, linear.slogdet


@implements(np.linalg.solve)
def solve(a, b):
    marked = meet(a, b)
    down_a, down_b, right = below(a, marked), below(b, marked), slopes(b, marked)
    subtract = moved if on_top(a, marked) else unmoved

    def impl(a, b):
        matrix = down_a(a)
        x = solve_of(matrix, down_b(b))
        if x.size == 0:
            return lifted(x, marked)
        rows = b.shape[0]
        columns = right(b)  # db - dA x
        subtract(columns.reshape(rows, x.size // rows, marked_n), a, x)
        solved = solve_of(matrix, columns.reshape(rows, columns.size // rows))
        return assembled(x, np.ascontiguousarray(solved), marked)

    marked_n = marked.n
    return impl


@register_jitable
def unmoved(columns, a, x):
    pass


@register_jitable
def moved(columns, a, x):
    """Subtract the partials of ``a`` times ``x``, for each column of ``x`` and each partial."""
    vectors = x.reshape(x.shape[0], columns.shape[1]) if x.ndim == 1 else x
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            for k in range(columns.shape[2]):
                slope = partial(a[i, j], k)
                for c in range(columns.shape[1]):
                    columns[i, c, k] = columns[i, c, k] - slope * vectors[j, c]


@implements(np.linalg.inv)
def inv(a):
    marked, n = a.dtype, a.dtype.n

    def impl(a):
        inverse = inv_of(values(a))
        size = a.shape[0]
        if size == 0:
            return lifted(inverse, marked)
        change = dot_of(np.ascontiguousarray(inverse), partials(a).reshape(size, size * n))  # C dA
        right = np.ascontiguousarray(inverse.T)
        for i in range(size):
            change[i] = -dot_of(right, change[i].reshape(size, n)).reshape(size * n)
        return assembled(inverse, change, marked)

    return impl


@implements(np.linalg.slogdet)
def slogdet(a):
    marked = a.dtype.over(types.float64)  # as Numba's, for single precision too
    base, n = marked.base, marked.n

    def impl(a):
        matrix = values(a)
        sign, log = slogdet_of(matrix)
        slope = np.zeros(n, base)
        if a.size:
            inverse = inv_of(matrix)
            for (i, j), d in np.ndenumerate(a):
                for k in range(n):
                    slope[k] = slope[k] + inverse[j, i] * partial(d, k)
        return lift(sign, marked), from_partials(marked, log, slope)

    return impl


@implements(np.linalg.det)
def det(a):
    marked, wide = a.dtype, a.dtype.over(types.float64)
    zero_block = minor if isinstance(marked.base, Dual) and isinstance(marked.base.base, Dual) else small_minor

    def impl(a):
        return with_value(lift(eliminated(a.copy(), marked, zero_block), wide), det_of(values(a)))

    return impl


@register_jitable
def eliminated(work, marked, zero_block):
    """Determinant by elimination with complete pivoting: right where the last pivot is zero, too."""
    n = work.shape[0]
    answer = lift(1.0, marked)
    for k in range(n):
        row, column = largest(work, k)
        if primal(work[row, column]) == 0.0:
            return answer * zero_block(work[k:, k:], marked)
        if row != k:
            answer = -answer
            for j in range(n):
                work[k, j], work[row, j] = work[row, j], work[k, j]
        if column != k:
            answer = -answer
            for i in range(n):
                work[i, k], work[i, column] = work[i, column], work[i, k]
        pivot = work[k, k]
        answer = answer * pivot
        for i in range(k + 1, n):
            factor = work[i, k] / pivot
            for j in range(k + 1, n):
                work[i, j] = work[i, j] - factor * work[k, j]
    return answer


@register_jitable
def largest(work, k):
    """Where the greatest element of the part not yet eliminated is."""
    row, column, size = k, k, -1.0
    for i in range(k, work.shape[0]):
        for j in range(k, work.shape[1]):
            found = abs(primal(work[i, j]))
            if found > size:
                row, column, size = i, j, found
    return row, column


@register_jitable
def small_minor(block, marked):
    """Determinant of a matrix whose values are all zero, to second order."""
    if block.shape[0] == 1:
        return lift(block[0, 0], marked)
    if block.shape[0] == 2:
        return block[0, 0] * block[1, 1] - block[0, 1] * block[1, 0]
    return lift(0.0, marked)


@register_jitable
def minor(block, marked):
    """The same to any order, where that is known."""
    if block.shape[0] > 2:
        raise ValueError("third derivatives of a determinant of rank n-3 or less are not supported")
    return small_minor(block, marked)


@implements(np.linalg.matrix_power)
def matrix_power(a, n):
    def impl(a, n):
        if a.shape[0] != a.shape[1]:
            raise ValueError("input must be a square array")
        base, exponent = np.ascontiguousarray(a), n
        if n < 0:
            base, exponent = np.ascontiguousarray(inv_of(a)), -n
        if exponent == 0 or a.size == 0:
            return identity_like(base)
        if exponent == 3:
            return dot_of(dot_of(base, base), base)
        answer, square, started = base.copy(), base, False
        while exponent:
            if exponent & 1:
                answer = dot_of(answer, square) if started else square.copy()
                started = True
            exponent >>= 1
            if exponent:
                square = dot_of(square, square)
        return answer

    return impl


@register_jitable
def identity_like(a):
    answer = np.zeros_like(a)
    for k in range(a.shape[0]):
        answer[k, k] = 1.0
    return answer
