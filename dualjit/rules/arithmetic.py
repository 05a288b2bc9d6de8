"""Rows of the operators and of the ufuncs that are arithmetic.

Source: the rules of differentiation; DLMF 1.4.12 (product), 1.4.13 (quotient).
"""

import builtins
import math
import operator

import numpy as np

from dualjit.rules.table import active

_IN_PLACE = "in place: the same row"

active("add", (operator.add, operator.iadd, np.add), lambda a, b: 1.0, lambda a, b: 1.0, edges=_IN_PLACE)
active("sub", (operator.sub, operator.isub, np.subtract), lambda a, b: 1.0, lambda a, b: -1.0, edges=_IN_PLACE)
active("mul", (operator.mul, operator.imul, np.multiply), lambda a, b: b, lambda a, b: a, edges=_IN_PLACE, source="DLMF 1.4.12")
active(
    "div",
    (operator.truediv, operator.itruediv, np.true_divide),
    lambda a, b: 1.0 / b,
    lambda a, b, y: -(y * (1.0 / b)),
    edges="b = 0: value and partials are infinite or NaN, not masked; so are partials for |b| < 2**-1024, where 1/b overflows",
    source="DLMF 1.4.13",
)
active("neg", (operator.neg, np.negative), lambda x: -1.0)
active("pos", (operator.pos, np.positive), lambda x: 1.0)
active("conjugate", (np.conjugate,), lambda x: 1.0, edges="of reals: the identity")
active("square", (np.square,), lambda x: 2.0 * x)
active("reciprocal", (np.reciprocal,), lambda x, y: -(y * y), edges="0: value and derivative infinite, as for div")

_DEGREE = math.pi / 180.0
active("radians", (math.radians, np.deg2rad, np.radians), lambda x: _DEGREE)
active("degrees", (math.degrees, np.rad2deg, np.degrees), lambda x: 1.0 / _DEGREE)
