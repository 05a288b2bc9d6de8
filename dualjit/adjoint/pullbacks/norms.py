"""Pullback of norms of vectors and matrices: at the origin nothing is added.

The singular vectors of a matrix ``x`` are the halves of eigenvectors of ``[0 x; x' 0]``, which forward mode can
differentiate once more.

Source: Magnus and Neudecker, Matrix Differential Calculus, 8.8: the derivative of a simple singular value is u v'.
"""

from __future__ import annotations

import numpy as np

from dualjit.adjoint.pullbacks.registry import inner, pullback


@pullback("norm", x="x y")
def norm(x, ord, y, y_bar, x_bar):
    if ord is None:
        add_euclidean(x_bar, x, y, y_bar)
    elif x.ndim == 1:
        if ord == 2:
            add_euclidean(x_bar, x, y, y_bar)
        else:
            add_of_vector(x_bar, x, ord, y, y_bar)
    elif x.size:
        if ord == 2 or ord == -2:
            add_spectral(x_bar, x, ord, y_bar)
        elif ord == 1 or ord == -1:
            add_of_rows(x_bar.T, x.T, ord, y_bar)
        else:
            add_of_rows(x_bar, x, ord, y_bar)


@inner
def add_euclidean(x_bar, x, y, y_bar):
    if y != 0.0:
        factor = y_bar / y
        for i in np.ndindex(x.shape):
            x_bar[i] += factor * x[i]


@inner
def add_of_vector(x_bar, x, ord, y, y_bar):
    if ord == np.inf or ord == -np.inf:
        if x.size:
            k = 0
            for i in range(x.size):
                if (abs(x[i]) > abs(x[k])) if ord > 0 else (abs(x[i]) < abs(x[k])):
                    k = i
            x_bar[k] += y_bar * np.copysign(1.0, x[k])
    elif ord == 1:
        for i in range(x.size):
            x_bar[i] += y_bar * np.copysign(1.0, x[i])
    elif ord != 0 and y != 0.0:
        for i in range(x.size):
            ratio = abs(x[i]) / y
            if ratio != 0.0:
                x_bar[i] += y_bar * ratio ** (ord - 1) * np.copysign(1.0, x[i])


@inner
def add_of_rows(x_bar, x, ord, y_bar):
    """To the row with the greatest or least sum of absolute values, the first of equals."""
    k, found = 0, 0.0
    for i in range(x.shape[0]):
        s = 0.0
        for j in range(x.shape[1]):
            s += abs(x[i, j])
        if i == 0 or ((s > found) if ord > 0 else (s < found)):
            k, found = i, s
    for j in range(x.shape[1]):
        x_bar[k, j] += y_bar * np.copysign(1.0, x[k, j])


@inner
def add_spectral(x_bar, x, ord, y_bar):
    m, n = x.shape
    both = np.zeros((m + n, m + n))
    for i in range(m):
        for j in range(n):
            both[m + j, i] = x[i, j]
    _, vectors = np.linalg.eigh(both)
    k = m + n - 1 if ord > 0 else m + n - min(m, n)
    for i in range(m):
        for j in range(n):
            x_bar[i, j] += y_bar * 2.0 * vectors[i, k] * vectors[m + j, k]
