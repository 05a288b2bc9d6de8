"""What of the forward sweep has to run: all that the reverse sweep keeps, and the value where it is asked for.

One idea: a counted loop of which nothing is kept does not run forward at all; the reverse sweep computes in each
round what it wants.

Source: program slicing, Weiser 1981; "adjoint dead code", Hascoet and Araya-Polo 2005.
"""

from __future__ import annotations

from functools import cached_property

from dualjit.adjoint.memory import harmless, written_by
from dualjit.adjoint.plan import RAISING, Plan, argument_for, is_division, reads_content
from dualjit.adjoint.shadows import SHADOW
from dualjit.program import nodes as p
from dualjit.program.canonical import Region
from dualjit.program.types import Lst, holds_memory
from dualjit.rules.table import ScalarRow


class Slice:
    """The part of the forward sweep that is wanted.

    Attributes
    ----------
    ops : set of operations
    params : set of str
        Parameters of blocks that are set.
    dropped : set of regions
        Loops that do not run forward.
    """

    def __init__(self, plan: Plan, answer, value_wanted: bool, raises: bool):
        self.plan, self.raises = plan, raises
        self.ops: set[p.Op] = set()
        self.params: set[str] = set()
        self.kept: set[Region] = set()
        self.read: set[str] = {name for name, _ in plan.reads}
        self._waiting: list = []
        if value_wanted or (isinstance(answer, p.Var) and holds_memory(answer.type)):
            self.use(answer)
        if value_wanted and isinstance(answer, p.Var) and holds_memory(answer.type):
            self.read_memory(answer)
        for v in plan.root.values():
            self.use(v)
        for frame in plan.frames.values():
            for v in frame.values():
                self.use(v)
        self.effects()
        self.keep(None)
        self.close()

    @property
    def dropped(self) -> set[Region]:
        return set(self.plan.c.regions.values()) - self.kept

    def use(self, operand) -> None:
        if isinstance(operand, p.Var):
            self._waiting.append(operand)
            if isinstance(operand.type, Lst):
                self.read_memory(operand)

    def read_memory(self, v: p.Var) -> None:
        self.read.add(self.plan.memory.of(v))

    def effects(self) -> None:
        """What has to happen whether anybody reads it or not."""
        plan = self.plan
        for label, block in plan.blocks.items():
            for op in block.ops:
                opaque = isinstance(op, p.Call) and not harmless(op)
                if (
                    isinstance(op, p.Print | p.Next)
                    or opaque
                    or (self.raises and may_raise(op) and not self.looked_at(op, label))
                ):
                    self.run(op)
            for edge in block.end.edges:
                if edge.to in plan.c.doomed:  # the block itself is outside the loop that it ends
                    self.keep(plan.region_of(label))
        for region in plan.c.regions.values():
            if not region.simple or plan.frames.get(region):
                self.keep(region)

    def looked_at(self, op: p.Op, label: int) -> bool:
        """Does the reverse sweep look whether this divides by zero?"""
        return is_division(op) and self.plan.region_of(label) in self.plan.acting

    def close(self) -> None:
        """Until nothing is added."""
        done = None
        while done != (len(self.ops), len(self.params), len(self.kept), len(self.read)):
            done = len(self.ops), len(self.params), len(self.kept), len(self.read)
            while self._waiting:
                self.define(self._waiting.pop())
            self.writers()

    def writers(self) -> None:
        for block in self.plan.blocks.values():
            for op in block.ops:
                if op not in self.ops and any(self.plan.memory.of(v) in self.read for v in written_by(op)):
                    self.run(op)

    def define(self, v: p.Var) -> None:
        found = self.plan.definitions.get(v.name)
        if found is None or found.block is None:
            return
        if found.op is not None:
            self.run(found.op)
        elif v.name not in self.params:
            self.params.add(v.name)
            self.keep(found.region)
            for block in self.plan.blocks.values():
                for edge in block.end.edges:
                    if edge.to == found.block:
                        self.use(argument_for(self.plan.blocks[edge.to], edge, v))

    def run(self, op: p.Op) -> None:
        if op in self.ops:
            return
        self.ops.add(op)
        for v in op.uses():
            self.use(v)
        if reads_content(op) or not looks_at_shape_alone(op):
            for v in op.uses():
                if holds_memory(v.type):
                    self.read_memory(v)
        self.keep(self.regions[op])

    @cached_property
    def regions(self) -> dict[p.Op, Region | None]:
        return {op: self.plan.region_of(label) for label, block in self.plan.blocks.items() for op in block.ops}

    def keep(self, region: Region | None) -> None:
        """Run a loop: its control, and the loops around it."""
        while True:
            if region in self.kept:
                return
            self.kept.add(region)
            for label, block in self.plan.blocks.items():
                if self.plan.region_of(label) is region:
                    self.control(label, block)
            if region is None:
                return
            region = region.parent

    def control(self, label: int, block: p.Block) -> None:
        if isinstance(block.end, p.Branch):
            self.use(block.end.condition)
        if isinstance(block.end, p.Raise) or label in self.plan.c.doomed:
            for v in block.end.uses():
                self.use(v)
            for op in block.ops:
                self.run(op)


def looks_at_shape_alone(op: p.Op) -> bool:
    """Is memory that the operation uses passed on, or asked for its shape, and never read?"""
    if isinstance(op, p.Do) and op.routine is SHADOW:
        return not any(isinstance(v.type, Lst) for v in op.uses())
    return isinstance(op, p.Load | p.View | p.Item | p.Attr | p.Copy | p.Cast | p.Pack)


def may_raise(op: p.Op) -> bool:
    """Can the operation raise by itself, under Python's rules for division?"""
    return isinstance(op, p.Apply) and isinstance(op.row, ScalarRow) and op.row.name in RAISING
