"""The derivatives of ``sinc(x) = sin(pi x)/(pi x)``.

One idea: ``x sinc`` is a sine, so the derivatives follow from each other by ``x f_n + n f_(n-1) = (sin(pi x)/pi)^(n)``;
where that recurrence cancels, near 0, the power series does not.  A plain function of floats, which Numba compiles.

Source: DLMF 10.49.3 and 10.51.1 (sinc is the spherical Bessel function j0).
"""

import math

import numpy as np


def sinc_derivative(x, n):
    """The derivative of order ``n``, 1 or greater, at ``x``."""
    order = int(n)
    if abs(x) < 0.25 * (order + 1):
        # the series: sum over 2k >= n of (-1)**k pi**2k x**(2k-n) / ((2k+1) (2k-n)!)
        power = order + order % 2
        term = (x if order % 2 else 1.0) * (-1.0 if power % 4 else 1.0)
        for _ in range(power):
            term *= math.pi
        square = (math.pi * x) * (math.pi * x)
        total = 0.0
        for _ in range(16 + order):
            total += term / (power + 1)
            power += 2
            term *= -square / ((power - order - 1) * (power - order))
        return total
    turn = x - 2.0 * np.rint(0.5 * x)  # exact, so the sine and cosine of pi*x are right near their roots
    sine = math.sin(math.pi * (turn if abs(turn) <= 0.5 else math.copysign(1.0, turn) - turn)) / math.pi
    cosine = math.sin(math.pi * (0.5 - abs(turn)))
    value = sine / x
    for k in range(1, order + 1):
        sine, cosine = cosine, -math.pi * math.pi * sine
        value = (sine - k * value) / x
    return value
