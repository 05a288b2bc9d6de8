"""Rows of functions with kinks, jumps and ties: the derivative is that of the piece the primal code took.

One idea: a partial selects by the same comparison as the value, so value and derivative come from one piece.

Source: the policy in docs/conventions.md; ties as in CPython's and NumPy's own comparisons.
"""

import builtins
import math
import operator

import numpy as np

from dualjit.rules.expr import fn
from dualjit.rules.table import POSITIVE, REAL, Interval, active, internal


def _sign(x):
    return fn.copysign(1.0, x)


active(
    "abs",
    (builtins.abs, operator.abs, math.fabs, np.absolute, np.fabs),
    lambda x: _sign(x),
    edges="0: 1, -0: -1, the sign of the zero; second derivative 0 everywhere",
)
active(
    "copysign",
    (math.copysign, np.copysign),
    lambda a, b: _sign(a) * _sign(b),
    lambda a, b: 0.0,
    edges="a = 0: the sign of the zero counts, as for abs; b only gives its sign, also at 0",
)


def _choice(name, functions, takes_first, edges):
    active(
        name,
        functions,
        lambda a, b: fn.select(takes_first(a, b), 1.0, 0.0),
        lambda a, b: fn.select(takes_first(a, b), 0.0, 1.0),
        edges=f"tie: the first argument has the whole derivative; NaN: {edges}",
    )


def _nan(x):
    return fn.ne(x, x)


_PYTHON = "the later argument is taken only when it compares as better; more arguments: from left to right"
_choice("min", (builtins.min,), lambda a, b: ~(b < a), _PYTHON)
_choice("max", (builtins.max,), lambda a, b: ~(b > a), _PYTHON)
_choice("minimum", (np.minimum,), lambda a, b: (a <= b) | _nan(a), "the first NaN is the answer and has the derivative")
_choice("maximum", (np.maximum,), lambda a, b: (a >= b) | _nan(a), "the first NaN is the answer and has the derivative")
_choice("fmin", (np.fmin,), lambda a, b: (a <= b) | _nan(b), "the other argument is taken")
_choice("fmax", (np.fmax,), lambda a, b: (a >= b) | _nan(b), "the other argument is taken")

active(
    "heaviside",
    (np.heaviside,),
    lambda a, b: 0.0,
    lambda a, b: fn.select(fn.eq(a, 0.0), 1.0, 0.0),
    edges="a: derivative 0, also at the jump; b is the answer where a = 0",
)


def _periods(a, b, y):
    # y differs from a by a whole number of b, so the quotient is that number up to two roundings
    return -fn.rint((a - y) / b)


_MOD = {"singular": True, "domain": (REAL, POSITIVE)}
_MOD_EDGES = "b: minus the number of periods the value took off; at a jump that of the side the value is on; b = 0: NaN"
active("mod", (operator.mod, operator.imod, np.remainder), lambda a, b: 1.0, _periods, edges=_MOD_EDGES, **_MOD)
active("fmod", (np.fmod, math.fmod), lambda a, b: 1.0, _periods, edges=_MOD_EDGES, **_MOD)
active("remainder", (math.remainder,), lambda a, b: 1.0, _periods, edges=_MOD_EDGES, **_MOD)

active(
    "nextafter",
    (math.nextafter, np.nextafter),
    lambda a, b: 1.0,
    lambda a, b: 0.0,
    edges="a plus a constant within a binade; a = b: the same",
)

_EXPONENT = Interval(-1000.0, 1000.0, integer=True)
active(
    "ldexp",
    (math.ldexp, np.ldexp),
    lambda x, n: fn.ldexp(1.0, n),
    lambda x, n: 0.0,
    domain=(REAL, _EXPONENT),
    edges="n is an integer and has no derivative",
)
internal(
    "frexp_mantissa",
    lambda x: fn.ldexp(1.0, -fn.frexp_exponent(x)),
    value=lambda x: math.frexp(x)[0],
    edges="the power of two is that of the binade x is in",
)
internal(
    "modf_fraction",
    lambda x: 1.0,
    value=lambda x: math.copysign(0.0, x) if abs(x) == math.inf else np.fmod(x, 1.0),
    edges="whole numbers: 1, as between them",
)
