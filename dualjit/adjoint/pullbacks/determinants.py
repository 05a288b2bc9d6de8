"""Pullbacks of determinants.

One idea: the derivative of a determinant is the matrix of cofactors, which exists where the inverse does not.  It is
computed without the inverse, by elimination with complete pivoting: where k pivots give the leading block ``P`` of the
permuted matrix ``[P Q; R 0] + [0 0; 0 S + R P^-1 Q]``, the transposed cofactors are

    det P [det S X + T adj(S) W, -T adj(S); -adj(S) W, adj(S)]    with X = P^-1, T = P^-1 Q, W = R P^-1,

and nothing is divided by the last pivot.  ``S`` has one element, or is a block of zeros where no pivot was left.

Sources: Magnus and Neudecker, Matrix Differential Calculus, 8.3 (Jacobi's formula); Giles 2008, 2.2.4.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from dualjit.adjoint.pullbacks.products import add
from dualjit.adjoint.pullbacks.registry import pullback


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
    if a.size:
        add(a_bar, y_bar * cofactors(a))


@njit
def cofactors(a):
    n = a.shape[0]
    work = a.copy()
    rows, columns = np.arange(n), np.arange(n)
    k, scale = eliminated(work, rows, columns)
    x, t, w = blocks(work, k)
    adjugate, minor = of_rest(work[k:, k:])
    transposed = np.zeros_like(work)
    transposed[:k, :k] = minor * x + np.dot(t, np.dot(adjugate, w))
    transposed[:k, k:] = -np.dot(t, adjugate)
    transposed[k:, :k] = -np.dot(adjugate, w)
    transposed[k:, k:] = adjugate
    answer = np.zeros_like(work)
    for i in range(n):
        for j in range(n):
            answer[rows[i], columns[j]] = scale * transposed[j, i]
    return answer


@njit
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


@njit
def largest(work, k):
    """Where the greatest element of the part not yet eliminated is."""
    row, column, size = k, k, -1.0
    for i in range(k, work.shape[0]):
        for j in range(k, work.shape[1]):
            if abs(work[i, j]) > size:
                row, column, size = i, j, abs(work[i, j])
    return row, column


@njit
def exchange(work, i, j):
    for k in range(work.shape[1]):
        work[i, k], work[j, k] = work[j, k], work[i, k]


@njit
def blocks(work, k):
    """``P^-1``, ``P^-1 Q`` and ``R P^-1`` of what elimination has left."""
    n = work.shape[0]
    x = np.zeros_like(work)
    for i in range(k):
        x[i, i] = 1.0
    for i in range(k):  # by rows: L^-1 [1 0], and Q as elimination left it, is L^-1 Q
        for p in range(i):
            x[i, :k] -= work[i, p] * x[p, :k]
        x[i, k:] = work[i, k:]
    for i in range(k - 1, -1, -1):
        for p in range(i + 1, k):
            x[i] -= work[i, p] * x[p]
        x[i] /= work[i, i]
    for i in range(k, n):  # the factors of R are R U^-1
        for j in range(k - 1, -1, -1):
            x[i, j] = work[i, j]
            for p in range(j + 1, k):
                x[i, j] -= x[i, p] * work[p, j]
    return x[:k, :k], np.ascontiguousarray(x[:k, k:]), np.ascontiguousarray(x[k:, :k])


@njit
def of_rest(s):
    """Adjugate and determinant of what is left: one element, or zeros (of more than two, to second order)."""
    adjugate, minor = np.zeros_like(s), 0.0
    if s.shape[0] == 1:
        adjugate[0, 0] = 1.0
        minor = s[0, 0]
    elif s.shape[0] == 2:
        adjugate[0, 0], adjugate[1, 1] = s[1, 1], s[0, 0]
        adjugate[0, 1], adjugate[1, 0] = -s[0, 1], -s[1, 0]
        minor = s[0, 0] * s[1, 1] - s[0, 1] * s[1, 0]
    return adjugate, minor
