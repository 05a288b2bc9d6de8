"""Additions to neighbouring elements of a shadow, round after round, go by way of registers.

One idea: a loop that adds to ``bar[i]`` and to ``bar[i + 1]`` loads in each round what the round before has stored, so
it can use no vectors.  Here each round adds once, to the element that no later round adds to, and what is to be added
to the elements beside it is carried on to the next rounds: a recurrence, which LLVM makes vectors of.

It is done where the loop's body is one block which nothing but additions touches the memory of the shadow in.  Sums of
cotangents may be added in any order.
"""

from __future__ import annotations

import operator
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from dualjit.adjoint.cotangents import PLAIN_ZERO
from dualjit.adjoint.places import Place, places
from dualjit.program import nodes as p
from dualjit.program.naming import Names
from dualjit.program.types import INT, Arr, Real, Tup, holds_memory

MOST_CARRIED = 4
"""Registers for each shadow: the distance between the elements."""
ADDING, AT_END, SUM = p.Routine("accumulate"), p.Routine("accumulate_unless_zero"), p.Routine("plus")
TAKING = {p.Routine("take"), p.Routine("clear")}


def carried(program: p.Function) -> p.Function:
    """The program with such additions carried."""
    blocks = dict(program.blocks)
    names = Names(program)
    for label, block in program.blocks.items():
        loop = found_loop(program, block)
        for bar, additions in groups(program, loop) if loop is not None else ():
            _carry(blocks, replace(loop, body=blocks[label]), bar, additions, names)
    return program.with_blocks(blocks)


@dataclass(frozen=True)
class Loop:
    """A header that asks, and a body of one block that counts.

    Attributes
    ----------
    header, body : Block
    counter : Var
    step : int
        1 or -1, what a round adds to the counter.
    places : dict
        Additions to elements, to where these are.
    """

    header: p.Block
    body: p.Block
    counter: p.Var
    step: int
    places: dict[p.Op, Place]


@dataclass(frozen=True)
class Addition:
    """One to an element of a shadow."""

    op: p.Do
    place: Place


def found_loop(program: p.Function, body: p.Block) -> Loop | None:
    """The loop whose body this block is."""
    if not isinstance(body.end, p.Jump) or body.params or body.end.edge.args:
        return None
    header = program.blocks[body.end.edge.to]
    if not isinstance(header.end, p.Branch) or header.params or header.end.then.to != body.label:
        return None
    counters = [op for op in body.ops if _step_of(op)]
    if len(counters) != 1:
        return None
    (counting,) = counters
    return Loop(header, body, counting.target, _step_of(counting), places(body, counting.target, _index_added_at))


def _step_of(op: p.Op) -> int:
    """1 or -1 where the operation counts: ``k = add(k, 1)``."""
    if not p.is_row(op, "add") or op.args[0] != op.target or not isinstance(op.args[1], p.Const):
        return 0
    return op.args[1].value if op.args[1].value in (1, -1) else 0


def _index_added_at(op: p.Op) -> p.Operand | None:
    return op.args[1] if _is_addition(op) else None


def _is_addition(op: p.Op) -> bool:
    return isinstance(op, p.Do) and op.routine == ADDING


def groups(program: p.Function, loop: Loop) -> Iterator[tuple[p.Var, list[Addition]]]:
    """Shadows that the loop does nothing to but add to several neighbours, with these additions."""
    found: dict[tuple, list[Addition]] = defaultdict(list)
    adding: dict[p.Var, list[p.Op]] = defaultdict(list)
    for op in filter(_is_addition, loop.body.ops):
        bar, _, term = op.args
        adding[bar].append(op)
        place = loop.places.get(op)
        numbers = isinstance(bar.type, Arr) and isinstance(bar.type.elem, Real) and isinstance(term, p.Var)
        if place is not None and numbers and isinstance(term.type, Real):
            found[bar, place.base, place.factor, place.row].append(Addition(op, place))
    for (bar, *_), additions in found.items():
        offsets = {a.place.offset for a in additions}
        near = 0 < max(offsets) - min(offsets) <= MOST_CARRIED
        if near and all(op in adding[bar] or _leaves(op, bar, program.scopes) for op in loop.body.ops):
            yield bar, additions


