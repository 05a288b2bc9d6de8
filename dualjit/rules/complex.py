"""Rows of functions of complex numbers.

One idea: a holomorphic function's derivative is one complex number, so its row is an expression tree as in the real
table, read in complex arithmetic.  What is not holomorphic (length, angle) is a real row of the real and the imaginary
part.  The trees are written anew, because those of reals look at signs and leave the domain to comparisons, where here
a branch cut decides the form.

Beyond the operations of the real trees there are ``i()``, the imaginary unit, and ``real(x)``, for conditions.
Equality compares both parts, ``<`` and ``>`` the real ones.

Source: DLMF 4.7, 4.20, 4.24, 4.34, 4.38; Kahan 1987, Branch cuts for complex elementary functions.
"""

from __future__ import annotations

import cmath
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from dualjit.rules.elementary import LN2, LN10
from dualjit.rules.expr import ONE, fn, simplify, trace
from dualjit.rules.table import ScalarRow, scalar_rows


@dataclass(frozen=True)
class PlaneRow:
    """A real function of a complex number: ``row``, a real one, of its ``parts``.

    ``abs(z)`` is ``hypot(z.real, z.imag)``: row 'hypot', parts ('real', 'imag').
    """

    name: str
    functions: tuple[Callable[..., Any], ...]
    row: str
    parts: tuple[str, str]
    arity: int = 1
    active: bool = True

    @property
    def real(self) -> ScalarRow:
        """The row of the parts."""
        return scalar_rows()[self.row]


NumberRow = ScalarRow | PlaneRow

_ROWS: dict[str, ScalarRow] = {}
_BY_CALL: dict[tuple[Any, int], ScalarRow | PlaneRow] = {}


def complex_rows() -> Mapping[str, ScalarRow]:
    """All holomorphic rows by name; ``domain`` says nothing in them."""
    return MappingProxyType(_ROWS)


def complex_calls() -> Mapping[tuple[Any, int], ScalarRow | PlaneRow]:
    """The rows by callable and number of arguments."""
    return MappingProxyType(_BY_CALL)


def holomorphic(name: str, *partials: Callable, functions: tuple = (), real: str = "", **more) -> None:
    """Enter a row for the functions given and those of the real row of this name, or named ``real``."""
    arity = len(partials)
    if "formula" in more:
        more["value"] = simplify(trace(more.pop("formula"), arity, name))
    shared = scalar_rows()[real or name].functions if (real or name) in scalar_rows() else ()
    trees = tuple(simplify(trace(p, arity, name)) for p in partials)
    _ROWS[name] = row = ScalarRow(name, (*shared, *functions), arity, trees, **more)
    _enter(row)


def plane(name: str, functions: tuple, row: str, parts: tuple[str, str]) -> None:
    """Enter a real function of a complex number."""
    _enter(PlaneRow(name, functions, row, parts))


def _enter(row: ScalarRow | PlaneRow) -> None:
    _BY_CALL.update({(function, row.arity): row for function in row.functions})


holomorphic("add", lambda a, b: 1.0, lambda a, b: 1.0)
holomorphic("sub", lambda a, b: 1.0, lambda a, b: -1.0)
holomorphic("mul", lambda a, b: b, lambda a, b: a)
holomorphic("div", lambda a, b: 1.0 / b, lambda a, b, y: -(y * (1.0 / b)), edges="b = 0: infinite or NaN, as the value")
holomorphic("neg", lambda x: -1.0)
holomorphic("pos", lambda x: 1.0)
holomorphic("square", lambda x: 2.0 * x)
holomorphic("reciprocal", lambda x, y: -(y * y), edges="0: infinite or NaN, as the value")

