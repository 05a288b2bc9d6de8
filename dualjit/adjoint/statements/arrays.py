"""Adjoints of array functions: their pullbacks, with what these want of operands and answers."""

from __future__ import annotations

from dualjit.adjoint.cotangents import ZERO, cotangent, is_shadow, leaves
from dualjit.adjoint.memory import bound
from dualjit.adjoint.refusal import refuse
from dualjit.adjoint.shadows import shares_memory
from dualjit.adjoint.statements.cells import empty_cells, shadow_cell
from dualjit.adjoint.statements.sweep import Sweep, is_active, slot_of
from dualjit.program import nodes as p
from dualjit.program.types import Lst, is_complex


def pull_array_row(op: p.Apply, s: Sweep) -> None:
    """A call of an array function."""
    operands = bound(op)
    row = op.row
    inactive = not row.active or not any(is_active(v) for v in p.variables(tuple(operands.values())))
    if slot_of(op.target) is not None and shares_memory(op):
        raise refuse(op.loc, f"{row.name} of a number", "reverse mode has no view of it", "pass an array")
    if inactive or shares_memory(op) or (cotangent(op.target) is None and not row.writes):
        return
    if any(isinstance(getattr(operands.get(name), "type", None), Lst) for name in row.writes):
        raise refuse(op.loc, f"{row.name} of a list", "reverse mode does not put lists back", "use an array")
    if row.name == "nan_to_num" and (len(op.args) > 1 or op.kwargs):
        raise refuse(op.loc, "nan_to_num with options", "reverse mode knows it as a copy alone", "write np.where")
    out = operands.get("out")
    if isinstance(out, p.Var):
        raise refuse(
            op.loc, f"{row.name} with out=", "reverse mode does not know it", "assign the answer: out[...] = ..."
        )
    found = row.pullback or s.pullback(row.name)
    if found is None:
        raise refuse(
            op.loc, f"the call of {row.name}", "reverse mode has no rule for it yet", "forward mode (jacfwd, jvp) has"
        )
    answer_bar = taken_answer(op, s)
    if answer_bar is None:
        return
    active = [n for n, v in operands.items() if n in found.needs and any(map(is_active, p.variables((v,))))]
    wanted = found.needed(set(active))
    wide = is_complex(op.target.type)
    cells = {name: shadow_cell_of(operands[name], s, wide) for name in active}
    args = []
    for name in found.parameters:
        if name == found.answer:
            args.append(argument(op.target, name in wanted, s))
        elif name == f"{found.answer}_bar":
            args.append(answer_bar)
        elif name.endswith("_bar") and name.removesuffix("_bar") in found.needs:
            args.append(cells.get(name.removesuffix("_bar"), p.Const(None)))
        else:
            args.append(argument(operands[name], name in wanted or name not in found.needs, s))
    s.do(p.Ref(f"pull_{row.name}", found.function), *args)
    for name in active:
        empty_nested(operands[name], cells[name], s)


def shadow_cell_of(operand, s: Sweep, wide: bool):
    if isinstance(operand, tuple):
        return tuple(shadow_cell_of(v, s, wide) for v in operand)
    return shadow_cell(operand, s, wide)


def empty_nested(operand, cell, s: Sweep) -> None:
    if isinstance(operand, tuple):
        for v, c in zip(operand, cell, strict=True):
            empty_nested(v, c, s)
    else:
        empty_cells((operand,), (cell,), s)


def argument(operand, wanted: bool, s: Sweep):
    """An operand as an argument of a pullback: its value, or None where that is not wanted.

    Complex values come conjugated: what holds for real numbers holds then for holomorphic functions.  Of what is in
    lists and tuples pullbacks want the shapes alone.
    """
    if isinstance(operand, tuple):
        return tuple(argument(v, wanted, s) for v in operand)
    if not isinstance(operand, p.Var):
        return operand if isinstance(operand, p.Const | p.Ref) else p.Const(operand)
    if not wanted:
        return p.Const(None)
    return s.do("conjugated", s.value(operand), t=operand.type) if is_complex(operand.type) else s.value(operand)


def taken_answer(op: p.Apply, s: Sweep):
    """The cotangent of the answer as an argument: slots are emptied; None when nothing has come."""

    def go(bar):
        if isinstance(bar, tuple):
            return tuple(p.Const(None) if (part := go(inner)) is None else part for inner in bar)
        if bar is None:
            return p.Const(None)
        return s.memory(bar) if is_shadow(bar) else (s.take(bar) or None)

    bar = cotangent(op.target)
    if bar is None:
        return p.Const(None)  # it writes to an operand
    if isinstance(bar, tuple) and not any(map(is_shadow, leaves(bar))):
        return tuple(ZERO if (part := go(inner)) is None else part for inner in bar)
    return go(bar)
