"""Which variables may be the same memory, and what writes to it.

One idea: variables are put into classes (union-find): whatever may share memory is in one class, by views, by phis, by
being in one container, by a call that nobody knows.  Two arguments are two classes: the drivers refuse arguments which
overlap when one is written to.
"""

from __future__ import annotations

import inspect
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise

from dualjit.program import nodes as p
from dualjit.program.types import Arr, Lst, holds_memory
from dualjit.rules.arrays import ArrayRow
from dualjit.rules.arrays.table import Effect
from dualjit.rules.complex import INACTIVE

HARMLESS = {
    len,
    range,
    bool,
    int,
    float,
    slice,
    isinstance,
    enumerate,
    zip,
    print,
    min,
    max,
    abs,
    reversed,
    iter,
    tuple,
    type,
    *INACTIVE,
}
HARMLESS_NAMES = ("prange", "length_of_iterator")
ALLOCATIONS = ("List",)
READING_METHODS = {"copy", "index", "count", "get", "keys", "values", "items"}


@dataclass(frozen=True)
class Site:
    """Where something happens: a block and a position in it."""

    block: int
    position: int


class Memory:
    """Classes of variables by memory, and the operations that write to each class."""

    def __init__(self, blocks: dict[int, p.Block]):
        self._parent: dict[str, str] = {}
        self.writes: dict[str, list[tuple[Site, p.Op]]] = defaultdict(list)
        for block in blocks.values():
            for op in block.ops:
                self._link(op)
            for edge in block.end.edges:
                for param, value in zip(blocks[edge.to].params, edge.args, strict=True):
                    self._unite(param, value)
        for block in blocks.values():
            for k, op in enumerate(block.ops):
                for written in written_by(op):
                    self.writes[self.of(written)].append((Site(block.label, k), op))

    def of(self, v: p.Var) -> str:
        """The class of a variable."""
        return self._find(v.name)

    def _find(self, name: str) -> str:
        self._parent.setdefault(name, name)
        while self._parent[name] != name:
            self._parent[name] = self._parent[self._parent[name]]
            name = self._parent[name]
        return name

    def _unite(self, *operands) -> None:
        held = [v for v in operands if isinstance(v, p.Var) and holds_memory(v.type)]
        for a, b in pairwise(held):
            self._parent[self._find(a.name)] = self._find(b.name)

    def _link(self, op: p.Op) -> None:
        match op:
            case p.Apply(row=ArrayRow() as row):
                if row.effect is Effect.VIEW or row.shares:
                    self._unite(op.target, *shared_operands(op))
            case p.Store():
                self._unite(op.array, op.value)
            case p.Apply() | p.Fused() | p.Gather() | p.Do():
                pass
            case p.Call() if allocates(op) or (harmless(op) and not holds_memory(op.target.type)):
                pass
            case _:
                self._unite(op.target, *p.variables(tuple(getattr(op, f, None) for f in OPERANDS)))


OPERANDS = ("array", "value", "source", "receiver", "args", "items", "kwargs", "vararg")


def harmless(op: p.Call) -> bool:
    """Does the callee leave its arguments' memory as it is?"""
    function = op.callee.value if isinstance(op.callee, p.Ref) else None
    try:
        known = function in HARMLESS
    except TypeError:
        return False
    return known or getattr(function, "__name__", "") in HARMLESS_NAMES or allocates(op)


def allocates(op: p.Call) -> bool:
    """Is it an empty list or array, to be filled?"""
    return getattr(getattr(op.callee, "value", None), "__name__", "") in ALLOCATIONS


def bound(op: p.Apply) -> dict[str, object]:
    """Operands of an array row by the parameters of its stub; Python values where a default stands."""
    signature = inspect.signature(op.row.stub)
    given = signature.bind(*op.args, **dict(op.kwargs))
    given.apply_defaults()
    return given.arguments


def shared_operands(op: p.Apply) -> tuple:
    """Operands of an array row that share memory with its answer."""
    operands = bound(op)
    if op.row.effect is Effect.VIEW and not op.row.shares:
        return tuple(p.variables(op.args))
    return tuple(p.variables(tuple(operands.get(name) for name in op.row.shares)))


def written_by(op: p.Op) -> list[p.Var]:
    """The variables through which an operation writes to memory."""
    match op:
        case p.Store() | p.Update():
            written = [op.array]
        case p.Method() if isinstance(op.receiver, p.Var) and isinstance(op.receiver.type, Arr | Lst):
            written = [] if op.name in READING_METHODS else [op.receiver]
        case p.Apply(row=ArrayRow() as row) if row.writes:
            operands = bound(op)
            written = [operands.get(name) for name in row.writes]
        case p.Call() if not harmless(op):
            written = [v for v in p.variables((op.args, op.kwargs, op.vararg)) if holds_memory(v.type)]
        case _:
            written = []
    return [v for v in written if isinstance(v, p.Var)]
