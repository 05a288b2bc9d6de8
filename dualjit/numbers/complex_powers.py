"""Powers of complex numbers with an integer exponent inside derivatives.

Source: Knuth, TAOCP vol. 2, section 4.6.3 (binary powering); the C library's power is 100 ulp off for squares already.
"""

GREATEST = 64  # beyond, the C library's power is more accurate than repeated products


def integer_power(z, n):
    """``z**n`` for complex ``z``; infinite or NaN where it divides by zero, under Numba's ``numpy`` error model."""
    left = abs(n)
    if left > GREATEST:
        return z ** complex(n, 0.0)
    square, power = z, z * 0.0 + 1.0
    while left:
        if left & 1:
            power = power * square
        square = square * square
        left >>= 1
    return 1.0 / power if n < 0 else power
