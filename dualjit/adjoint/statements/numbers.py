"""Adjoints of operations on numbers, and of tuples, which are numbers and arrays side by side.

Of a complex number the cotangent is complex; its parts are those of the parts.
"""

from __future__ import annotations

from dualjit.adjoint.cotangents import cotangent, is_shadow
from dualjit.adjoint.refusal import refuse
from dualjit.adjoint.statements.sweep import Sweep, pull, slot_of
from dualjit.program import nodes as p
from dualjit.program.types import Arr, Complex, Int, Real, Tup, is_complex
from dualjit.rules.complex import CONJUGATE, NumberRow, PlaneRow, complex_rows
from dualjit.rules.expr import ONE, ZERO, Answer, Arg, Const, nodes
from dualjit.rules.table import ScalarRow, scalar_rows


def exact_row(op: p.Apply) -> NumberRow:
    """The row itself, but for powers with an integer exponent, which has no derivative."""
    integer = op.row.name == "pow" and isinstance(getattr(op.args[1], "type", None), Int)
    if not integer:
        return op.row
    return (complex_rows() if is_complex(op.target.type) else scalar_rows())["powi"]


def pull_scalar(op: p.Apply, s: Sweep) -> None:
    bar = s.take(slot_of(op.target))
    if bar is None:
        return None
    row = exact_row(op)
    if row is CONJUGATE:
        return s.add(slot_of(op.args[0]), s.do("conjugated", bar, t=bar.type))
    if isinstance(row, PlaneRow):
        return pull_plane(op, row, bar, s)
    if len(op.args) > len(row.partials):
        raise refuse(
            op.loc, f"{row.name} of {len(op.args)} numbers", "reverse mode knows it with two", "nest the calls"
        )
    for index, (operand, partial) in enumerate(zip(op.args, row.partials, strict=False)):
        slot = slot_of(operand)
        if slot is not None and partial is not ZERO:
            s.add(slot, term_of(op, row, index, partial, bar, slot.type, s))
    return None


def term_of(op: p.Apply, row: ScalarRow, index: int, partial, bar, t, s: Sweep):
    """``bar`` times (the conjugate of) a partial derivative, for an operand of type ``t``."""
    if partial is ONE:
        return bar
    if isinstance(partial, Const) and partial.value == -1.0:
        return s.do("minus", bar, t=bar.type)
    used = set(nodes(partial))
    wanted = {node.index for node in used if isinstance(node, Arg)}
    args = tuple(s.value(a) if i in wanted else p.Const(0.0) for i, a in enumerate(op.args))
    answer = s.value(op.target) if any(isinstance(node, Answer) for node in used) else p.Const(0.0)
    return pulled(row, index, bar, args, answer, t, s)


def pulled(row: ScalarRow, index: int, bar, args, answer, t, s: Sweep) -> p.Var:
    term = s.fresh("term", t)
    s.emit(p.Pull(term, row, index, bar, args, answer, loc=s.loc))
    return term


def part(z: p.Var, name: str, s: Sweep) -> p.Var:
    """The real or imaginary part of a number or an array."""
    made = s.fresh(name, Arr(Real(), z.type.ndim, "A") if isinstance(z.type, Arr) else Real())
    s.emit(p.Attr(made, z, name, loc=s.loc))
    return made


def complex_of(real, imag, s: Sweep) -> p.Var:
    made = s.fresh("bar", Complex())
    s.emit(p.Apply(made, None, complex, (real, imag), loc=s.loc))
    return made


def pull_plane(op: p.Apply, row: PlaneRow, bar, s: Sweep) -> None:
    """A real function of the parts of a complex number."""
    z, answer = s.value(op.args[0]), s.value(op.target)
    parts = tuple(part(z, name, s) for name in row.parts)
    terms = {name: pulled(row.real, k, bar, parts, answer, Real(), s) for k, name in enumerate(row.parts)}
    s.add(slot_of(op.args[0]), complex_of(terms["real"], terms["imag"], s))


@pull.register(p.Cast)
@pull.register(p.Copy)
def _(op, s: Sweep):
    pass_on(cotangent(op.target), cotangent(op.source) if isinstance(op.source, p.Var) else None, s)


@pull.register
def _(op: p.Item, s: Sweep):
    if cotangent(op.target) is not None:
        pass_on(cotangent(op.target), cotangent(op.value)[op.index], s)


@pull.register
def _(op: p.Unpack, s: Sweep):
    if cotangent(op.target) is None:
        return
    if not isinstance(op.value, p.Var) or not isinstance(op.value.type, Tup):
        raise refuse(op.loc, "unpacking of what is no tuple", "reverse mode does not know its length", "index it")
    pass_on(cotangent(op.target), cotangent(op.value), s)


@pull.register
def _(op: p.Pack, s: Sweep):
    bar = cotangent(op.target)
    if bar is None:
        return
    if op.kind == "tuple":
        parts = tuple(cotangent(v) if isinstance(v, p.Var) else None for v in op.items)
        pass_on(bar, parts, s)
    elif op.kind == "list":
        for k, item in enumerate(op.items):
            if slot_of(item) is not None:
                s.add(slot_of(item), s.do("element", s.memory(bar), p.Const(k), t=bar.type.elem))
    else:
        raise refuse(op.loc, f"a {op.kind}", "reverse mode does not know it", "use a tuple or a list")


def pass_on(source, target, s: Sweep) -> None:
    """Cotangents of numbers go on as they are; shadows are one memory already."""
    if isinstance(source, p.Var):
        if not is_shadow(source):
            bar = s.take(source)
            if bar is not None and isinstance(target, p.Var):
                s.add(target, bar)
    elif source is not None:
        for part, goal in zip(source, target if target is not None else [None] * len(source), strict=True):
            pass_on(part, goal, s)