_KAHAN = "the derivative's cuts are the function's, so it has no jump elsewhere"
holomorphic("exp", lambda x, y: y, functions=(cmath.exp,), source="DLMF 4.7.7")
holomorphic("exp2", lambda x, y: y * LN2, source="DLMF 4.7.9")
holomorphic("expm1", lambda x: fn.exp(x), source="DLMF 4.7.7")
_POLE = {"singular": True, "edges": "at the pole the derivative is infinite or NaN"}
holomorphic("log", lambda x: 1.0 / x, functions=(cmath.log,), source="DLMF 4.7.1", **_POLE)
holomorphic("log2", lambda x: (1.0 / LN2) / x, source="DLMF 4.7.1", **_POLE)
holomorphic("log10", lambda x: (1.0 / LN10) / x, functions=(cmath.log10,), source="DLMF 4.7.1", **_POLE)
holomorphic("log1p", lambda x: 1.0 / (1.0 + x), source="DLMF 4.7.1", **_POLE)
holomorphic(
    "log_to_base",
    lambda x, b: 1.0 / (x * fn.log(b)),
    lambda x, b, y: -y / (b * fn.log(b)),
    functions=(cmath.log,),
    source="DLMF 4.2.7",
    **_POLE,
)

holomorphic("sin", lambda x: fn.cos(x), functions=(cmath.sin,), source="DLMF 4.20.1")
holomorphic("cos", lambda x: -fn.sin(x), functions=(cmath.cos,), source="DLMF 4.20.2")
holomorphic("tan", lambda x: fn.sech2(fn.i() * x), functions=(cmath.tan,), source="DLMF 4.20.3, 4.28.10")
holomorphic("sinh", lambda x: fn.cosh(x), functions=(cmath.sinh,), source="DLMF 4.34.1")
holomorphic("cosh", lambda x: fn.sinh(x), functions=(cmath.cosh,), source="DLMF 4.34.2")


def _sech2(x):
    # 1 - tanh(x)**2 loses every digit far from the imaginary axis; further out cosh itself overflows
    s = 1.0 / fn.cosh(x)
    right = fn.select(fn.real(x) > 300.0, 4.0 * fn.exp(-2.0 * x), s * s)
    return fn.select(fn.real(x) < -300.0, 4.0 * fn.exp(2.0 * x), right)


holomorphic("sech2", lambda x, y: -2.0 * (fn.tanh(x) * y), formula=_sech2, source="DLMF 4.34.3")
holomorphic("tanh", lambda x: fn.sech2(x), functions=(cmath.tanh,), source="DLMF 4.34.3")

_BRANCH = {"singular": True, "edges": f"infinite or NaN at the branch points; {_KAHAN}"}


def _unit_circle(x):
    """``sqrt(1 - x**2)``."""
    return fn.sqrt(1.0 - x) * fn.sqrt(1.0 + x)


def _hyperbola(x):
    """``sqrt(1 + x**2)``, on the sheet where it is 1 at 0."""
    return fn.sqrt(1.0 + fn.i() * x) * fn.sqrt(1.0 - fn.i() * x)


holomorphic("asin_slope", lambda x, y: ((x * y) * y) * y, formula=lambda x: 1.0 / _unit_circle(x), **_BRANCH)
holomorphic("asin", lambda x: fn.asin_slope(x), functions=(cmath.asin,), source="DLMF 4.24.7", **_BRANCH)
holomorphic("acos", lambda x: -fn.asin_slope(x), functions=(cmath.acos,), source="DLMF 4.24.8", **_BRANCH)
holomorphic(
    "atan_slope",
    lambda x, y: -2.0 * ((x * y) * y),
    formula=lambda x: 1.0 / ((1.0 + fn.i() * x) * (1.0 - fn.i() * x)),
    **_BRANCH,
)
holomorphic("atan", lambda x: fn.atan_slope(x), functions=(cmath.atan,), source="DLMF 4.24.9", **_BRANCH)
holomorphic("asinh_slope", lambda x, y: -(((x * y) * y) * y), formula=lambda x: 1.0 / _hyperbola(x), **_BRANCH)
holomorphic("asinh", lambda x: fn.asinh_slope(x), functions=(cmath.asinh,), source="DLMF 4.38.9", **_BRANCH)
holomorphic(
    "acosh_slope",
    lambda x, y: -(((x * y) * y) * y),
    formula=lambda x: 1.0 / (fn.sqrt(x - 1.0) * fn.sqrt(x + 1.0)),
    **_BRANCH,
)
holomorphic("acosh", lambda x: fn.acosh_slope(x), functions=(cmath.acosh,), source="DLMF 4.38.10", **_BRANCH)
holomorphic("atanh_slope", lambda x, y: 2.0 * ((x * y) * y), formula=lambda x: 1.0 / ((1.0 - x) * (1.0 + x)), **_BRANCH)
holomorphic("atanh", lambda x: fn.atanh_slope(x), functions=(cmath.atanh,), source="DLMF 4.38.11", **_BRANCH)