def _leaves(op: p.Op, bar: p.Var, scopes: dict[str, str] | None) -> bool:
    """Does an operation neither read nor set what is in a shadow?"""
    memory = [v for v in (*op.uses(), *p.variables(op.target)) if holds_memory(v.type)]
    if bar in memory:
        return False
    if isinstance(op, p.Load | p.Store | p.Attr):
        return all(isinstance(v.type, Arr) for v in memory)  # of the primal: shadows are touched by routines alone
    if _is_addition(op):
        return True
    if isinstance(op, p.Do) and op.routine in TAKING:
        (other,) = memory
        return (
            scopes is not None
            and None not in (scopes.get(bar.name), scopes.get(other.name))
            and (scopes[bar.name] != scopes[other.name])
        )
    return not memory


def _carry(blocks: dict, loop: Loop, bar: p.Var, additions: list[Addition], names: Names) -> None:
    """Exchange the loop for one that carries these additions."""
    loc, way = additions[0].op.loc, loop.step * additions[0].place.factor
    last = min(additions, key=lambda a: way * a.place.offset)  # adds to an element after all others
    name = f"{bar.name}.{last.op.args[1].name}"
    later: dict[int, list[p.Var]] = defaultdict(list)
    ops: list[p.Op] = []
    index, whole = p.Var(f"{name}.index", last.op.args[1].type), p.Var(f"{name}.whole", Real())
    for op in loop.body.ops:
        found = next((a for a in additions if a.op is op), None)
        if found is None:
            ops.append(op)
            continue
        distance = way * (found.place.offset - last.place.offset)
        term = p.Var(f"{name}.term.{distance}.{len(later[distance])}", Real())
        later[distance].append(term)
        ops.append(p.Copy(term, op.args[2], loc=loc))
        if found is last:
            ops.append(p.Copy(index, op.args[1], loc=loc))
    registers = [p.Var(f"{name}.carried.{k}", Real()) for k in range(1, max(later) + 1)]
    for k, target in enumerate([whole, *registers]):
        ops += _summed(target, [*later[k], *registers[k : k + 1]], loc)
    ops.append(p.Do(None, ADDING, (bar, index, whole), loc=loc))
    blocks[loop.body.label] = replace(blocks[loop.body.label], ops=tuple(ops))
    rest = [
        op
        for k, register in enumerate(registers)
        for op in _added_at_end(bar, loop.counter, last.place.moved(way * k), register, f"{name}.end.{k}", loc)
    ]
    empty = [p.Copy(v, PLAIN_ZERO, loc=loc) for v in registers]
    _surround(blocks, loop.header.label, loop.body.label, empty, rest, names, loc)


def _added_at_end(bar: p.Var, counter: p.Var, place: Place, term: p.Var, name: str, loc: p.Loc) -> Iterator[p.Op]:
    """Add to the element that the next round would name so."""
    signed, moved, index = (p.Var(f"{name}.{what}", INT) for what in ("signed", "moved", "index"))
    yield p.binop(signed, operator.mul, counter, p.Const(place.factor, INT), loc)
    yield p.binop(moved, operator.add, signed, place.base or p.Const(0, INT), loc)
    yield p.binop(index, operator.add, moved, p.Const(place.offset, INT), loc)
    if place.row:
        items = (*place.row, index)
        index = p.Var(f"{name}.indices", Tup((*(v.type for v in place.row), INT)))
        yield p.Pack(index, items, loc=loc)
    yield p.Do(None, AT_END, (bar, index, term), loc=loc)


def _surround(blocks: dict, header: int, body: int, before: list, after: list, names: Names, loc) -> None:
    """Operations before a loop, and behind it."""
    entry, way_out = names.label(), names.label()
    for label, block in list(blocks.items()):
        if label != body:
            blocks[label] = replace(
                block, end=block.end.rerouted(lambda e: replace(e, to=entry) if e.to == header else e)
            )
    end = blocks[header].end
    blocks[entry] = p.Block(entry, (), tuple(before), p.Jump(p.Edge(header), loc=loc))
    blocks[way_out] = p.Block(way_out, (), tuple(after), p.Jump(end.other, loc=loc))
    blocks[header] = replace(blocks[header], end=replace(end, other=p.Edge(way_out)))


def _summed(target: p.Var, terms: list[p.Var], loc: p.Loc) -> Iterator[p.Op]:
    """``target`` is the sum of one term or more."""
    total, *rest = terms
    if not rest:
        yield p.Copy(target, total, loc=loc)
    for term in rest:
        yield p.Do(target, SUM, (total, term), loc=loc)
        total = target
