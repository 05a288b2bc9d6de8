"""Dual numbers in parallel loops: as elements, as scalars that threads read, as reductions, in array expressions."""

import math

import numba as nb
import numpy as np

from dualjit.numbers.intrinsics import as_duals, as_floats
from tests.numbers.differentiating import dual

NUMBER = dual(lanes=8)


@nb.njit(parallel=True)
def in_threads(memory):
    x = as_duals(memory, NUMBER)
    total = 0.0
    for i in nb.prange(len(x)):
        total += math.sin(x[i])
    y = np.zeros(len(x), NUMBER)
    for i in nb.prange(len(x)):
        y[i] = x[i] * total
    z = y + x * 2.0
    z += x
    return as_floats(z)


def test_parallel_loops():
    x = np.linspace(0.0, 3.0, 1000)
    memory = np.zeros((1000, 9))
    memory[:, 0], memory[:, 8] = x, 1.0
    result = in_threads(memory)
    total, slope = np.sin(x).sum(), np.cos(x).sum()
    np.testing.assert_allclose(result[:, 0], x * total + 3 * x, rtol=1e-13)
    np.testing.assert_allclose(result[:, 8], total + x * slope + 3, rtol=1e-12)
    assert not result[:, 1:8].any()
