"""Adjoints of elementwise operations on arrays, and of those in place."""

from __future__ import annotations

from dualjit.adjoint.cotangents import ZERO
from dualjit.adjoint.refusal import refuse
from dualjit.adjoint.statements.cells import empty_cells, shadow_cell
from dualjit.adjoint.statements.numbers import exact_row, part
from dualjit.adjoint.statements.sweep import Sweep, is_active, not_shared, pull, shadow_of
from dualjit.program import nodes as p
from dualjit.program.steps import wanted_operands
from dualjit.program.types import Lst, passive
from dualjit.rules.complex import CONJUGATE, PlaneRow
from dualjit.rules.expr import ZERO as NOTHING
from dualjit.rules.expr import Answer, Arg, nodes
from dualjit.rules.table import ScalarRow


def pull_elementwise(op: p.Apply, s: Sweep) -> None:
    bar, row = shadow_of(op.target), exact_row(op)
    if bar is None:
        return
    if row is CONJUGATE:
        s.do(p.Ref("pull_conj", s.pullback("conj").function), s.memory(bar), s.memory(shadow_of(op.args[0])))
    elif isinstance(row, PlaneRow):
        z, cell = s.value(op.args[0]), s.memory(shadow_of(op.args[0]))
        parts = [part(x, name, s) for x in (z, cell) for name in row.parts]
        s.do(p.Ref(f"pull_{row.name}", s.elementwise(row.real)), s.memory(bar), s.value(op.target), *parts)
    else:
        call_elementwise(op, row, op.args, s.memory(bar), s)


def call_elementwise(op, row: ScalarRow, args, bar, s: Sweep) -> None:
    """Add what an elementwise operation gives its operands."""
    active = [i for i, a in enumerate(args) if is_active(a) and row.partials[i] is not NOTHING]
    used = {node for i in active for node in nodes(row.partials[i])}
    wanted = {node.index for node in used if isinstance(node, Arg)}
    answer = answer_of(op, args, s) if any(isinstance(node, Answer) for node in used) else None
    values = tuple(s.value(a) if i in wanted else p.Const(None) for i, a in enumerate(args))
    cells = [shadow_cell(a, s) if i in active else p.Const(None) for i, a in enumerate(args)]
    s.do(p.Ref(f"pull_{row.name}", s.elementwise(row)), bar, answer or p.Const(None), *values, *cells)
    empty_cells(args, cells, s)


@pull.register
def _(op: p.Fused, s: Sweep):
    bar = shadow_of(op.target)
    if bar is None:
        return
    active = frozenset(i for i, a in enumerate(op.args) if is_active(a))
    wanted = wanted_operands(op.steps, len(op.args), active)
    values = tuple(s.value(a) if i in wanted else p.Const(None) for i, a in enumerate(op.args))
    cells = [shadow_cell(a, s) if i in active else p.Const(None) for i, a in enumerate(op.args)]
    s.do(p.Ref("pull_fused", s.expression(op)), s.memory(bar), *values, *cells)
    empty_cells(op.args, cells, s)


def answer_of(op, args, s: Sweep):
    """The answer's value; that of an update, which has been put back by then, is computed again."""
    if not isinstance(op, p.Update):
        return s.value(op.target)
    again = s.fresh("again", passive(op.target.type))
    s.emit(p.Apply(again, None, op.immutable, tuple(map(s.value, args)), form="binop", loc=op.loc))
    return again


@pull.register
def _(op: p.Update, s: Sweep):
    bar = shadow_of(op.array)
    if bar is None:
        return
    if isinstance(op.array.type, Lst):
        raise refuse(op.loc, "a list extended in place", "reverse mode does not know it", "append to it")
    row = exact_row(p.Apply(op.target, op.row, op.immutable, (op.array, op.value), loc=op.loc))
    if shadow_of(op.value) is not None:
        s.do(not_shared("update", op.loc), s.memory(bar), s.memory(shadow_of(op.value)))
    taken = s.do("taken", s.memory(bar), ZERO, t=bar.type)
    call_elementwise(op, row, (op.array, op.value), taken, s)
