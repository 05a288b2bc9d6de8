"""Rows of exponential, logarithms and circular functions, with their inverses.

One idea: each first derivative that would cancel or overflow when differentiated again is an internal row with a
derivative of its own.  A slope is NaN where the function is: ``log`` of a negative number has no derivative.

Source: DLMF chapter 4.
"""

import math

import numpy as np

from dualjit.rules.expr import fn
from dualjit.rules.table import Interval, active, internal

LN2, LN10 = math.log(2.0), math.log(10.0)
HALF_PI = math.pi / 2.0
_CIRCLE = (Interval(near=(0.0, HALF_PI, math.pi, 1e5 * math.pi)),)
_UNIT = (Interval(-1.0, 1.0, near=(0.0, 0.5)),)
_OUTSIDE = "outside the domain value and derivatives are NaN"

active("exp", (math.exp, np.exp), lambda x, y: y, source="DLMF 4.7.7")
active("exp2", (math.exp2, np.exp2), lambda x, y: y * LN2, source="DLMF 4.7.9")
active("expm1", (math.expm1, np.expm1), lambda x: fn.exp(x), source="DLMF 4.7.7")

internal(
    "log_slope",
    lambda x, y: -(y * y),
    formula=lambda x: fn.select(x > 0.0, 1.0 / x, fn.select(fn.eq(x, 0.0), math.inf, math.nan)),
    singular=True,
    domain=(Interval(0.0),),
    edges="1/x on x > 0; +inf at 0 and -0; NaN below",
)
_LOG_EDGES = f"derivative +inf at the pole, for -0 too; {_OUTSIDE}"
_LOG = {"singular": True, "domain": (Interval(0.0, near=(1.0,)),), "edges": _LOG_EDGES}
active("log", (math.log, np.log), lambda x: fn.log_slope(x), source="DLMF 4.7.1", **_LOG)
active("log2", (math.log2, np.log2), lambda x: fn.log_slope(x) * (1.0 / LN2), source="DLMF 4.7.1", **_LOG)
active("log10", (math.log10, np.log10), lambda x: fn.log_slope(x) * (1.0 / LN10), source="DLMF 4.7.1", **_LOG)
active(
    "log1p",
    (math.log1p, np.log1p),
    lambda x: fn.log_slope(1.0 + x),
    singular=True,
    domain=(Interval(-1.0, near=(0.0,)),),
    edges=_LOG_EDGES,
    source="DLMF 4.7.1",
)

active("sin", (math.sin, np.sin), lambda x: fn.cos(x), domain=_CIRCLE, source="DLMF 4.20.1")
active("cos", (math.cos, np.cos), lambda x: -fn.sin(x), domain=_CIRCLE, source="DLMF 4.20.2")
active("tan", (math.tan, np.tan), lambda x, y: 1.0 + y * y, domain=_CIRCLE, source="DLMF 4.20.3")

internal(
    "asin_slope",
    lambda x, y: ((x * y) * y) * y,
    formula=lambda x: 1.0 / fn.sqrt((1.0 - x) * (1.0 + x)),
    singular=True,
    domain=_UNIT,
    edges="+inf at -1 and 1, NaN outside",
    source="DLMF 4.24.7",
)
_ARC = {"singular": True, "domain": _UNIT, "edges": f"derivative infinite at -1 and 1; {_OUTSIDE}"}
active("asin", (math.asin, np.arcsin), lambda x: fn.asin_slope(x), source="DLMF 4.24.7", **_ARC)
active("acos", (math.acos, np.arccos), lambda x: -fn.asin_slope(x), source="DLMF 4.24.8", **_ARC)
internal("atan_slope", lambda x, y: -2.0 * ((x * y) * y), formula=lambda x: 1.0 / (1.0 + x * x), source="DLMF 4.24.9")
active("atan", (math.atan, np.arctan), lambda x: fn.atan_slope(x), source="DLMF 4.24.9")
