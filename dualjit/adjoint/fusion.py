"""Puts elementwise operations on arrays together to expressions, which are one loop forwards and one backwards.

One idea: an array that one elementwise operation makes and another one uses, alone, need not exist.  So the adjoint has
neither its shadow nor its value on a list; the reverse loop computes it again, element by element.  Numba does the same
to the expressions of the function itself.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from dualjit.adjoint.memory import harmless, written_by
from dualjit.program import nodes as p
from dualjit.program.steps import Step
from dualjit.program.types import Arr, Int, Real
from dualjit.rules.table import ScalarRow

MOST_STEPS = 24
"""Of an expression: what is computed again grows with it, and with broadcasting what is computed twice."""


def fused(function: p.Function) -> p.Function:
    """``function`` with expressions in the place of elementwise operations that only feed another one."""
    uses = Counter(v.name for block in function.blocks.values() for op in (*block.ops, block.end) for v in op.uses())
    return function.with_blocks({k: replace(b, ops=tuple(_fused(b, uses))) for k, b in function.blocks.items()})


@dataclass(frozen=True)
class _Expression:
    """An operation as an expression, and how many writes to memory stand before it."""

    op: p.Fused
    writes: int


def _fused(block: p.Block, uses: Counter) -> list[p.Op]:
    waiting: dict[str, _Expression] = {}  # by target; what is put into another one is taken out
    absorbed: set[str] = set()
    writes = 0
    for op in block.ops:
        if _is_elementwise(op):
            found = _joined(op, waiting, uses, writes)
            absorbed |= {v.name for v in op.uses()} - {v.name for v in found.uses()}
            waiting[op.target.name] = _Expression(found, writes)
        writes += _may_write(op)
    return [_final(op, waiting) for op in block.ops if op.target is None or op.target.name not in absorbed]


def _final(op: p.Op, waiting: dict[str, _Expression]) -> p.Op:
    found = waiting.get(op.target.name) if op.target is not None else None
    return found.op if found is not None and len(found.op.steps) > 1 else op


def _joined(op: p.Apply, waiting: dict[str, _Expression], uses: Counter, writes: int) -> p.Fused:
    """The operation with the expressions that its operands stand for, as far as nobody else reads these."""
    parts: list[p.Fused | p.Operand] = []
    size = 1
    for operand in op.args:
        found = waiting.get(operand.name) if isinstance(operand, p.Var) else None
        fits = (
            found is not None
            and uses[operand.name] == 1
            and found.writes == writes
            and operand.type.ndim == op.target.type.ndim
            and size + len(found.op.steps) <= MOST_STEPS
        )
        parts.append(found.op if fits else operand)
        size += len(found.op.steps) if fits else 0
    return _Joining(op, parts).whole()


class _Joining:
    """Expressions and operands under one more operation."""

    def __init__(self, op: p.Apply, parts: list):
        self.op, self.parts = op, parts
        self.args: list[p.Operand] = []
        self.steps: list[p.Step] = []

    def whole(self) -> p.Fused:
        for part in self.parts:
            for operand in part.args if isinstance(part, p.Fused) else (part,):
                if self.place(operand) is None:
                    self.args.append(operand)
        operands = tuple(map(self.enter, self.parts))
        self.steps.append(Step(self.op.function, self.op.row.name, operands))
        return p.Fused(self.op.target, tuple(self.steps), tuple(self.args), loc=self.op.loc)

    def place(self, operand) -> int | None:
        """Where an argument stands; a variable stands there once."""
        same = (k for k, a in enumerate(self.args) if a is operand or (isinstance(a, p.Var) and a == operand))
        return next(same, None)

    def enter(self, part) -> int:
        """The position of a part's answer."""
        if not isinstance(part, p.Fused):
            return self.place(part)
        moved = [self.place(a) for a in part.args]
        for step in part.steps:
            self.steps.append(replace(step, operands=tuple(moved[i] for i in step.operands)))
            moved.append(len(self.args) + len(self.steps) - 1)
        return moved[-1]


def _is_elementwise(op: p.Op) -> bool:
    """Is it an operation of real numbers with a derivative, which gives an array?"""
    return (
        isinstance(op, p.Apply)
        and isinstance(op.row, ScalarRow)
        and op.row.active
        and op.form in ("call", "binop", "unary")
        and not op.kwargs
        and len(op.args) == op.row.arity == len(op.row.partials)
        and op.row.name != "pow"  # its rule depends on the exponent's type
        and _is_reals(op.target)
        and all(_is_reals(a) or _is_number(a) for a in op.args)
    )


def _is_reals(operand) -> bool:
    t = getattr(operand, "type", None)
    return isinstance(operand, p.Var) and isinstance(t, Arr) and isinstance(t.elem, Real) and t.elem.bits == 64


def _is_number(operand) -> bool:
    if isinstance(operand, p.Const):
        return isinstance(operand.value, int | float) and not isinstance(operand.value, bool)
    t = getattr(operand, "type", None)
    return isinstance(operand, p.Var) and (t == Int() or (isinstance(t, Real) and t.bits == 64))


def _may_write(op: p.Op) -> bool:
    opaque = isinstance(op, p.Method | p.Next | p.Do) or (isinstance(op, p.Call) and not harmless(op))
    return opaque or bool(written_by(op))
