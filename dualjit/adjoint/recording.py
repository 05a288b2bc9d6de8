"""Runs the rules without writing anything, to learn what each operation's adjoint wants."""

from __future__ import annotations

from dataclasses import dataclass, field

from dualjit.adjoint.cotangents import ZERO
from dualjit.adjoint.statements import pull
from dualjit.adjoint.useful import Useful
from dualjit.program import nodes as p
from dualjit.program.types import Real


@dataclass
class Wants:
    """What the adjoint of one operation takes: values, shadows; and whether it does anything."""

    values: list[p.Var] = field(default_factory=list)
    memory: list[p.Var] = field(default_factory=list)
    acts: bool = False


class Recorder:
    """The `Sweep` that only takes notes."""

    def __init__(self, rules, useful: Useful, promoted):
        self.rules, self.useful, self.is_promoted = rules, useful, promoted
        self.wants, self.loc = Wants(), None

    def of(self, op: p.Op) -> Wants:
        self.wants = Wants()
        if self.useful.acts(op):
            pull(op, self)
        return self.wants

    def value(self, operand):
        if isinstance(operand, p.Var):
            self.wants.values.append(operand)
        return operand

    def memory(self, v):
        self.wants.memory.append(v)
        self.wants.acts = True
        return v

    def take(self, slot):
        known = self.useful.holds(slot)
        self.wants.acts |= known
        return ZERO if known else None

    def add(self, slot, term):
        self.wants.acts = True

    def do(self, routine, *args, t=None):
        self.wants.acts = True
        return p.Var("recorded", t) if t is not None else None

    def emit(self, op):
        self.wants.acts = True

    def fresh(self, hint, t):
        return p.Var("recorded", t or Real())

    def pullback(self, row: str):
        return self.rules.pullback(row)

    def elementwise(self, row):
        return None

    def expression(self, op):
        return None

    def returns_fresh(self, op):
        return self.rules.returns_fresh(op)

    def call_adjoint(self, op, operands, slots):
        self.wants.acts = True

    def promoted(self, op):
        return ZERO if op in self.is_promoted else None
