"""The storage plan: what the reverse sweep keeps from the forward sweep, and what it computes again.

One idea: a value of the root of the program stays in its variable.  In a loop there is one frame per round, last in
first out: the body is run again from the frame, in registers, and then backwards.  A value of a round is computed
again where its inputs are available, else it is in the frame.  Memory that was written is put back as the reverse
sweep goes by.

Source: the mixture of store-all and recompute-all of Griewank and Walther, Evaluating Derivatives, 2nd ed., ch. 12;
TAPENADE's "to be recorded" analysis (Hascoet, Naumann, Pascual 2005).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from dualjit.adjoint.cotangents import cotangent
from dualjit.adjoint.memory import Memory, Site, harmless
from dualjit.adjoint.ordering import unordered_regions
from dualjit.adjoint.recording import Recorder, Wants
from dualjit.adjoint.refusal import refuse
from dualjit.adjoint.shadows import SHADOW, Shadowed, shares_memory
from dualjit.adjoint.undecided import refuse_undecided
from dualjit.adjoint.useful import Useful
from dualjit.program import nodes as p
from dualjit.program.canonical import Canonical, Region
from dualjit.program.flow import successors
from dualjit.program.types import Arr, Lst, Real, holds_memory, is_number
from dualjit.rules.arrays import ArrayRow
from dualjit.rules.complex import NumberRow

REPEATED = (p.View, p.Item, p.Unpack, p.Attr, p.Cast, p.Copy)
SHAPES = {"shape", "size"}
RAISING = {"div", "floordiv", "mod", "pow", "divmod"}


@dataclass(frozen=True)
class Definition:
    """Where a variable is defined: in which region and block, by which operation (None: a parameter)."""

    region: Region | None
    block: int | None
    op: p.Op | None


class Plan:
    """The storage plan of a program.

    Attributes
    ----------
    frames : dict
        For each region, the variables in its frames.
    recomputed : set of operations
        Those which are run again in the reverse sweep.
    root : set of str
        Variables of the root which the reverse sweep reads.
    undone : set of operations
        Writes whose old content is put back.
    acting : set of regions
        Loops that have a reverse.
    promoted : dict
        Loads that are the same element in all rounds of a loop, with that loop and the slot that collects.
    """

    def __init__(self, c: Canonical, shadowed: Shadowed, answer, rules):
        self.c, self.blocks, self.saved, self.mirrored = c, shadowed.blocks, shadowed.saved, shadowed.mirrored
        self.live_blocks = {k: b for k, b in self.blocks.items() if k not in c.doomed}
        self.memory = Memory(self.blocks)
        self.definitions = self.define()
        self.reached = reachability(self.blocks)
        refuse_undecided(self.live_blocks, self.memory, self.reached)
        self.frames: dict[Region, dict[str, p.Var]] = defaultdict(dict)
        self.recomputed: set[p.Op] = set()
        self.recomputed_params: set[str] = set()
        self.root: dict[str, p.Var] = {}
        self.undone: set[p.Op] = set()
        self.reads: list[tuple[str, Site]] = []
        self._seen: set[tuple[str, Region | None]] = set()
        self.promoted = {}
        self.useful = Useful(self.blocks, c.function.params, answer, self.memory)
        self.find_promoted()
        recorder = Recorder(rules, self.useful, self.promoted)
        self.wants: dict[p.Op, Wants] = {op: recorder.of(op) for b in self.live_blocks.values() for op in b.ops}
        self.acting = self.acting_regions()
        self.settle()

    # ---- facts

    @property
    def variables(self) -> dict[str, p.Var]:
        """All variables by name."""
        found = {v.name: v for v in self.c.function.params}
        for block in self.blocks.values():
            found |= {v.name: v for v in block.params}
            found |= {op.target.name: op.target for op in block.ops if op.target is not None}
        return found

    def define(self) -> dict[str, Definition]:
        found = {v.name: Definition(None, None, None) for v in self.c.function.params}
        for label, block in self.blocks.items():
            region = self.c.region_of[label]
            for v in block.params:
                found[v.name] = Definition(region, label, None)
            for op in block.ops:
                if op.target is not None:
                    found[op.target.name] = Definition(region, label, op)
        return found

    def region_of(self, label: int) -> Region | None:
        return self.c.region_of[label]

    def acting_regions(self) -> set[Region]:
        found: set[Region] = set()
        for label, block in self.live_blocks.items():
            moves = any(self.moves(edge) for edge in block.end.edges)
            if moves or any(self.wants[op].acts for op in block.ops):
                region = self.region_of(label)
                while region is not None:
                    found.add(region)
                    region = region.parent
        return found

    def moves(self, edge: p.Edge) -> bool:
        """Does the edge carry a cotangent from a parameter to another variable?"""
        return any(v.active and v.name in self.useful.names for v in self.blocks[edge.to].params)

    def written_in(self, name: str, region: Region | None) -> bool:
        """Is memory of this class written in a region?"""
        return any(self.inside(site.block, region) for site, _ in self.memory.writes.get(name, ()))

    def inside(self, label: int, region: Region | None) -> bool:
        return region is None or region.contains(self.region_of(label))

    # ---- what is needed

    def settle(self) -> None:
        """Everything the reverse sweep reads, until nothing is added."""
        for label, block in self.live_blocks.items():
            region = self.region_of(label)
            for k, op in enumerate(block.ops):
                wants = self.wants[op]
                for v in wants.values:
                    self.need(v, region)
                    self.read(v, Site(label, k))
                for v in wants.memory:
                    self.need(v, region)
        for region in sorted(self.acting, key=lambda r: r.header):
            self.need_control(region)
        for op, (region, _, hoisted, load) in self.promoted.items():
            if self.wants[op].acts:
                self.need_flush(region, hoisted, load)
        self.put_back()

    @cached_property
    def unordered(self) -> set[Region]:
        return unordered_regions(self)

    def need_divisors(self, dropped: set[Region]) -> None:
        """Divisors of loops that do not run forward: the reverse sweep looks whether one is zero."""
        for label, block in self.live_blocks.items():
            region = self.region_of(label)
            if region in dropped:
                for op in block.ops:
                    if is_division(op):
                        self.need(op.args[1], region)
        self.put_back()

    def put_back(self) -> None:
        """What has to be undone for what is read, until nothing is added."""
        count = None
        while count != (len(self._seen), len(self.reads), len(self.undone)):
            count = len(self._seen), len(self.reads), len(self.undone)
            self.need_undone()

    def need_control(self, region: Region) -> None:
        for label in region.loop.body:
            end = self.blocks[label].end
            if self.region_of(label) is region and isinstance(end, p.Branch) and label not in self.c.doomed:
                counts = region.counted is not None and label == region.header
                if not counts and self.both_live(end):
                    self.need(end.condition, region)
        if region.simple:
            self.need(region.counted.trips, region.parent)

    def both_live(self, end: p.Branch) -> bool:
        return not any(e.to in self.c.doomed for e in end.edges)

    def need_undone(self) -> None:
        wanted = {name for name, _ in self.reads}
        for name in wanted:
            for site, op in self.memory.writes.get(name, ()):
                if (
                    op not in self.undone
                    and op not in self.mirrored
                    and site.block not in self.c.doomed
                    and self.after_read(name, site)
                ):
                    self.undone.add(op)
                    self.need_restoring(op, site)

    def need_restoring(self, op: p.Op, site: Site) -> None:
        region = self.region_of(site.block)
        for v, old in self.saved.get(op, ()):
            self.need(v, region)
            self.need(old, region)
        if isinstance(op, p.Store):
            self.need(op.index, region)
        if isinstance(op, p.Method):
            self.need(op.receiver, region)
            if op.name == "pop":
                self.need(op.target, region)
            if op.name not in ("append", "pop") or (op.name == "pop" and op.args):
                raise refuse(
                    op.loc, f"the method .{op.name}() of a list", "reverse mode can't undo it", "append and pop"
                )

    def after_read(self, name: str, write: Site) -> bool:
        """Is memory of this class read, for the reverse sweep, before this write or by it?"""
        for held, read in self.reads:
            if held == name:
                later = read.block == write.block and read.position <= write.position
                if later or write.block in self.reached[read.block]:
                    return True
        return False

    def read(self, operand, site: Site) -> None:
        """The content of memory is read in the reverse sweep, as it was at a site."""
        if isinstance(operand, p.Var) and holds_memory(operand.type):
            self.reads.append((self.memory.of(operand), site))

    def need(self, operand, region: Region | None) -> None:
        """A variable's value is read in the reverse of a region."""
        if not isinstance(operand, p.Var) or operand.name not in self.definitions:
            return
        if (operand.name, region) in self._seen:
            return
        self._seen.add((operand.name, region))
        found = self.definitions[operand.name]
        home = found.region
        if home is None:
            self.root[operand.name] = operand
        elif not home.contains(region):
            self.need_result(operand, home, region)
        elif found.op is None:
            self.need_param(operand, found)
        elif self.can_repeat(found.op, home):
            self.repeat(found, operand)
        else:
            self.frames[home][operand.name] = operand

    def need_result(self, v: p.Var, home: Region, region: Region | None) -> None:
        """A value of an inner loop is read after it."""
        outer = home
        while outer.parent is not None and not outer.parent.contains(region):
            outer = outer.parent
        if outer.parent is None:
            self.root[v.name] = v
        else:
            self.frames[outer.parent][v.name] = v

    def need_param(self, v: p.Var, found: Definition) -> None:
        region = found.region
        if found.block != region.header:
            self.recomputed_params.add(v.name)
            for block in self.live_blocks.values():
                for edge in block.end.edges:
                    if edge.to == found.block:
                        self.need(argument_for(self.blocks[edge.to], edge, v), region)
        elif region.counted is None or v.name != region.counted.counter.name:
            self.frames[region][v.name] = v

    def repeat(self, found: Definition, v: p.Var) -> None:
        self.recomputed.add(found.op)
        for used in found.op.uses():
            self.need(used, found.region)
        if reads_content(found.op):
            position = next(k for k, op in enumerate(self.blocks[found.block].ops) if op is found.op)
            for used in found.op.uses():
                self.read(used, Site(found.block, position))

    def can_repeat(self, op: p.Op, region: Region) -> bool:
        """Does running the operation again, at the end of its round, give the same value?"""
        match op:
            case p.Do() if op.routine is SHADOW:
                return self.is_local(op.target, region)
            case p.Do():
                return op.routine.name == "trips"
            case p.Load() | p.Call() | p.Apply() if reads_content(op):
                sources = [v for v in op.uses() if holds_memory(v.type)]
                unchanged = not any(self.written_in(self.memory.of(v), region) for v in sources)
                return unchanged and isinstance(op, p.Load)
            case p.Load():
                return True
            case p.Pack():
                return op.kind == "tuple"
            case p.Apply() if isinstance(op.row, NumberRow):
                return is_number(op.target.type)
            case p.Apply(row=ArrayRow() as row):
                return shares_memory(op) or row.name in SHAPES
            case p.Call():
                return harmless(op) and not is_iterator(op) and not holds_memory(op.target.type)
        return isinstance(op, REPEATED)

    def is_local(self, shadow: p.Var, region: Region) -> bool:
        """Can memory made in a round be made again by it?  All that is the same memory has to be made again, too."""
        name = self.memory.of(shadow)
        members = (v for v in self.definitions if self.memory._find(v) == name)
        return all(self.is_made_again(v, region) for v in members)

    def is_made_again(self, v: str, region: Region) -> bool:
        """Is a variable never kept in a frame: made in a round, repeatable, and not used after its own loop?"""
        found = self.definitions[v]
        if not region.contains(found.region) or any(not self.inside(k, found.region) for k in self.uses.get(v, ())):
            return False
        if found.op is None:
            return found.block != found.region.header
        if isinstance(found.op, p.Do) and found.op.routine is SHADOW:
            return found.region is region
        return self.can_repeat(found.op, found.region)

    @cached_property
    def uses(self) -> dict[str, set[int]]:
        """The blocks in which variables are read, arguments of edges among them."""
        found = defaultdict(set)
        for label, block in self.blocks.items():
            for op in (*block.ops, block.end):
                for v in op.uses():
                    found[v.name].add(label)
        return found

    # ---- loop-invariant elements

    def find_promoted(self) -> None:
        for label, block in self.live_blocks.items():
            for op in block.ops:
                region = self.region_of(label)
                if isinstance(op, p.Load) and region is not None and self.can_promote(op):
                    found = self.outermost_invariant(op, region)
                    if found is not None:
                        outer, hoisted = found
                        self.promoted[op] = (outer, self.c.names.var("sum", op.target.type), hoisted, op)

    def can_promote(self, op: p.Load) -> bool:
        return (
            op.target.active
            and op.target.name in self.useful.names
            and isinstance(op.array, p.Var)
            and isinstance(op.array.type, Arr)
        )

    def outermost_invariant(self, op: p.Load, region: Region | None):
        found = None
        name = self.memory.of(cotangent(op.array))
        own = self.memory.of(op.array)
        while region is not None:
            hoisted: list[p.Op] = []
            fixed = not region.contains(self.definitions[op.array.name].region)
            if self.written_in(name, region) or self.written_in(own, region) or not fixed:
                break
            if not self.invariant(op.index, region, hoisted):
                break
            found = region, hoisted
            region = region.parent
        return found

    def invariant(self, operand, region: Region, hoisted: list[p.Op]) -> bool:
        """Does an index not change in a region?  Operations inside which make it are put into ``hoisted``."""
        if not isinstance(operand, p.Var):
            return True
        found = self.definitions[operand.name]
        if not region.contains(found.region):
            return True
        op = found.op
        pure = isinstance(op, p.Pack | p.Item) or (isinstance(op, p.Apply) and isinstance(op.row, NumberRow))
        if not pure or not all(self.invariant(v, region, hoisted) for v in op.uses()):
            return False
        if op not in hoisted:
            hoisted.append(op)
        return True

    def need_flush(self, region: Region, hoisted: list[p.Op], load: p.Load) -> None:
        made = {op.target.name for op in hoisted}
        for op in hoisted:
            for v in op.uses():
                if v.name not in made:
                    self.need(v, region.parent)
        if isinstance(load.index, p.Var) and load.index.name not in made:
            self.need(load.index, region.parent)
        self.need(cotangent(load.array), region.parent)


