"""Rows of the operators and of the ufuncs that are arithmetic.

One idea: the quotient's partials share one reciprocal, so that a division of duals costs two divisions.

Source: DLMF 1.4(iii), the rules of differentiation.
"""

import math
import operator

import numpy as np

from dualjit.rules.table import active

_IN_PLACE = "in place: the same row"

active("add", (operator.add, operator.iadd, np.add), lambda a, b: 1.0, lambda a, b: 1.0, edges=_IN_PLACE)
active("sub", (operator.sub, operator.isub, np.subtract), lambda a, b: 1.0, lambda a, b: -1.0, edges=_IN_PLACE)
active(
    "mul",
    (operator.mul, operator.imul, np.multiply),
    lambda a, b: b,
    lambda a, b: a,
    edges=_IN_PLACE,
    source="DLMF 1.4(iii)",
)
active(
    "div",
    (operator.truediv, operator.itruediv, np.true_divide),
    lambda a, b: 1.0 / b,
    lambda a, b, y: -(y * (1.0 / b)),
    edges="b = 0, or |b| < 2**-1024 so that 1/b overflows: partials are infinite or NaN, and not masked",
    source="DLMF 1.4(iii)",
)
active("neg", (operator.neg, np.negative), lambda x: -1.0)
active("pos", (operator.pos, np.positive), lambda x: 1.0)
active("conjugate", (np.conjugate,), lambda x: 1.0, edges="of reals: the identity")
active("square", (np.square,), lambda x: 2.0 * x, source="DLMF 4.7.10")
active("reciprocal", (np.reciprocal,), lambda x, y: -(y * y), edges="0: infinite, as for div", source="DLMF 4.7.10")

_DEGREE = math.pi / 180.0
active("radians", (math.radians, np.deg2rad, np.radians), lambda x: _DEGREE)
active("degrees", (math.degrees, np.rad2deg, np.degrees), lambda x: 1.0 / _DEGREE)
