"""Rows whose answer carries no derivative: steps, whose derivative is zero, and answers which are no floats.

Source: docs/conventions.md.
"""

import builtins
import math
import operator

import numpy as np

from dualjit.rules.table import composite, inactive

_STEP = "a step: derivative 0, also at the jumps"
inactive("floor", (math.floor, np.floor), edges=_STEP)
inactive("ceil", (math.ceil, np.ceil), edges=_STEP)
inactive("trunc", (math.trunc, np.trunc), edges=_STEP)
inactive("rint", (np.rint,), edges=_STEP)
inactive("round", (builtins.round,), edges=f"{_STEP}; with ndigits too")
inactive("sign", (np.sign,), edges=_STEP)
inactive("spacing", (np.spacing, math.ulp), edges=_STEP)
inactive("floordiv", (operator.floordiv, operator.ifloordiv, np.floor_divide), 2, edges=_STEP)
inactive("frexp_exponent", (), value=lambda x: float(math.frexp(x)[1]), edges=_STEP)

_TRUTH = "a truth value: looks at values only"
for _name, _functions in {
    "lt": (operator.lt, np.less),
    "le": (operator.le, np.less_equal),
    "gt": (operator.gt, np.greater),
    "ge": (operator.ge, np.greater_equal),
    "eq": (operator.eq, np.equal),
    "ne": (operator.ne, np.not_equal),
    "logical_and": (np.logical_and,),
    "logical_or": (np.logical_or,),
    "logical_xor": (np.logical_xor,),
    "isclose": (math.isclose,),
}.items():
    inactive(_name, _functions, 2, edges=_TRUTH)
for _name, _functions in {
    "logical_not": (np.logical_not, operator.not_),
    "truth": (operator.truth,),
    "isnan": (math.isnan, np.isnan),
    "isinf": (math.isinf, np.isinf),
    "isfinite": (math.isfinite, np.isfinite),
    "signbit": (np.signbit,),
}.items():
    inactive(_name, _functions, edges=_TRUTH)

composite("divmod", (builtins.divmod, np.divmod), 2, ("floordiv", "mod"))
composite("modf", (math.modf, np.modf), 1, ("modf_fraction", "trunc"))
composite("frexp", (math.frexp, np.frexp), 1, ("frexp_mantissa", "frexp_exponent"))