def is_division(op: p.Op) -> bool:
    """A quotient of two real numbers."""
    return p.is_row(op, "div") and isinstance(op.target.type, Real)


def reads_content(op: p.Op) -> bool:
    """Does the value depend on what is in memory, not only on where it is and how long?"""
    held = [v for v in op.uses() if holds_memory(v.type)]
    if isinstance(op, p.Load):
        return isinstance(op.array.type, Arr | Lst)
    if isinstance(op, p.Call):
        return any(isinstance(v.type, Lst) for v in held)
    if isinstance(op, p.Fused):
        return True
    if isinstance(op, p.Apply):
        in_shape = isinstance(op.row, ArrayRow) and (shares_memory(op) or op.row.name in SHAPES)
        return bool(held) and not in_shape
    return False


def is_iterator(op: p.Call) -> bool:
    return isinstance(op.callee, p.Ref) and op.callee.value in (enumerate, zip, reversed, iter)


def argument_for(block: p.Block, edge: p.Edge, v: p.Var):
    """What an edge gives a parameter."""
    return next(a for param, a in zip(block.params, edge.args, strict=True) if param.name == v.name)


def reachability(blocks: dict[int, p.Block]) -> dict[int, set[int]]:
    """For each block, the blocks that may run after it."""
    found = {}
    for label in blocks:
        seen: set[int] = set()
        waiting = list(successors(blocks[label]))
        while waiting:
            k = waiting.pop()
            if k not in seen:
                seen.add(k)
                waiting.extend(successors(blocks[k]))
        found[label] = seen
    return found
