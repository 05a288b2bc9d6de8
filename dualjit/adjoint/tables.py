"""Functions of elements that stay what they are in a loop: computed once, for all elements, before it.

One idea: in ``for i: for k: ... exp(a[k])`` each round of the outer loop computes the same exponentials, and its
reverse computes them again.  Where nothing in the loop writes to ``a``, the adjoint has a table of them instead, whose
cotangent is collected over all rounds and goes back through ``exp`` once.  The values are the same, bit for bit.

Source: loop-invariant code motion with scalar expansion, Allen and Kennedy, Optimizing Compilers for Modern
Architectures, section 5.3.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cached_property

from dualjit.adjoint.memory import Memory
from dualjit.program import nodes as p
from dualjit.program.canonical import Canonical, Region
from dualjit.program.flow import dominates, immediate_dominators
from dualjit.program.steps import Step
from dualjit.program.types import Arr, Int, Other, Real, Tup
from dualjit.rules.table import ScalarRow

HYPERBOLIC = ("sinh", "cosh", "tanh", "asinh", "acosh", "atanh")
CIRCULAR = ("sin", "cos", "tan", "asin", "acos", "atan")
COSTLY = frozenset(("exp", "exp2", "expm1", "log", "log1p", "log2", "log10", *CIRCULAR, *HYPERBOLIC))
CHEAP = frozenset(("add", "sub", "mul", "neg", "abs", "sqrt"))
SLICE = Other("slice<a:b>", "slice")


def with_tables(c: Canonical) -> Canonical:
    """The program with tables in the place of such functions."""
    search = _Search(c)
    before: dict[int, list[p.Op]] = defaultdict(list)
    instead: dict[p.Op, p.Op] = {}
    for label, block in c.blocks.items():
        for op in block.ops:
            found = search.table(op, label)
            if found is not None:
                before[found.region.preheader] += found.ops
                instead[op] = p.Load(op.target, found.array, found.index, loc=op.loc)
    blocks = {
        label: replace(b, ops=(*(instead.get(op, op) for op in b.ops), *before[label])) for label, b in c.blocks.items()
    }
    return replace(c, function=c.function.with_blocks(blocks)) if instead else c


@dataclass(frozen=True)
class _Table:
    """Operations that make a table before a loop, and where an element stands in it."""

    region: Region
    ops: list[p.Op]
    array: p.Var
    index: p.Operand


class _Search:
    """What is asked of a program."""

    def __init__(self, c: Canonical):
        self.c, self.memory = c, Memory(c.blocks)
        self.made = {op.target.name: (label, op) for label, b in c.blocks.items() for op in b.ops if op.target}
        self.home = {name: label for name, (label, _) in self.made.items()}
        self.home |= {v.name: label for label, b in c.blocks.items() for v in b.params}
        self.counters = {r.counted.counter.name: r for r in c.regions.values() if r.counted is not None}

    @cached_property
    def idom(self):
        return immediate_dominators(self.c.blocks, self.c.function.entry)

    def table(self, op: p.Op, label: int) -> _Table | None:
        """The table for an operation; None where it has to be computed in each round."""
        if not _is_of(op, COSTLY) or label in self.c.doomed:
            return None
        chain = self.chain(label)
        # in an outermost loop alone: a table for each round of a loop around it would have to be kept
        if len(chain) < 2 or not self.runs_in_each_round(label, chain):
            return None
        outer = chain[-1]
        inner = {r.counted.counter.name: r for r in chain[:-1]}
        return _Expression(self, outer, inner).table(op)

    def chain(self, label: int) -> list[Region]:
        """The loops around a block, the innermost first."""
        found, region = [], self.c.region_of[label]
        while region is not None:
            found.append(region)
            region = region.parent
        return found

    def runs_in_each_round(self, label: int, chain: list[Region]) -> bool:
        """Does a block run in every round of every loop around it?"""
        for region in chain[:-1]:
            if not region.simple or not dominates(self.idom, label, region.latch):
                return False
            label = region.preheader
        return dominates(self.idom, label, chain[-1].latch)

    def is_inside(self, v: p.Var, region: Region) -> bool:
        """Is a variable defined in a loop?"""
        return region.contains(self.c.region_of[self.home[v.name]]) if v.name in self.home else False

    def is_written(self, array: p.Var, region: Region) -> bool:
        """Is memory of an array written in a loop?"""
        sites = self.memory.writes.get(self.memory.of(array), ())
        return any(region.contains(self.c.region_of[site.block]) for site, _ in sites)


class _Unfit(Exception):
    """No expression of elements that stay what they are."""


class _Expression:
    """An operation as an expression of whole arrays before the loop ``outer``; ``inner``: loops in it, by counters."""

    def __init__(self, search: _Search, outer: Region, inner: dict[str, Region]):
        self.search, self.outer, self.inner = search, outer, inner
        self.names = search.c.names
        self.ops: list[p.Op] = []
        self.args: list[p.Operand] = []
        self.steps: list[tuple[p.Apply, list]] = []
        self.index: p.Operand | None = None
        self.ranges: p.Operand | None = None

    def table(self, op: p.Apply) -> _Table | None:
        try:
            self.step(op)
        except _Unfit:
            return None
        if self.index is None:
            return None
        self.ops.append(self.whole(op))
        return _Table(self.outer, self.ops, self.ops[-1].target, self.index)

    def whole(self, op: p.Apply) -> p.Fused:
        """All elements of the table."""
        steps, count = [], len(self.args)
        for made, operands in self.steps:
            places = tuple(k if kind == "arg" else count + k for kind, k in operands)
            steps.append(Step(made.function, made.row.name, places))
        used = [v for v in p.variables(tuple(self.args)) if v.active]
        elem = Real(64, bool(used))
        ndim = next(v.type.ndim for v in p.variables(tuple(self.args)) if isinstance(v.type, Arr))
        return p.Fused(self.names.var("table", Arr(elem, ndim)), tuple(steps), tuple(self.args), loc=op.loc)

    def step(self, op: p.Apply):
        operands = [self.operand(a) for a in op.args]
        self.steps.append((op, operands))
        return "step", len(self.steps) - 1

    def operand(self, x):
        """An argument, or the answer of a step."""
        if isinstance(x, p.Const) and isinstance(x.value, int | float) and not isinstance(x.value, bool):
            return self.argument(x)
        if not isinstance(x, p.Var) or not (isinstance(x.type, Int) or x.type in (Real(), Real(64, True))):
            raise _Unfit
        if not self.search.is_inside(x, self.outer):
            return self.argument(x)
        _, op = self.search.made.get(x.name, (None, None))
        if isinstance(op, p.Load):
            return self.argument(self.elements(op))
        if _is_of(op, COSTLY | CHEAP) and len(self.steps) < MOST_STEPS:
            return self.step(op)
        raise _Unfit

    def argument(self, x: p.Operand):
        if x not in self.args:
            self.args.append(x)
        return "arg", self.args.index(x)

    def elements(self, load: p.Load) -> p.Var:
        """All elements that a load reads in a round of the outer loop."""
        array = load.array
        if (
            not isinstance(array, p.Var)
            or not isinstance(array.type, Arr)
            or array.type.elem not in (Real(), Real(64, True))
            or self.search.is_inside(array, self.outer)
            or self.search.is_written(array, self.outer)
        ):
            raise _Unfit
        self.agree(load)
        known = next((op.target for op in self.ops if isinstance(op, p.View) and op.array == array), None)
        if known is not None:
            return known
        view = self.names.var("elements", replace(array.type, layout="A"))
        self.ops.append(p.View(view, array, self.ranges, loc=load.loc))
        return view

    def agree(self, load: p.Load) -> None:
        """All loads have one index, of counters of different loops."""
        if self.index is not None:
            if _same(self.search, load.index, self.index):
                return
            raise _Unfit
        counters = _items(self.search, load.index)
        if not counters or len(set(counters)) < len(counters) or not set(counters) <= self.inner.keys():
            raise _Unfit
        self.index = load.index
        slices = [self.slice(self.inner[name], load.loc) for name in counters]
        if len(slices) == 1:
            (self.ranges,) = slices
        else:
            self.ranges = self.names.var("ranges", Tup((SLICE,) * len(slices)))
            self.ops.append(p.Pack(self.ranges, tuple(slices), loc=load.loc))

    def outside(self, x: p.Operand) -> p.Operand:
        """A number of rounds as it is before the loop: made there again, where it is the size of something there."""
        if not isinstance(x, p.Var) or not self.search.is_inside(x, self.outer):
            return x
        _, op = self.search.made.get(x.name, (None, None))
        if not (isinstance(op, p.Item) or (isinstance(op, p.Attr) and op.name in ("shape", "size"))):
            raise _Unfit
        again = replace(op, target=self.names.var("size", x.type), value=self.outside(op.value))
        self.ops.append(again)
        return again.target

    def slice(self, region: Region, loc: p.Loc) -> p.Var:
        """The elements of an axis that a loop goes through."""
        made = self.names.var("range", SLICE)
        args = (p.Const(0, Int()), self.outside(region.counted.trips))
        self.ops.append(p.Call(made, p.Ref("slice", slice), args, loc=loc))
        return made


MOST_STEPS = 8


def _is_of(op, names: frozenset[str]) -> bool:
    """Is it a row of these on real numbers?"""
    return (
        isinstance(op, p.Apply)
        and isinstance(op.row, ScalarRow)
        and op.row.name in names
        and len(op.args) == op.row.arity
        and not op.kwargs
        and op.target.type in (Real(), Real(64, True))
    )


def _items(search: _Search, index: p.Operand) -> list[str]:
    """The names of the variables in an index."""
    if isinstance(index, p.Var) and isinstance(index.type, Int):
        return [index.name]
    _, op = search.made.get(getattr(index, "name", None), (None, None))
    if isinstance(op, p.Pack) and all(isinstance(v, p.Var) for v in op.items):
        return [v.name for v in op.items]
    return []


def _same(search: _Search, a: p.Operand, b: p.Operand) -> bool:
    return a is b or (bool(_items(search, a)) and _items(search, a) == _items(search, b))
