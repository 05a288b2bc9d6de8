"""Indices in the body of a loop, by the loop's counter.

One idea: an index that is the counter plus or minus something that the loop does not change names, round by round, one
element after the other; which elements two such indices share is known when the program is made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from dualjit.program import nodes as p
from dualjit.program.types import Int


@dataclass(frozen=True)
class Place:
    """``base + factor * counter + offset``: an index, by the counter at the beginning of a round.

    ``base`` is an integer that the loop does not change, or None; ``factor`` is 1 or -1.  Of an index of several, these
    say what the last one is, and ``row`` are the others, which the loop does not change.
    """

    base: p.Var | None
    factor: int
    offset: int
    row: tuple[p.Var, ...] = ()

    def moved(self, distance: int) -> Place:
        return replace(self, offset=self.offset + distance)


def places(body: p.Block, counter: p.Var, index_of: Callable[[p.Op], p.Operand | None]) -> dict[p.Op, Place]:
    """Operations whose index is the counter, plus or minus something that stays; ``index_of`` says what it is."""
    changed = {v.name for op in body.ops for v in p.variables(op.target)}
    known, found_at = {counter.name: Place(None, 1, 0)}, {}
    for op in body.ops:
        found = None
        if (place := _known(index_of(op), known)) is not None:
            found_at[op] = place
        if isinstance(op, p.Copy):
            found = _known(op.source, known)
        elif p.is_row(op, "add"):
            found = _shifted(*op.args, 1, known, changed) or _shifted(*reversed(op.args), 1, known, changed)
        elif p.is_row(op, "sub"):
            found = _shifted(*op.args, -1, known, changed) or _mirrored(*op.args, known, changed)
        elif p.is_row(op, "mul"):
            found = _mirrored_by(*op.args, known) or _mirrored_by(*reversed(op.args), known)
        elif isinstance(op, p.Pack) and op.kind == "tuple":
            found = _in_row(op.items, known, changed)
        for v in p.variables(op.target):
            known.pop(v.name, None)
            if found is not None:
                known[v.name] = found
    return found_at


def _known(operand: p.Operand | None, known: dict[str, Place]) -> Place | None:
    return known.get(operand.name) if isinstance(operand, p.Var) else None


def _number(operand: p.Operand) -> int | None:
    return operand.value if isinstance(operand, p.Const) and type(operand.value) is int else None


def _stays(operand: p.Operand, changed: set[str]) -> bool:
    return isinstance(operand, p.Var) and isinstance(operand.type, Int) and operand.name not in changed


def _shifted(a, b, sign: int, known: dict[str, Place], changed: set[str]) -> Place | None:
    """``a + sign * b`` where a is known."""
    place, number = _known(a, known), _number(b)
    if place is None:
        return None
    if number is not None:
        return place.moved(sign * number)
    return replace(place, base=b) if sign == 1 and place.base is None and _stays(b, changed) else None


def _mirrored(a, b, known: dict[str, Place], changed: set[str]) -> Place | None:
    """``a - b`` where b is known."""
    place, number = _known(b, known), _number(a)
    if place is None or place.base is not None or (number is None and not _stays(a, changed)):
        return None
    return Place(None if number is not None else a, -place.factor, (number or 0) - place.offset)


def _mirrored_by(a, b, known: dict[str, Place]) -> Place | None:
    """``a * b`` where a is known and b is 1 or -1."""
    place, number = _known(a, known), _number(b)
    if place is None or place.base is not None or number not in (1, -1):
        return None
    return Place(None, place.factor * number, place.offset * number)


def _in_row(items, known: dict[str, Place], changed: set[str]) -> Place | None:
    """An index of several, of which only the last one changes."""
    *row, last = items or (None,)
    place = _known(last, known)
    return replace(place, row=tuple(row)) if place is not None and all(_stays(v, changed) for v in row) else None
