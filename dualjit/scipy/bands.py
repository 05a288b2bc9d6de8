"""Banded matrices as ODEPACK and LAPACK store them: the diagonals as rows."""

from __future__ import annotations

import numpy as np


def packed(matrix: np.ndarray, lower: int, upper: int, above: int = 0, below: int = 0) -> np.ndarray:
    """``matrix[i, j]`` in place ``[above + upper + i - j, j]``, with empty rows above and below."""
    n = len(matrix)
    rows = np.zeros((above + lower + upper + 1 + below, n), matrix.dtype, order="F")
    for k in range(-lower, upper + 1):
        rows[above + upper - k, max(k, 0) : n + min(k, 0)] = np.diagonal(matrix, k)
    return rows
