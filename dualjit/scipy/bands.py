"""Banded matrices as ODEPACK and LAPACK store them: the diagonals as rows."""

from __future__ import annotations

import numpy as np


def packed(matrix: np.ndarray, lower: int, upper: int, above: int = 0, below: int = 0) -> np.ndarray:
    """``matrix[i, j]`` in place ``[above + upper + i - j, j]``, with empty rows above and below."""
    n = len(matrix)
    rows = np.zeros((above + lower + upper + 1 + below, n), matrix.dtype, order="F")
    elements = matrix.reshape(-1)
    for k in range(-lower, upper + 1):
        first, last = (k, (n - k) * n) if k > 0 else (-k * n, n * n)
        rows[above + upper - k, max(k, 0) : n + min(k, 0)] = elements[first : last : n + 1]
    return rows