holomorphic("sqrt", lambda x, y: 0.5 / y, functions=(cmath.sqrt,), source="DLMF 4.7.10", **_BRANCH)


def _log_unless_zero(x, n):
    # where a power of 0 is 0, its product with log(0) is 0 too
    return fn.select(fn.eq(x, 0.0) & (fn.real(n) > 0.0), 0.0, fn.log(x))


holomorphic(
    "pow",
    lambda x, n: fn.select(fn.eq(n, 0.0), 0.0, n * fn.pow(x, n - 1.0)),
    lambda x, n, y: y * _log_unless_zero(x, n),
    singular=True,
    edges="n = 0: 0; x = 0: 0 where the real part of n is above 1",
    source="DLMF 4.7.9, 4.7.10",
)
holomorphic(
    "powi",
    lambda x, n: fn.select(fn.eq(n, 0.0), 0.0, n * fn.powi(x, n - 1.0)),
    lambda x, n: 0.0,
    edges="power with an integer exponent, which has no derivative; n = 0: 0, also at x = 0",
    source="DLMF 4.7.10",
)
holomorphic(
    "rect",
    lambda r, phi: fn.exp(fn.i() * phi),
    lambda r, phi, y: fn.i() * y,
    functions=(cmath.rect,),
    edges="of two reals",
    source="DLMF 1.9.4",
)

holomorphic("complex", lambda x, y: 1.0, lambda x, y: fn.i(), edges="of two reals")

CONJUGATE = ScalarRow("conjugate", (np.conjugate,), 1, (ONE,), edges="not holomorphic")
"""Conjugation: linear over the reals alone."""

plane("abs", scalar_rows()["abs"].functions, "hypot", ("real", "imag"))
plane("phase", (cmath.phase,), "atan2", ("imag", "real"))

INACTIVE = (cmath.isnan, cmath.isinf, cmath.isfinite)
"""Functions of complex numbers alone, without derivative."""

_OTHERS = {(complex, 1), (complex, 2), (cmath.polar, 1), (np.conjugate, 1), *((f, 1) for f in INACTIVE)}
_FUNCTIONS = {function for function, _ in (*_BY_CALL, *_OTHERS)}


def is_holomorphic(row: NumberRow) -> bool:
    """Is it a row of functions of complex numbers, not the real row of that name?"""
    return _ROWS.get(row.name) is row


def complex_row_of(function: Any, arity: int) -> NumberRow | None:
    """What is known of a callable of complex numbers; None where its answer carries no derivative."""
    if function is complex and arity == 2:
        return _ROWS["complex"]
    return CONJUGATE if function is np.conjugate else _BY_CALL.get((function, arity))


def takes_complex(function: Any, arity: int) -> bool:
    """Is this, called with so many arguments, a function of complex numbers whose meaning is known?"""
    return (function, arity) in _BY_CALL or (function, arity) in _OTHERS


def is_complex_function(function: Any) -> bool:
    """Is this a function of complex numbers whose meaning is known?"""
    try:
        return function in _FUNCTIONS
    except TypeError:  # unhashable: none is
        return False
