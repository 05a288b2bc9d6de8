"""What rules are written against: the sweep, and what an operand has of cotangents."""

from __future__ import annotations

from functools import singledispatch
from typing import Protocol

from dualjit.adjoint.cotangents import cotangent, is_shadow
from dualjit.adjoint.refusal import refuse
from dualjit.adjoint.runtime import refuse_shared
from dualjit.program import nodes as p


class Sweep(Protocol):
    """What a rule is written against; ``loc`` is where the operation stands."""

    loc: p.Loc

    def value(self, operand):
        """The operand's value at this point of the program; recorded as needed."""

    def memory(self, v: p.Var):
        """The shadow variable ``v``; recorded as needed."""

    def take(self, slot: p.Var):
        """What has been added to a slot, which is zero from here on; None when it is known to be nothing."""

    def add(self, slot: p.Var, term) -> None:
        """``slot += term``."""

    def do(self, routine: str, *args, t=None):
        """Call a routine of the run time; the variable with its result where a type ``t`` is given."""

    def emit(self, op: p.Op) -> None: ...

    def fresh(self, hint: str, t) -> p.Var: ...

    def pullback(self, op: p.Apply) -> tuple:
        """The function that pulls back through an array row or an elementwise operation, and names of what it takes."""

    def expression(self, op: p.Fused):
        """The routine that pulls back through an expression."""

    def returns_fresh(self, op: p.Call) -> bool:
        """Is all that a function compiled apart returns memory of its own?"""

    def promoted(self, op: p.Load) -> p.Var | None:
        """The slot which collects what goes to an element that is the same in all rounds of a loop."""


@singledispatch
def pull(op: p.Op, s: Sweep) -> None:
    """Write the adjoint of an operation."""
    raise refuse(op.loc, f"a {type(op).__name__}", "reverse mode has no rule for it")


def slot_of(operand) -> p.Var | None:
    """The slot of an active number."""
    bar = cotangent(operand) if isinstance(operand, p.Var) else None
    return bar if isinstance(bar, p.Var) and not is_shadow(bar) else None


def shadow_of(operand) -> p.Var | None:
    """The shadow of an active array or list."""
    bar = cotangent(operand) if isinstance(operand, p.Var) else None
    return bar if isinstance(bar, p.Var) and is_shadow(bar) else None


def is_active(operand) -> bool:
    return isinstance(operand, p.Var) and operand.active


def not_shared(kind: str, loc: p.Loc) -> p.Ref:
    return p.Ref(f"not_shared_{kind}", refuse_shared(kind, loc.file, loc.line))
