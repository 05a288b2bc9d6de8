"""Rows of the hyperbolic functions and their inverses.

One idea: ``1 - tanh(x)**2`` loses every digit for large ``x``; ``sech2`` from ``exp(-2|x|)`` loses none.

Source: DLMF 4.34, 4.38.
"""

import math

import numpy as np

from dualjit.rules.expr import fn
from dualjit.rules.table import Interval, active, internal

active("sinh", (math.sinh, np.sinh), lambda x: fn.cosh(x), source="DLMF 4.34.1")
active("cosh", (math.cosh, np.cosh), lambda x: fn.sinh(x), source="DLMF 4.34.2")


def _sech2(x):
    e = fn.exp(-2.0 * abs(x))
    return 4.0 * e / ((1.0 + e) * (1.0 + e))


internal("sech2", lambda x, y: -2.0 * (fn.tanh(x) * y), formula=_sech2, source="DLMF 4.34.3")
active("tanh", (math.tanh, np.tanh), lambda x: fn.sech2(x), source="DLMF 4.34.3")

internal(
    "asinh_slope", lambda x, y: -(((x * y) * y) * y), formula=lambda x: 1.0 / fn.hypot(x, 1.0), source="DLMF 4.38.9"
)
active("asinh", (math.asinh, np.arcsinh), lambda x: fn.asinh_slope(x), source="DLMF 4.38.9")

internal(
    "acosh_slope",
    lambda x, y: -(((x * y) * y) * y),
    formula=lambda x: 1.0 / (fn.sqrt(x - 1.0) * fn.sqrt(x + 1.0)),
    singular=True,
    domain=(Interval(1.0),),
    edges="+inf at 1, NaN below",
    source="DLMF 4.38.10",
)
active(
    "acosh",
    (math.acosh, np.arccosh),
    lambda x: fn.acosh_slope(x),
    singular=True,
    domain=(Interval(1.0),),
    edges="derivative +inf at 1; value and derivatives NaN below",
    source="DLMF 4.38.10",
)

internal(
    "atanh_slope",
    lambda x, y: 2.0 * ((x * y) * y),
    formula=lambda x: fn.select(abs(x) <= 1.0, 1.0 / ((1.0 - x) * (1.0 + x)), math.nan),
    singular=True,
    domain=(Interval(-1.0, 1.0),),
    edges="+inf at -1 and 1, NaN outside",
    source="DLMF 4.38.11",
)
active(
    "atanh",
    (math.atanh, np.arctanh),
    lambda x: fn.atanh_slope(x),
    singular=True,
    domain=(Interval(-1.0, 1.0),),
    edges="value and derivative infinite at -1 and 1; NaN outside",
    source="DLMF 4.38.11",
)
