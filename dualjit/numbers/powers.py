"""Powers with an integer exponent inside derivatives.

The primal's own ``x**n`` computes values; it raises ZeroDivisionError at ``0.0**-1``, which ``n * x**(n-1)`` may not
where ``x**n`` does not.

Source: Knuth, TAOCP vol. 2, section 4.6.3 (binary powering).
"""

import math

GREATEST = 12  # beyond, repeated products are wrong by more than 4 ulps, the C library's pow by less than one


def integer_power(x, n):
    """``x**n``; infinite or NaN where it divides by zero, when compiled under Numba's ``numpy`` error model."""
    left = abs(n)
    if left > GREATEST:
        return math.pow(x, float(n))
    square, power = x, 1.0
    while left:
        if left & 1:
            power *= square
        square *= square
        left >>= 1
    return 1.0 / power if n < 0 else power


def complex_integer_power(z, n):
    """``z**n`` of a complex number, under the same conditions."""
    left = abs(n)
    if left > GREATEST:
        return z ** complex(n, 0.0)
    square, power = z, complex(1.0, 0.0)
    while left:
        if left & 1:
            power = power * square
        square = square * square
        left >>= 1
    return 1.0 / power if n < 0 else power
