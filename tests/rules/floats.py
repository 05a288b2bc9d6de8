"""Expression trees evaluated in Python floats: the oracle's opposite, what any engine computes from a rule.

One idea: IEEE arithmetic with the C library's functions, where Python would raise NumPy's answer is taken.
"""

import math
import operator

import numpy as np

from dualjit.rules import Expr, evaluate, scalar_rows

PRIMITIVES = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "neg": operator.neg,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "eq": operator.eq,
    "ne": operator.ne,
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
    "not": lambda a: not a,
    "select": lambda condition, a, b: a if condition else b,
    "copysign": math.copysign,
    "floor": lambda x: float(np.floor(x)),
    "trunc": lambda x: float(np.trunc(x)),
    "ldexp": lambda x, n: float(np.ldexp(x, int(n))),
}
RAISED = (ValueError, OverflowError, ZeroDivisionError)


def value_of(row, *args):
    """The value of a row at floats."""
    if isinstance(row.value, Expr):
        return evaluate(row.value, args, None, Floats)
    function = PRIMITIVES.get(row.name) or row.value or row.functions[0]
    with np.errstate(all="ignore"):
        try:
            answer = function(*args)
            return math.nan if isinstance(answer, complex) else float(answer)
        except RAISED:
            return _unraised(row, function, args)


def _unraised(row, function, args):
    ufunc = next((f for f in row.functions if isinstance(f, np.ufunc)), None)
    if ufunc is not None:
        return float(ufunc(*args))
    if row.value:
        return float(function(*map(np.float64, args)))
    return math.inf if row.name in ("gamma", "lgamma") and args[0] > 0.0 else math.nan


class Floats:
    """The algebra of Python floats."""

    @staticmethod
    def const(value):
        return value

    @staticmethod
    def apply(op, *values):
        if op in ("and", "or", "not", "select") or (op in PRIMITIVES and op not in scalar_rows()):
            return PRIMITIVES[op](*values)
        return value_of(scalar_rows()[op], *values)
