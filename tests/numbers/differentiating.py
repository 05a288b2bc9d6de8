"""Functions of dual numbers called with plain arrays: what the tests of single features share.

One idea: a test function writes any number of answers, ``f(x, y, out)``; it is compiled once for all of them.
"""

import numba as nb
import numpy as np
from numba import types

from dualjit.numbers import Dual
from dualjit.numbers.intrinsics import as_duals, seed

X, Y = 0, 1  # lanes of the tangents


def dual(scalar=types.float64, lanes=2, level=1):
    return Dual(scalar, lanes, level)


def answers(function, x, y, count, number=None, **options):
    """Memory of the ``count`` answers at ``x`` and ``y``, whose tangents are 1 in lanes 0 and 1: (count, 1 + lanes)."""
    number = number or dual()
    inner = nb.njit(**options)(function)

    @nb.njit(**options)
    def on_memory(x, y, out):
        inner(seed(number, x, X), seed(number, y, Y), as_duals(out, number))

    out = np.full((count, number.n + 1), np.nan, str(number.scalar))
    on_memory(x, y, out)
    return out


def values(function, x, y, count, dtype="float64", **options):
    """The same answers without derivatives."""
    out = np.full(count, np.nan, dtype)
    nb.njit(**options)(function)(x, y, out)
    return out


def check(function, x, y, expected, **options):
    """Answers are the primal's to the last bit; their partials are as expected, one pair for each answer."""
    got = answers(function, x, y, len(expected), **options)
    np.testing.assert_array_equal(got[:, 0], values(function, x, y, len(expected), **options))
    np.testing.assert_allclose(got[:, 1:], expected, rtol=1e-15, atol=0.0)
