"""The table of scalar functions: one row each.

One idea: everything the package knows about a scalar function (its derivatives, its behaviour at kinks, where to test
it) is its row, and every consumer reads the same row.  A row without public functions is *internal*: it
gives a first derivative a name, so that second and higher derivatives are as accurate as the first.

Source: the form of ChainRules/DiffRules tables (Revels, Lubin, Papamarkou 2016); formulas are cited by each row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from dualjit.rules.expr import Expr, simplify, trace


@dataclass(frozen=True)
class Interval:
    """Where tests draw an argument from: between ``low`` and ``high``, with care close to each of ``near``."""

    low: float = -math.inf
    high: float = math.inf
    near: tuple[float, ...] = ()
    integer: bool = False


REAL = Interval()
POSITIVE = Interval(low=0.0)


@dataclass(frozen=True)
class Accuracy:
    """Greatest error of the derivatives in ulps, and the reason for any exception.

    Attributes
    ----------
    first, second : float
        Bounds for first and second derivatives; for an internal row, for its value and first derivatives.
    terms : tuple of pairs
        Derivatives that are sums which can cancel, by their indices (``()`` is the value), with the size of
        the terms: the error is relative to that where it is greater than the derivative.
    reason : str
        Why the row is not held to the common bounds.
    """

    first: float = 4.0
    second: float = 32.0
    terms: tuple[tuple[tuple[int, ...], Expr], ...] = ()
    reason: str = ""


def cancelling(reason: str, arity: int, **sizes: Callable) -> Accuracy:
    """The accuracy of a row with derivatives that can cancel: ``d01`` is that by arguments 0 and 1, ``d`` the value."""
    terms = tuple((tuple(map(int, key[1:])), trace(size, arity)) for key, size in sizes.items())
    return Accuracy(terms=terms, reason=reason)


@dataclass(frozen=True)
class ScalarRow:
    """What is known about one scalar function.

    Attributes
    ----------
    name : str
        Also the operation's name in expression trees.
    functions : tuple of callables
        All that mean it; empty for an internal row.  They agree up to roundings and NaN, so to repeat a user's
        value bit by bit call the one he called.
    arity : int
        Number of arguments; the least one for inactive rows which take more.
    partials : tuple of Expr
        One per argument, in ``Arg(i)`` and ``Answer()``; empty for an inactive row (derivative zero, or not a float).
    value : Expr, callable or None
        Internal rows: the value, as an expression or as a Python function of floats which Numba compiles (it calls
        none but ``math`` and NumPy functions).  None: the value is what ``functions[0]`` gives.
    singular : bool
        A partial can be infinite or NaN at a finite argument: zero tangents are to be masked there.
    domain : tuple of Interval
        Where tests draw arguments from.
    edges : str
        Behaviour at kinks, ties and ends of the domain.
    source : str
        Where the formulas stand: DLMF number or textbook.
    accuracy : Accuracy
        What the tests hold the derivatives to.
    """

    name: str
    functions: tuple[Callable[..., Any], ...]
    arity: int
    partials: tuple[Expr, ...]
    value: Expr | Callable[..., float] | None = None
    singular: bool = False
    domain: tuple[Interval, ...] = (REAL,)
    edges: str = ""
    source: str = ""
    accuracy: Accuracy = Accuracy()

    @property
    def active(self) -> bool:
        """Whether the answer carries a derivative."""
        return bool(self.partials)


@dataclass(frozen=True)
class CompositeRow:
    """A function with several outputs, each of which is a scalar row of the same arguments.

    ``divmod(x, y)`` is ``(floordiv(x, y), mod(x, y))``: ``outputs = ('floordiv', 'mod')``.
    """

    name: str
    functions: tuple[Callable[..., Any], ...]
    arity: int
    outputs: tuple[str, ...]
    edges: str = ""


_ROWS: dict[str, ScalarRow] = {}
_COMPOSITES: dict[str, CompositeRow] = {}
_BY_FUNCTION: dict[Any, ScalarRow | CompositeRow] = {}


def scalar_rows() -> Mapping[str, ScalarRow]:
    """All scalar rows by name."""
    return MappingProxyType(_ROWS)


def composite_rows() -> Mapping[str, CompositeRow]:
    """All functions with several outputs by name."""
    return MappingProxyType(_COMPOSITES)


def row_of(function: Any) -> ScalarRow | None:
    """The scalar row of a callable, or None."""
    row = _lookup(function)
    return row if isinstance(row, ScalarRow) else None


def composite_of(function: Any) -> CompositeRow | None:
    """The row of a callable with several outputs, or None."""
    row = _lookup(function)
    return row if isinstance(row, CompositeRow) else None


def _lookup(function):
    try:
        return _BY_FUNCTION.get(function)
    except TypeError:  # unhashable: no row is
        return None


def active(name: str, functions: tuple, *partials: Callable, arity: int | None = None, **more) -> ScalarRow:
    """Enter a differentiable function.

    Parameters
    ----------
    name : str
    functions : tuple of callables
    *partials : callables
        One lambda per argument, of all arguments and, where it wants the answer, ``y``.
    arity : int, optional
        Number of arguments, by default the number of lambdas.
    **more
        Further attributes of `ScalarRow`; ``value`` may be a callable or, as ``formula``, a lambda to trace.
    """
    arity = len(partials) if arity is None else arity
    if "formula" in more:
        more["value"] = simplify(trace(more.pop("formula"), arity, name))
    more["domain"] = tuple(more.get("domain", (REAL,) * arity))
    trees = tuple(simplify(trace(p, arity, name)) for p in partials)
    return _enter(_ROWS, ScalarRow(name, functions, arity, trees, **more))


def internal(name: str, *partials: Callable, **more) -> ScalarRow:
    """Enter a function which only derivatives use."""
    return active(name, (), *partials, **more)


def inactive(name: str, functions: tuple, arity: int = 1, **more) -> ScalarRow:
    """Enter a function whose derivative is zero, or whose answer is not a float."""
    more["domain"] = tuple(more.get("domain", (REAL,) * arity))
    return _enter(_ROWS, ScalarRow(name, functions, arity, (), **more))


def composite(name: str, functions: tuple, arity: int, outputs: tuple[str, ...], edges: str = "") -> CompositeRow:
    """Enter a function with several outputs."""
    return _enter(_COMPOSITES, CompositeRow(name, functions, arity, outputs, edges))


def _enter(table, row):
    if row.name in table:
        raise ValueError(f"a second row is named {row.name!r}")
    for function in row.functions:
        if function in _BY_FUNCTION:
            raise ValueError(f"{function!r} is in two rows: {_BY_FUNCTION[function].name!r} and {row.name!r}")
    table[row.name] = row
    _BY_FUNCTION.update(dict.fromkeys(row.functions, row))
    return row
