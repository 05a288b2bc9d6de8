"""Adjoints of reading and writing elements, parts and attributes of arrays."""

from __future__ import annotations

from dualjit.adjoint.cotangents import ZERO, cotangent
from dualjit.adjoint.refusal import refuse
from dualjit.adjoint.statements.numbers import complex_of
from dualjit.adjoint.statements.sweep import Sweep, is_active, pull, shadow_of, slot_of
from dualjit.program import nodes as p
from dualjit.program.types import Arr, Lst, is_complex


@pull.register
def _(op: p.Load, s: Sweep):
    slot = slot_of(op.target)
    if slot is None:
        if isinstance(cotangent(op.target), tuple):
            raise refuse(op.loc, "an item of a list of tuples", "reverse mode does not know it", "use arrays")
        return
    bar = s.take(slot)
    if bar is None:
        return
    source = cotangent(op.array)
    if isinstance(source, tuple):
        for k, part in enumerate(source):
            for place in (k, k - len(source)):
                s.add(part, s.do("chosen", s.value(op.index), p.Const(place), bar, ZERO, t=bar.type))
        return
    collected = s.promoted(op)
    if collected is not None:
        s.add(collected, bar)
    else:
        s.do("accumulate", s.memory(source), s.value(op.index), bar)


@pull.register
def _(op: p.Store, s: Sweep):
    bar = shadow_of(op.array)
    if bar is None or isinstance(op.array.type.elem, Arr | Lst):
        return None
    if isinstance(op.array.type, Arr) and not p.is_element(op.array.type, op.index):
        return pull_slice_store(op, bar, s)
    index = s.value(op.index)
    if slot_of(op.value) is not None:
        s.add(slot_of(op.value), s.do("take", s.memory(bar), index, ZERO, t=bar.type.elem))
    else:
        s.do("clear", s.memory(bar), index, ZERO)
    return None


def pull_slice_store(op: p.Store, bar: p.Var, s: Sweep) -> None:
    index = s.value(op.index)
    if slot_of(op.value) is not None:
        s.add(slot_of(op.value), s.do("take_sum", s.memory(bar), index, ZERO, t=bar.type.elem))
    elif shadow_of(op.value) is not None:
        s.do("take_into", s.memory(shadow_of(op.value)), s.memory(bar), index, ZERO)
    else:
        s.do("clear_part", s.memory(bar), index, ZERO)


@pull.register
def _(op: p.View, s: Sweep):
    pass


@pull.register
def _(op: p.Gather, s: Sweep):
    if shadow_of(op.target) is not None:
        s.do("scatter", s.memory(shadow_of(op.array)), s.value(op.index), s.memory(shadow_of(op.target)))


@pull.register
def _(op: p.Attr, s: Sweep):
    if slot_of(op.target) is not None:
        pull_part(op, slot_of(op.target), slot_of(op.value), s)
    elif op.name == "flat" and is_active(op.value):
        raise refuse(op.loc, f"the attribute .{op.name}", "reverse mode does not know it", "use .ravel()")


def pull_part(op: p.Attr, bar: p.Var, whole: p.Var | None, s: Sweep) -> None:
    if whole is None or op.name not in ("real", "imag"):
        raise refuse(op.loc, f"the attribute .{op.name}", "reverse mode does not know it")
    given = s.take(bar)
    if given is None:
        return
    if is_complex(whole.type):
        given = complex_of(*((given, ZERO) if op.name == "real" else (ZERO, given)), s)
    elif op.name == "imag":
        return
    s.add(whole, given)
