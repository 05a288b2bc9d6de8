"""Adjoints of calls: of functions with a row, of methods, of functions compiled apart; and of what has none."""

from __future__ import annotations

from dualjit.adjoint.cotangents import ZERO, cotangent, is_shadow, leaves
from dualjit.adjoint.memory import allocates, harmless
from dualjit.adjoint.refusal import refuse
from dualjit.adjoint.statements.arrays import pull_array_row
from dualjit.adjoint.statements.elementwise import pull_elementwise
from dualjit.adjoint.statements.numbers import pull_scalar
from dualjit.adjoint.statements.sweep import Sweep, is_active, not_shared, pull, shadow_of, slot_of
from dualjit.program import nodes as p
from dualjit.program.types import Arr, Lst, Tup, components, holds_memory
from dualjit.rules.arrays import ArrayRow
from dualjit.rules.complex import NumberRow


@pull.register
def _(op: p.Apply, s: Sweep):
    if isinstance(op.row, ArrayRow):
        return pull_array_row(op, s)
    if not isinstance(op.row, NumberRow):
        if not is_active(op.target):
            return None  # `is`, `in` and the like
        raise refuse(
            op.loc, f"the operator {getattr(op.function, '__name__', op.function)}", "reverse mode has no rule for it"
        )
    if isinstance(op.target.type, Arr) or any(isinstance(getattr(a, "type", None), Arr) for a in op.args):
        return pull_elementwise(op, s) if op.row.active else None
    if op.row.active and slot_of(op.target) is not None:
        pull_scalar(op, s)
    return None


@pull.register
def _(op: p.Method, s: Sweep):
    bar = shadow_of(op.receiver)
    if bar is None and is_active(op.target):
        raise refuse(op.loc, f"the method .{op.name}()", "reverse mode does not know it")
    if bar is None or op.name in ("index", "count"):
        return
    if op.name == "append":
        (item,) = op.args
        if slot_of(item) is not None:
            s.add(slot_of(item), s.do("pop", s.memory(bar), t=bar.type.elem))
        else:
            s.do("pop", s.memory(bar))
    elif op.name == "pop" and not op.args:
        if slot_of(op.target) is not None:
            s.do("push_back", s.memory(bar), in_memory(s, s.take(slot_of(op.target))))
        else:
            s.do("push_back", s.memory(bar), s.memory(shadow_of(op.target)))
    else:
        raise refuse(op.loc, f"the method .{op.name}() of a list", "reverse mode does not know it", "append and index")


@pull.register
def _(op: p.Call, s: Sweep):
    operands = [v for v in p.variables((op.args, op.kwargs, op.vararg)) if v.active]
    if allocates(op) or (cotangent(op.target) is None and (not operands or harmless(op))):
        return None
    if op.types is not None:
        return pull_apart(op, s)
    raise refuse(op.loc, f"the call of {getattr(op.callee, 'name', 'a function')}", "reverse mode can't look into it")


def in_memory(s: Sweep, bar):
    """A slot's cotangent of the type of those in memory, which functions compiled apart take, too."""
    return ZERO if bar is None else s.do("plus", bar, ZERO, t=bar.type)


def pull_apart(op: p.Call, s: Sweep) -> None:
    """A call of a function compiled apart: its adjoint runs it again, from the arguments as they were."""
    given = (*op.args, *(() if op.vararg is None else (op.vararg,)))
    held = [v for v in (*given, op.target) if isinstance(v, p.Var) and holds_memory(v.type)]
    lists = any(isinstance(t, Lst) for v in held for t in components(v.type))
    if lists or any(not isinstance(v.type, Arr) for v in held if v is not op.target):
        raise refuse(op.loc, f"the call of {op.callee.name}", "it takes tuples of arrays, or lists", "pass arrays")
    if op.target in held and not s.returns_fresh(op):
        check_answer(op, [v for v in held if v is not op.target], s)
    bar = cotangent(op.target)
    seeds = [s.memory(part) if is_shadow(part) else in_memory(s, s.take(part)) for part in leaves(bar)]
    operands = []
    for v in given:
        operands.append(s.value(v))
        operands += [
            s.memory(part) for part in leaves(cotangent(v) if isinstance(v, p.Var) else None) if is_shadow(part)
        ]
    slots = [part for v in given if isinstance(v, p.Var) for part in leaves(cotangent(v)) if not is_shadow(part)]
    s.call_adjoint(op, (*operands, *seeds), slots)


def check_answer(op: p.Call, given: list[p.Var], s: Sweep) -> None:
    """Look at run time whether an array in an answer is an argument's memory, or there twice."""
    returned = arrays_in(s.value(op.target), op.target.type, s)
    known = [s.value(v) for v in given]
    for k, array in enumerate(returned):
        for other in (*known, *returned[k + 1 :]):
            s.do(not_shared("answer", op.loc), array, other)


def arrays_in(value, t, s: Sweep) -> list[p.Var]:
    """The arrays in an array or a nest of tuples."""
    if isinstance(t, Arr):
        return [value]
    found = []
    for k, item in enumerate(t.items if isinstance(t, Tup) else ()):
        if holds_memory(item):
            part = s.fresh("part", item)
            s.emit(p.Item(part, value, k, loc=s.loc))
            found += arrays_in(part, item, s)
    return found


@pull.register(p.Iter)
@pull.register(p.Next)
@pull.register(p.First)
@pull.register(p.Second)
def _(op, s: Sweep):
    if is_active(op.target) and not isinstance(op, p.Iter):
        raise refuse(op.loc, "this iteration", "reverse mode can't go back through its iterator", "loop over indices")


@pull.register(p.Do)
@pull.register(p.Print)
def _(op, s: Sweep):
    pass
