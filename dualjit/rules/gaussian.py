"""``exp(-x**2)`` without the error of its argument.

One idea: ``exp`` magnifies the rounding of its argument by the size of the argument, so that rounding is computed
exactly and put back as a factor ``1 + error``.  A plain function of floats, which Numba compiles.

Source: Dekker, A floating-point technique for extending the available precision, 1971 (the product of two doubles).
"""

import math


def gaussian(x):
    """``exp(-x**2)``."""
    if not abs(x) < 28.0:  # the answer underflows, and NaN is itself
        return x if x != x else 0.0
    square = x * x
    split = 134217729.0 * x
    high = split - (split - x)
    low = x - high
    error = ((high * high - square) + 2.0 * high * low) + low * low
    return math.exp(-square) * (1.0 - error)
