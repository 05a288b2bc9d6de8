"""Which pullback belongs to which row of the table of array functions.

One idea: a pullback is a plain Python function, compiled with the adjoint program it is called from, and the names of
its parameters say what it wants.  For a row with the parameter ``a``: ``a`` is the operand, ``a_bar`` its shadow,
into which the function adds; ``y`` is the answer and ``y_bar`` the answer's cotangent.  A shadow is None where the
operand is inactive; an operand is None where no active shadow needs it.  A row with an operand ``y`` (``where``)
calls its answer ``answer``.

Source: Giles 2008, Collected matrix derivative results for forward and reverse mode algorithmic differentiation.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass

from numba import njit
from numba.extending import register_jitable

from dualjit.rules.arrays import array_rows

ANSWER, OTHER_ANSWER = "y", "answer"

# For functions that pullbacks call, and nobody else: without wrappers they cost no machine code of their own.
inner = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)


@dataclass(frozen=True)
class Pullback:
    """How cotangents of a row's answer become those of its operands.

    Attributes
    ----------
    function : callable
        Adds to the shadows among its arguments; compiled by Numba.
    parameters : tuple of str
        Names of what it is called with, in order.
    needs : dict
        Name of an operand to the names of the operands (or ``y``) whose values its shadow takes.
    """

    function: Callable
    parameters: tuple[str, ...]
    needs: dict[str, tuple[str, ...]]
    answer: str = ANSWER

    def needed(self, active: set[str]) -> set[str]:
        """The operands (and ``y``) whose values are wanted when ``active`` operands are active."""
        return {name for operand in active for name in self.needs[operand]}


_PULLBACKS: dict[str, Pullback] = {}


def pullback(row: str, **needs: str) -> Callable[[Callable], Callable]:
    """Register the decorated function for the row of this name.

    ``needs`` gives, for an operand, the values its shadow takes (``a="b y"``); by default all that are parameters.
    """
    stub = inspect.signature(array_rows()[row].stub).parameters

    def register(function):
        parameters = tuple(inspect.signature(function).parameters)
        answer = OTHER_ANSWER if ANSWER in stub else ANSWER
        values = tuple(p for p in parameters if p in stub or p == answer)
        operands = [p.removesuffix("_bar") for p in parameters if p.endswith("_bar") and p != f"{answer}_bar"]
        unknown = {*operands, *needs} - set(stub)
        if unknown:
            raise ValueError(f"row {row!r} has no parameters {sorted(unknown)}")
        if row in _PULLBACKS:
            raise ValueError(f"a second pullback of {row!r}")
        wanted = {p: tuple(needs[p].split()) if p in needs else values for p in operands}
        _PULLBACKS[row] = Pullback(register_jitable(function), parameters, wanted, answer)
        return function

    return register


def pullback_of(row: str) -> Pullback | None:
    """The pullback of an array row, or None."""
    return _PULLBACKS.get(row)
