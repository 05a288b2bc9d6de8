"""Rows of length and angle in the plane.

One idea: both derivatives are coordinates over a length; the length is computed without overflow, and the derivatives
of those quotients are products of quotients, which neither overflow nor cancel.

Source: DLMF 1.5(ii), polar coordinates; Higham, Accuracy and Stability, 2nd ed., section 27.8 (scaled lengths).
"""

import math

import numpy as np

from dualjit.rules.expr import fn
from dualjit.rules.table import REAL, active, internal


def _nonzero(length):
    return fn.select(fn.eq(length, 0.0), 1.0, length)


def _over(a, length):
    return a / _nonzero(length)


internal(
    "direction",
    lambda a, b, h: _over(b, h) * _over(_over(b, h), h),
    lambda a, b, h: -(_over(a, h) * _over(_over(b, h), h)),
    lambda a, b, h: 0.0,
    formula=lambda a, b, h: _over(a, h),
    edges="third argument: hypot(a, b), already known; its derivative is counted in those of a and b; (0, 0): 0",
)
active(
    "hypot",
    (math.hypot, np.hypot),
    lambda a, b, y: fn.direction(a, b, y),
    lambda a, b, y: fn.direction(b, a, y),
    domain=(REAL, REAL),
    edges="(0, 0): 0, the least of all subgradients, and so all higher derivatives; a = 0 or b = 0 alone: smooth",
    source="DLMF 1.5(ii)",
)


def _inversion(a, b):
    """``a/(a*a + b*b)``, by way of the length where squares overflow or underflow."""
    square = a * a + b * b
    if 1e-290 < square < 1e300:
        return a / square
    length = math.hypot(a, b)
    if length == 0.0:
        return math.nan
    return a / length / length


def _inversion_slope(a, b):
    h = fn.hypot(a, b)
    return (((b - a) / h) * ((b + a) / h)) / h / h


internal(
    "inversion",
    lambda a, b: _inversion_slope(a, b),
    lambda a, b, y: -2.0 * (y * fn.inversion(b, a)),
    value=_inversion,
    singular=True,
    edges="(0, 0): NaN",
)
active(
    "atan2",
    (math.atan2, np.arctan2),
    lambda a, b: fn.inversion(b, a),
    lambda a, b: -fn.inversion(a, b),
    singular=True,
    domain=(REAL, REAL),
    edges="(0, 0): NaN, for the angle has no limit there; on the cut: the derivative is continuous across it",
    source="DLMF 1.5(ii), 4.24.9",
)
