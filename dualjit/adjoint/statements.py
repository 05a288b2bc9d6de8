"""The adjoint of each operation: how the cotangent of what it makes goes to what it is made from.

One idea: a rule is written once, against a `Sweep`; run with a recorder it says which values it wants, run with a
generator it writes the reverse sweep, so the two can't differ.

Source: Griewank and Walther, Evaluating Derivatives, 2nd ed., sections 3.2 and 6.1 (adjoint statements).
"""

from __future__ import annotations

from functools import singledispatch
from typing import Protocol

from dualjit.adjoint.cotangents import COMPLEX_ZERO, ZERO, cotangent, is_shadow, leaves, zero_like
from dualjit.adjoint.memory import allocates, bound, harmless
from dualjit.adjoint.refusal import refuse
from dualjit.adjoint.runtime import refuse_shared
from dualjit.adjoint.shadows import shares_memory
from dualjit.program import nodes as p
from dualjit.program.types import Arr, Complex, Int, Lst, Real, Tup, components, holds_memory, is_complex, passive
from dualjit.rules.arrays import ArrayRow
from dualjit.rules.complex import CONJUGATE, NumberRow, PlaneRow, complex_rows
from dualjit.rules.expr import ONE, Answer, Arg, Const, nodes
from dualjit.rules.expr import ZERO as NOTHING
from dualjit.rules.table import ScalarRow, scalar_rows

WIDE = Arr(Complex(), 1)
"""The type of what receives the complex cotangents of real numbers; whatever its dimension."""


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


# ---- numbers


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
        if slot is not None and partial is not NOTHING:
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


# ---- parts of complex numbers; of a complex number the cotangent is complex, its parts are those of the parts


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


# ---- elements


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


# ---- whole arrays


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


def answer_of(op, args, s: Sweep):
    """The answer's value; that of an update, which has been put back by then, is computed again."""
    if not isinstance(op, p.Update):
        return s.value(op.target)
    again = s.fresh("again", passive(op.target.type))
    s.emit(p.Apply(again, None, op.immutable, tuple(map(s.value, args)), form="binop", loc=op.loc))
    return again


def shadow_cell(operand, s: Sweep, wide: bool = False):
    """Memory that a pullback adds to: the shadow, or a cell that stands for a number's slot; tuples of these.

    With ``wide`` it takes complex cotangents, also those of a real operand.
    """
    return _cell(cotangent(operand), s, wide) if isinstance(operand, p.Var) else p.Const(None)


def _cell(bar, s: Sweep, wide: bool):
    if bar is None:
        return p.Const(None)
    if isinstance(bar, tuple):
        return tuple(_cell(part, s, wide) for part in bar)
    if is_shadow(bar):
        widened = wide and isinstance(bar.type, Arr) and not is_complex(bar.type)
        return s.do("complex_shadow", s.memory(bar), ZERO, t=WIDE) if widened else s.memory(bar)
    zero = COMPLEX_ZERO if wide else zero_like(bar.type)
    return s.do("cell", zero, t=Arr(zero.type, 0))


def empty_cells(operands, cells, s: Sweep) -> None:
    """Add what the cells have received to the slots they stand for."""
    for operand, cell in zip(operands, cells, strict=True):
        if isinstance(operand, p.Var):
            _empty(cotangent(operand), cell, s)


def _empty(bar, cell, s: Sweep) -> None:
    if isinstance(bar, tuple):
        for part, inner in zip(bar, cell if isinstance(cell, tuple) else [None] * len(bar), strict=True):
            _empty(part, inner, s)
    elif isinstance(cell, p.Var) and is_shadow(bar):
        if cell.type is WIDE:
            s.do("add_real", s.memory(bar), cell)
    elif isinstance(cell, p.Var):
        s.add(bar, s.do("element", cell, p.Const(()), t=cell.type.elem))


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


def not_shared(kind: str, loc: p.Loc) -> p.Ref:
    return p.Ref(f"not_shared_{kind}", refuse_shared(kind, loc.file, loc.line))


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
    found = s.pullback(row.name)
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


# ---- the rest


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
            s.do("push_back", s.memory(bar), s.take(slot_of(op.target)) or ZERO)
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
    seeds = [s.memory(part) if is_shadow(part) else s.take(part) or ZERO for part in leaves(bar)]
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
