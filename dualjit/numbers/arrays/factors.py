"""Cholesky factors and eigenvalues of symmetric matrices, of which LAPACK reads the lower triangle."""

from __future__ import annotations

import numpy as np
from numba.extending import register_jitable

from dualjit.numbers.arrays.levels import assembled, partials, values, with_value
from dualjit.numbers.arrays.registry import implements
from dualjit.rules.arrays import linear

dot_of, cholesky_of, eigh_of, eigvalsh_of = linear.dot, linear.cholesky, linear.eigh, linear.eigvalsh


@implements(np.linalg.cholesky)
def cholesky(a):
    """The algorithm differentiated statement by statement (Smith 1995), with the primal's factor as its values."""
    marked = a.dtype

    def impl(a):
        factor = cholesky_of(values(a))
        answer = np.zeros(a.shape, marked)
        for j in range(a.shape[0]):
            diagonal = factor[j, j]
            s = a[j, j]
            for k in range(j):
                s = s - answer[j, k] * answer[j, k]
            answer[j, j] = with_value(s * (0.5 / diagonal), diagonal)
            for i in range(j + 1, a.shape[0]):
                s = a[i, j] - factor[i, j] * answer[j, j]
                for k in range(j):
                    s = s - answer[i, k] * answer[j, k]
                answer[i, j] = with_value(s * (1.0 / diagonal), factor[i, j])
        return answer

    return impl


@implements(np.linalg.eigh)
def eigh(a):
    marked = a.dtype

    def impl(a):
        w, vectors = eigh_of(values(a))
        inner = rotated(a, vectors)  # V' dA V
        turned = np.empty_like(inner)
        for i in range(w.size):
            for j in range(w.size):
                gap = w[j] - w[i]
                for k in range(inner.shape[2]):
                    if i == j:
                        turned[i, j, k] = 0.0
                    elif gap == 0.0:
                        turned[i, j, k] = np.nan
                    else:
                        turned[i, j, k] = inner[i, j, k] / gap
        flat = turned.reshape(w.size, inner.shape[1] * inner.shape[2])
        change = dot_of(np.ascontiguousarray(vectors), flat)
        return assembled(w, diagonal_of(inner), marked), assembled(vectors, change, marked)

    return impl


@implements(np.linalg.eigvalsh)
def eigvalsh(a):
    marked = a.dtype

    def impl(a):
        matrix = values(a)
        _, vectors = eigh_of(matrix)
        return assembled(eigvalsh_of(matrix), diagonal_of(rotated(a, vectors)), marked)

    return impl


@register_jitable
def rotated(a, vectors):
    """``V' dA V`` for each partial, of the matrix with the lower triangle of ``a``."""
    n = a.shape[0]
    change = partials(a)
    for i in range(n):
        for j in range(i + 1, n):
            change[i, j] = change[j, i]
    lanes = change.shape[2]
    left = np.ascontiguousarray(vectors.T)
    first = dot_of(left, change.reshape(n, n * lanes)).reshape(n, n, lanes)
    answer = np.empty_like(first)
    for i in range(n):
        answer[i] = dot_of(left, first[i])
    return answer


@register_jitable
def diagonal_of(inner):
    """The partials of the eigenvalues."""
    answer = np.empty((inner.shape[0], inner.shape[2]), inner.dtype)
    for i in range(inner.shape[0]):
        answer[i] = inner[i, i]
    return answer
