"""Banded matrices as ODEPACK and LAPACK store them: the diagonals as rows."""

from __future__ import annotations

import numpy as np


def packed(matrix: np.ndarray, lower: int, upper: int, fill_in: int = 0) -> np.ndarray:
    """``matrix[i, j]`` in place ``[fill_in + upper + i - j, j]``, with ``fill_in`` empty rows above."""
    n = len(matrix)
    rows = np.zeros((fill_in + lower + upper + 1, n), matrix.dtype, order="F")
    for k in range(-lower, upper + 1):
        rows[fill_in + upper - k, max(k, 0) : n + min(k, 0)] = np.diagonal(matrix, k)
    return rows
