"""How much an adjoint program tapes at most, where that can be told before it runs.

One idea: integers that a program computes from constants, from the lengths of its arguments and from counters of loops
lie in intervals, and so do the numbers of rounds of its loops.

Source: interval analysis of loop bounds, as in worst-case execution times (Ermedahl and Gustafsson 1997).
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from math import inf

from dualjit.adjoint.generation import Generator
from dualjit.adjoint.plan import argument_for
from dualjit.program import nodes as p
from dualjit.program.canonical import Region
from dualjit.program.types import INT, Complex, Type, components, is_number

Interval = tuple[float, float]
ANY: Interval = (-inf, inf)
SHAPES = Mapping[str, tuple[int, ...]]
MONOTONE = {"add": operator.add, "sub": operator.sub, "mul": operator.mul, "min": min, "max": max}
"""Rows whose answer is least and greatest at ends of their operands' intervals."""
NUMBER = 8
"""Bytes of a number on the tape, at most; a complex one has two."""


@dataclass(frozen=True)
class Frames:
    """What a loop tapes.

    Attributes
    ----------
    region : Region
    bytes : int
        Of one round.
    rounds : float
        In all, at most; infinity where that is not known.
    loc : Loc
        Where the loop is.
    """

    region: Region
    bytes: int
    rounds: float
    loc: p.Loc


def frames(made: Generator, shapes: SHAPES) -> list[Frames]:
    """What the loops of a program tape; ``shapes`` are those of its array arguments, by the names of these."""
    numbers = Integers(made, shapes)
    return [
        Frames(r, size, numbers.rounds(r), made.plan.blocks[r.header].end.loc)
        for r in sorted(made.plan.acting, key=lambda r: r.header)
        if (size := sum(bytes_of(v.type) for v in made.plain(r)))
    ]


def bytes_of(t: Type) -> int:
    """How many bytes a number, or a tuple of numbers, takes at most."""
    return sum(NUMBER * (1 + isinstance(part, Complex)) for part in components(t) if is_number(part))


class Integers:
    """The intervals of a program's integers."""

    def __init__(self, made: Generator, shapes: SHAPES):
        self.plan, self.shapes = made.plan, shapes
        counted = [r.counted for r in made.c.regions.values() if r.counted is not None]
        self.counters = {c.counter.name: c for c in counted}
        self.waiting: set[str] = set()

    def rounds(self, region: Region | None) -> float:
        """How many rounds a loop has in all, those around it counted."""
        total = 1.0
        while region is not None:
            highest = self.of(region.counted.trips)[1] if region.counted is not None else inf
            if highest <= 0:
                return 0.0
            total *= highest
            region = region.parent
        return total

    def of(self, x) -> Interval:
        """Where an operand lies."""
        if isinstance(x, p.Const | p.Ref):
            is_integer = isinstance(x.value, int)
            return (x.value, x.value) if is_integer else ANY
        if not isinstance(x, p.Var) or x.name in self.waiting or x.type != INT:
            return ANY
        self.waiting.add(x.name)
        found = self.computed(x)
        self.waiting.discard(x.name)
        return found

    def computed(self, v: p.Var) -> Interval:
        at = self.plan.definitions.get(v.name)
        if v.name in self.counters:
            return 0, max(self.of(self.counters[v.name].trips)[1] - 1, 0)
        if at is None or at.block is None:
            return ANY
        return self.by(at.op) if at.op is not None else self.arriving(v, at.block)

    def arriving(self, v: p.Var, label: int) -> Interval:
        """A parameter of a block."""
        blocks = self.plan.blocks
        edges = [e for b in blocks.values() for e in b.end.edges if e.to == label]
        found = [self.of(argument_for(blocks[label], e, v)) for e in edges]
        return min(low for low, _ in found), max(high for _, high in found)

    def by(self, op: p.Op) -> Interval:
        """What an operation computes."""
        match op:
            case p.Copy(source=x) | p.Cast(source=x):
                return self.of(x)
            case p.Attr(value=p.Var() as array, name="size"):
                return self.length(array, None)
            case p.Call(callee=p.Ref(value=f), args=(p.Var() as array,)) if f is len:
                return self.length(array, 0)
            case p.Item(value=p.Var() as shape, index=int() as k):
                return self.extent(shape, k)
            case p.Do(routine=p.Routine(name="trips"), args=(start, stop, p.Const(value=int() as step))) if step:
                return self.trips(self.of(start), self.of(stop), step)
            case p.Apply(row=row, args=args) if getattr(row, "name", "") in MONOTONE and not op.kwargs:
                return ends(MONOTONE[row.name], [self.of(x) for x in args])
        return ANY

    def length(self, array: p.Var, axis: int | None) -> Interval:
        shape = self.shapes.get(array.name)
        if shape is None:
            return 0, inf
        size = 1
        for extent in shape if axis is None else shape[axis : axis + 1]:
            size *= extent
        return size, size

    def extent(self, shape: p.Var, k: int) -> Interval:
        """An item of a shape."""
        at = self.plan.definitions.get(shape.name)
        if at is not None and isinstance(at.op, p.Attr) and at.op.name == "shape" and isinstance(at.op.value, p.Var):
            return self.length(at.op.value, k)
        return ANY

    @staticmethod
    def trips(start: Interval, stop: Interval, step: int) -> Interval:
        """Rounds of a range."""
        way = stop[1] - start[0] if step > 0 else start[1] - stop[0]
        return 0, way if way == inf else max(-(-way // abs(step)), 0)


def ends(function, operands: list[Interval]) -> Interval:
    """The least and the greatest answer at the ends of intervals."""
    if any(abs(end) == inf for interval in operands for end in interval):
        return ANY
    found = [function(*given) for given in product(*operands)]
    return min(found), max(found)
