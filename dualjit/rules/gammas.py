"""The digamma function and its derivatives.

One idea: relative accuracy everywhere on the positive axis.  Near its root ``r`` digamma is ``(x - r)`` times a sum of
positive terms, ``psi(x) = (x - r) sum 1/((k + r)(k + x))``, of which the first few are written out and the rest
is a polynomial; elsewhere only terms of one sign are added.  Plain functions of floats, which Numba compiles.

Source: DLMF 5.7.6 (the sum), 5.5.2, 5.5.4, 5.11.2 and 5.15; DLMF 25.11.1 and 2.10.1 (Hurwitz zeta by Euler-Maclaurin).
The polynomial was fitted with mpmath (Chebyshev nodes, 60 digits, greatest error 1.1e-18).
"""

import math

import numpy as np

ROOT = 1.4616321449683622
ROOT_REST = 9.549995429965697e-17  # the root of digamma is ROOT + ROOT_REST

# sum over k >= 5 of 1/((k + r)(k + x)) on 0 <= x <= 3, in powers of x - 1.5, highest first
REST_OF_SUM = (
    -4.921474598953622e-16,
    3.2336935585005005e-15,
    -1.6304137522352623e-14,
    1.077044027848625e-13,
    -7.345976528445552e-13,
    4.882547918792996e-12,
    -3.2542424770215716e-11,
    2.1835936956865625e-10,
    -1.474803757258084e-09,
    1.0042325623745681e-08,
    -6.910279247599867e-08,
    4.821003496810495e-07,
    -3.4264843672076674e-06,
    2.499664149566684e-05,
    -0.00018953949586389917,
    0.0015295494746297054,
    -0.013852640885944711,
    0.1668160318672755,
)

# B(2j)/(2j) of the expansion of digamma, j = 1, 2, ...
DIGAMMA_TAIL = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12, -3617 / 8160)

# B(2j)/(2j)! of Euler-Maclaurin's formula, j = 1, 2, ...
EULER_MACLAURIN = (
    1 / 12,
    -1 / 720,
    1 / 30240,
    -1 / 1209600,
    1 / 47900160,
    -691 / 1307674368000,
    1 / 74724249600,
    -3617 / 10670622842880000,
)


def digamma(x):
    """The logarithmic derivative of the gamma function."""
    if x == 0.0:
        return math.copysign(math.inf, -x)
    if not x > -math.inf:
        return math.nan
    z = x if x > 0.0 else 1.0 - x
    if z >= 10.0:
        reciprocal = 1.0 / z
        square = reciprocal * reciprocal
        tail = 0.0
        for j in range(len(DIGAMMA_TAIL) - 1, -1, -1):
            tail = tail * square + DIGAMMA_TAIL[j]
        psi = math.log(z) - (0.5 * reciprocal + tail * square)
    else:
        shift = 0.0
        while z > 3.0:
            z -= 1.0
            shift += 1.0 / z
        rest = 0.0
        for coefficient in REST_OF_SUM:
            rest = rest * (z - 1.5) + coefficient
        for k in range(4, -1, -1):
            rest += 1.0 / ((k + ROOT) * (k + z))
        psi = ((z - ROOT) - ROOT_REST) * rest + shift
    if x > 0.0:
        return psi
    turn = x - np.rint(x)  # exact
    if turn == 0.0:
        return math.nan
    if abs(turn) < 0.25:
        return psi - math.pi / math.tan(math.pi * turn)
    return psi - math.copysign(math.pi, turn) * math.tan(math.pi * (0.5 - abs(turn)))


def polygamma(n, x):
    """The derivative of order ``n``, 1 or greater, of digamma.

    It is ``n!`` times the sum of ``1/(x + k)**(n + 1)``, up to a sign.  On the negative axis that sum is two
    Hurwitz zeta functions, for the terms on either side of the nearest poles, less what lies beyond ``k = 0``.
    """
    order = int(n)
    alternating = 1.0 if order % 2 else -1.0
    factorial = 1.0
    for k in range(2, order + 1):
        factorial *= k
    if x == 0.0:
        return alternating * math.inf * (1.0 if order % 2 else math.copysign(1.0, x))
    if not x > -math.inf or (x < 0.0 and x == np.rint(x)):
        return math.nan
    total = 0.0
    for part in range(1 if x > 0.0 else 3):
        if x > 0.0:
            start, weight = x, alternating
        elif part == 0:
            start, weight = x - np.floor(x), alternating
        elif part == 1:
            start, weight = np.ceil(x) - x, 1.0
        else:
            start, weight = 1.0 - x, -1.0
        count = max(0, int(np.ceil(order + 15.0 - start)))
        reciprocal = 1.0 / (start + count)
        power = 1.0
        for _ in range(order):
            power *= reciprocal
        tail, factor = 0.5, (order + 1.0) * reciprocal
        for j in range(len(EULER_MACLAURIN)):
            tail += EULER_MACLAURIN[j] * factor
            factor *= (order + 2.0 + 2.0 * j) * (order + 3.0 + 2.0 * j) * reciprocal * reciprocal
        zeta = power * (1.0 / order + reciprocal * tail)
        for shift in range(count - 1, -1, -1):  # the greatest last, so that little is lost
            power = reciprocal = 1.0 / (start + shift)
            for _ in range(order):
                power *= reciprocal
            zeta += power
        total += weight * zeta
    return factorial * total
