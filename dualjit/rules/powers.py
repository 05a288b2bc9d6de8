"""Rows of roots and powers.

One idea: where ``y - 1`` is not a float, ``x**(y - 1)`` comes from ``x**y``, which is known: a power magnifies the
rounding of its exponent by the logarithm of its base.

Source: DLMF 4.7.9, 4.7.10; Muller, Elementary Functions, 3rd ed., ch. 12 (powers), for the loss in ``x**(y - 1)``.
"""

import builtins
import math
import operator

import numpy as np

from dualjit.rules.expr import fn
from dualjit.rules.table import POSITIVE, REAL, Interval, active, cancelling, internal

active(
    "sqrt",
    (math.sqrt, np.sqrt),
    lambda x, y: 0.5 / abs(y),
    singular=True,
    domain=(POSITIVE,),
    edges="0 and -0: +inf; below: NaN",
    source="DLMF 4.7.10",
)

internal(
    "cbrt_slope",
    lambda x, root, y: -2.0 * (y / (3.0 * x)),
    lambda x, root: 0.0,
    formula=lambda x, root: fn.select(fn.eq(x, 0.0), math.inf, root / (3.0 * x)),
    singular=True,
    domain=(REAL, REAL),
    edges="second argument: cbrt(x), already known; its derivative is counted in that of x",
)
active(
    "cbrt",
    (np.cbrt, math.cbrt),
    lambda x, y: fn.cbrt_slope(x, y),
    singular=True,
    edges="0: +inf, the second derivative infinite with the sign of -x",
    source="DLMF 4.7.10",
)


def _power_below(x, y, power):
    """``x**(y - 1)`` where ``power = x**y``."""
    if x == 0.0 and abs(y) < 0.5:  # y - 1 may be rounded to a whole number
        return math.inf
    if x == 0.0 or abs(x) == math.inf:
        return x ** (y - 1.0)
    if y < 0.5 or 1e-290 < abs(power) < 1e290:
        return power / x
    return x ** (y - 1.0)  # exact: y - 1 is a float for y >= 0.5


def _log_unless(vanishes, x):
    # where a power of 0 is 0, its product with log(0) is 0 too
    return fn.select(fn.eq(x, 0.0) & vanishes, 0.0, fn.log(x))


_KNOWN = "third argument: x**n, already known; its derivative is counted in those of x and n"
_POWERS = {"singular": True, "domain": (POSITIVE, REAL, REAL), "edges": _KNOWN, "source": "DLMF 4.7.9, 4.7.10"}
_ROOT = "the mixed derivative x**(n-1) (1 + n log x) has a root, where it is a difference of equal numbers"
internal(
    "power_below",
    lambda x, n, p, y: fn.select(fn.eq(n, 1.0), 0.0, (n - 1.0) * fn.power_below(x, n - 1.0, y)),
    lambda x, n, p, y: fn.power_log(x, n - 1.0, y),
    lambda x, n, p: 0.0,
    value=_power_below,
    **_POWERS,
)
internal(
    "power_log",
    lambda x, n, p: fn.power_below(x, n, p) * (1.0 + n * _log_unless(n > 1.0, x)),
    lambda x, n, p, y: y * _log_unless(n >= 0.0, x),
    lambda x, n, p: 0.0,
    formula=lambda x, n, p: p * _log_unless(n >= 0.0, x),
    accuracy=cancelling(_ROOT, 3, d0=lambda x, n, p: abs(p / x)),
    **_POWERS,
)
active(
    "pow",
    (operator.pow, operator.ipow, math.pow, builtins.pow, np.power, np.float_power),
    lambda x, n, y: fn.select(fn.eq(n, 0.0), 0.0, n * fn.power_below(x, n, y)),
    lambda x, n, y: fn.power_log(x, n, y),
    singular=True,
    domain=(POSITIVE, REAL),
    edges="x, n = 0: 0; x = 0, n = 1: 1, n > 1: 0, n < 1: infinite; n, x = 0, n >= 0: 0; n, x < 0: NaN",
    source="DLMF 4.7.9, 4.7.10",
    accuracy=cancelling(
        f"{_ROOT}; x**(n-2) may overflow before it is multiplied by a tiny n",
        2,
        d00=lambda x, n: fn.select(fn.eq(fn.pow(x, n) / x / x, math.inf), math.inf, 0.0),
        d01=lambda x, n: abs(fn.pow(x, n) / x),
        d10=lambda x, n: abs(fn.pow(x, n) / x),
    ),
)
active(
    "powi",
    (),
    lambda x, n: fn.select(fn.eq(n, 0.0), 0.0, n * fn.powi(x, n - 1.0)),
    lambda x, n: 0.0,
    value=lambda x, n: x**n,
    domain=(REAL, Interval(-20.0, 20.0, integer=True)),
    edges="power with an integer exponent, which has no derivative; n = 0: 0, also at x = 0",
    source="DLMF 4.7.10",
)
