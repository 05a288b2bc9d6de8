"""Pullbacks of determinants.

One idea: the derivative of a determinant is the matrix of cofactors, which exists where the inverse does not.  It is
computed without the inverse, by elimination with complete pivoting.  Where the rows and columns of the pivots give the
block ``P`` of the permuted matrix ``[P Q; R S + R P^-1 Q]``, the transposed cofactors are

    det P (det S [P^-1 0; 0 0] + [P^-1 Q; -1] adj(S) [R P^-1, -1]),

and nothing is divided by the last pivot: ``S`` is that, or a block of zeros where no pivot was left.

Sources: Magnus and Neudecker, Matrix Differential Calculus, 8.3 (Jacobi's formula); Giles 2008, 2.2.4.
"""

from __future__ import annotations

import numpy as np

from dualjit.adjoint.pullbacks.registry import inner, pullback


@pullback("slogdet", a="a")
def slogdet(a, y_bar, a_bar):
    logarithm_bar = y_bar[1]
    if a.size:
        inverse = np.linalg.inv(a)
        for i in range(a.shape[0]):
            for j in range(a.shape[0]):
                a_bar[i, j] += logarithm_bar * inverse[j, i]


@pullback("det", a="a")
def det(a, y_bar, a_bar):
    add_cofactors(a_bar, a, y_bar)


@inner
def add_cofactors(a_bar, a, y_bar):
    n = a.shape[0]
    if n == 0:
        return
    work = a.copy()
    rows, columns = np.arange(n), np.arange(n)
    k, scale = eliminated(work, rows, columns)
    if k < n - 2:
        return  # all cofactors are zero, and so are their first derivatives
    minor = of_rest(work, k)
    factor = y_bar * scale
    x = solved(work, k)
    for i in range(n):
        for j in range(n):
            s = minor * x[i, j] if max(i, j) < k else 0.0
            for p in range(k, n):
                for q in range(k, n):
                    s = s + x[i, p] * work[p, q] * x[q, j]
            a_bar[rows[j], columns[i]] += factor * s


@inner
def eliminated(work, rows, columns):
    """Triangular factors in place, up to the last pivot or the first that is zero; the product of the pivots."""
    n = work.shape[0]
    scale = 1.0
    for k in range(n - 1):
        i, j = largest(work, k)
        if work[i, j] == 0.0:
            return k, scale
        if i != k:
            scale = -scale
            exchange(work, k, i)
            rows[k], rows[i] = rows[i], rows[k]
        if j != k:
            scale = -scale
            exchange(work.T, k, j)
            columns[k], columns[j] = columns[j], columns[k]
        pivot = work[k, k]
        scale = scale * pivot
        for i in range(k + 1, n):
            factor = work[i, k] / pivot
            work[i, k] = factor
            for j in range(k + 1, n):
                work[i, j] -= factor * work[k, j]
    return n - 1, scale


@inner
def largest(work, k):
    """Where the greatest element of the part not yet eliminated is."""
    row, column, size = k, k, -1.0
    for i in range(k, work.shape[0]):
        for j in range(k, work.shape[1]):
            if abs(work[i, j]) > size:
                row, column, size = i, j, abs(work[i, j])
    return row, column


@inner
def exchange(work, i, j):
    for k in range(work.shape[1]):
        work[i, k], work[j, k] = work[j, k], work[i, k]


@inner
def of_rest(work, k):
    """Determinant of what is left; its adjugate in place."""
    if k == work.shape[0] - 1:
        minor = work[k, k]
        work[k, k] = 1.0
        return minor
    a, b, c, d = work[k, k], work[k, k + 1], work[k + 1, k], work[k + 1, k + 1]
    work[k, k], work[k, k + 1], work[k + 1, k], work[k + 1, k + 1] = d, -b, -c, a
    return a * d - b * c


@inner
def solved(work, k):
    """``[P^-1, P^-1 Q; R P^-1, -1]`` of what elimination has left: the factors of ``P``, ``L^-1 Q`` and ``R U^-1``."""
    n = work.shape[0]
    x = np.zeros_like(work)
    for i in range(k):
        x[i, i] = 1.0
        for j in range(k, n):
            x[i, j] = work[i, j]
        for p in range(i):
            for j in range(i):
                x[i, j] -= work[i, p] * x[p, j]
    for i in range(k - 1, -1, -1):
        for p in range(i + 1, k):
            for j in range(n):
                x[i, j] -= work[i, p] * x[p, j]
        for j in range(n):
            x[i, j] = x[i, j] / work[i, i]
    for i in range(k, n):
        x[i, i] = -1.0
        for j in range(k - 1, -1, -1):
            x[i, j] = work[i, j]
            for p in range(j + 1, k):
                x[i, j] -= x[i, p] * work[p, j]
    return x
