"""Pullbacks of Cholesky factors and of eigenvalues of symmetric matrices, of which LAPACK reads the lower triangle.

One idea: only the lower triangle of the operand is read, so only there is something added.

Sources: Smith 1995, Differentiation of the Cholesky algorithm, in the form of Murray 2016, arXiv:1602.07527 (level 2);
Giles 2008, 3.1: A_bar = V (w_bar + F o (V' V_bar)) V' with F_ij = 1 / (w_j - w_i).
"""

from __future__ import annotations

import numpy as np

from dualjit.adjoint.pullbacks.registry import inner, pullback


@pullback("cholesky", a="y")
def cholesky(y, y_bar, a_bar):
    work = y_bar.copy()  # cotangents of the factor, turned into those of the matrix from the last column on
    for j in range(work.shape[0] - 1, -1, -1):
        undo_column(work, y, j)
    for i in range(work.shape[0]):
        for j in range(i + 1):
            a_bar[i, j] += work[i, j]


@inner
def undo_column(work, factor, j):
    reciprocal = 1.0 / factor[j, j]
    for i in range(j + 1, work.shape[0]):
        work[i, j] *= reciprocal
        work[j, j] -= work[i, j] * factor[i, j]
    work[j, j] *= reciprocal
    for i in range(j + 1, work.shape[0]):
        column_bar = work[i, j]
        for k in range(j):
            work[j, k] -= column_bar * factor[i, k]
            work[i, k] -= column_bar * factor[j, k]
    diagonal_bar = work[j, j]
    for k in range(j):
        work[j, k] -= diagonal_bar * factor[j, k]
    work[j, j] *= 0.5


@pullback("eigh", a="y")
def eigh(y, y_bar, a_bar):
    w, vectors = y
    w_bar, vectors_bar = y_bar
    inner = np.dot(np.ascontiguousarray(vectors.T), np.ascontiguousarray(vectors_bar))
    for i in range(w.size):
        for j in range(i):
            turned = turn(inner[i, j] - inner[j, i], w[j] - w[i])
            inner[i, j] = inner[j, i] = turned
        inner[i, i] = w_bar[i]
    add_symmetric(a_bar, vectors, inner)


@inner
def turn(twist, gap):
    """How a cotangent of two eigenvectors that turn into each other changes the matrix.

    NaN where their eigenvalues are equal, except for a cotangent that is zero with all its derivatives.
    """
    if gap != 0.0:
        return twist * (0.5 / gap)
    if twist != 0.0:
        return twist * np.nan
    root = np.sqrt(twist)  # its derivative is infinite, times zero is zero
    return root - root


@pullback("eigvalsh", a="a")
def eigvalsh(a, y_bar, a_bar):
    _, vectors = np.linalg.eigh(a)
    add_symmetric(a_bar, vectors, np.diag(y_bar))


@inner
def add_symmetric(a_bar, vectors, inner):
    """Add ``V inner V'``, folded into the lower triangle."""
    contiguous = np.ascontiguousarray(vectors)
    change = np.dot(contiguous, np.dot(inner, np.ascontiguousarray(contiguous.T)))
    for i in range(a_bar.shape[0]):
        for j in range(i):
            a_bar[i, j] += change[i, j] + change[j, i]
        a_bar[i, i] += change[i, i]
