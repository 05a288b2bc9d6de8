"""Writes the adjoint program: the forward sweep, then the reverse sweep, in one function.

Every block of the program has up to three images: itself in the forward sweep; a *rerun* in the reverse sweep of its
loop, which computes again from the round's frame; and its *reverse*.  Where several blocks meet, the way taken is a
small number set on the way.

Source: Griewank and Walther, Evaluating Derivatives, 2nd ed., ch. 6 and 12.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, replace

from dualjit.adjoint.checkpoints import TAPING, checkpointed
from dualjit.adjoint.cotangents import (
    BAR,
    COMPLEX_ZERO,
    KIND,
    PLAIN_ZERO,
    ZERO,
    cotangent,
    empty_slot,
    shadows,
    slots,
    zero_like,
)
from dualjit.adjoint.plan import Plan, is_division
from dualjit.adjoint.slicing import Slice
from dualjit.adjoint.statements import pull
from dualjit.adjoint.statements.numbers import complex_of, part
from dualjit.program import nodes as p
from dualjit.program.canonical import Canonical, Region
from dualjit.program.flow import predecessors, without_unreachable
from dualjit.program.types import BOOL, INT, Arr, Complex, Int, Lst, Other, Type, components, is_complex, is_plain

WORKSPACE = p.Var("workspace", Other("workspace"))
BASE, TOP = p.Var("base", Int(64, False)), p.Var("top", INT)
FAILED = p.Var("failed", INT)
AGAIN = "'"


class Images(dict):
    """The blocks of the adjoint program, with the outermost loop whose reverse they belong to."""

    def __init__(self):
        super().__init__()
        self.nest: Region | None = None
        self.nests: dict[int, Region | None] = {}

    def __setitem__(self, label: int, block: p.Block):
        super().__setitem__(label, block)
        self.nests[label] = self.nest


def outermost(region: Region | None) -> Region | None:
    """The outermost loop around a region."""
    while region is not None and region.parent is not None:
        region = region.parent
    return region


@dataclass(frozen=True)
class Labels:
    """Labels of a block's images."""

    rerun: int
    reverse: int


class Generator:
    """One adjoint program in the making; without a ``budget`` in bytes everything is taped."""

    def __init__(
        self,
        c: Canonical,
        plan: Plan,
        part: Slice,
        rules,
        seeds,
        raises: bool,
        budget: int | None,
        inner: bool,
        reordered: frozenset[p.Op] = frozenset(),
    ):
        self.c, self.plan, self.part, self.rules, self.seeds = c, plan, part, rules, seeds
        self.names, self.raises, self.budget, self.inner = c.names, raises, budget, inner
        self.reordered = reordered  # additions of sums that may be added in any order
        self.out = Images()
        self.preds = predecessors(plan.blocks)
        self.labels = {k: Labels(self.names.label(), self.names.label()) for k in plan.blocks}
        self.loop_heads = {r: self.names.label() for r in c.regions.values()}
        self.exit_of = {e: (r, j, src) for r in c.regions.values() for j, (src, e) in enumerate(r.exits)}
        self.preheaders: dict[int, list[Region]] = {}
        for r in c.regions.values():
            self.preheaders.setdefault(r.preheader, []).append(r)
        self.slots: dict[str, p.Var] = {}
        self.global_slots: dict[str, p.Var] = {}
        self.returned: tuple = ()
        self.checkpoints = checkpointed(plan, part, self.keeps_numbers) if budget is not None else None
        self.segments = self.names.label()
        self.stacks: dict[tuple[Region, str], p.Var] = {}

    def keeps_numbers(self, region: Region) -> bool:
        """Is all that a loop keeps on the tape?"""
        return all(is_plain(v.type) for v in self.kept(region))

    def block(self, loc: p.Loc) -> Block:
        return Block(self, loc)

    def checkpoints_of(self, region: Region | None):
        """The checkpoints of this loop, if it has any."""
        return self.checkpoints if self.checkpoints is not None and self.checkpoints.region is region else None

    # ---- names

    def via(self, label: int) -> p.Var:
        return self.slot(p.Var(f"via.{label}", INT))

    def slot(self, v: p.Var) -> p.Var:
        self.slots[v.name] = v
        return v

    def rounds(self, region: Region) -> p.Operand:
        """The number of rounds of a loop."""
        return region.counted.trips if region.simple else self.slot(p.Var(f"rounds.{region.header}", INT))

    def leaving(self, region: Region) -> p.Var:
        """Which exit a loop was left by."""
        return self.slot(p.Var(f"exit.{region.header}", INT))

    def kept(self, region: Region) -> list[p.Var]:
        """Variables in the frames of a loop, numbers first."""
        frame = dict(self.plan.frames.get(region, {}))
        for child in region.children:
            if child in self.plan.acting and not child.simple:
                v = self.rounds(child)
                frame[v.name] = v
            if len(child.exits) > 1:
                v = self.leaving(child)
                frame[v.name] = v
        return sorted(frame.values(), key=lambda v: v.name)

    def plain(self, region: Region) -> tuple[p.Var, ...]:
        return tuple(v for v in self.kept(region) if is_plain(v.type))

    def stack(self, region: Region, v: p.Var) -> p.Var:
        """The list that keeps a variable which no tape can hold."""
        key = region, v.name
        if key not in self.stacks:
            self.stacks[key] = self.names.var("kept", Lst(v.type))
        return self.stacks[key]

    # ---- the whole

    def function(self, name: str) -> p.Function:
        for label in self.plan.blocks:
            self.forward(label)
        for label in self.plan.live_blocks:
            region = self.plan.region_of(label)
            self.out.nest = outermost(region)
            if region is not None and region in self.plan.acting:
                self.rerun(label)
        for label in self.plan.live_blocks:
            region = self.plan.region_of(label)
            self.out.nest = outermost(region)
            if region is None or region in self.plan.acting:
                self.reverse(label)
        for region in sorted(self.plan.acting, key=lambda r: r.header):
            self.out.nest = outermost(region)
            self.reverse_loop(region)
        params = self.parameters()
        entry = self.names.label()
        first = p.Block(
            entry, (), tuple(self.prologue()), p.Jump(p.Edge(self.c.function.entry), loc=self.c.function.loc)
        )
        blocks = {entry: first, **{label: self.renamed(block) for label, block in self.out.items()}}
        function = p.Function(name, params, blocks, entry, self.c.function.loc, self.scopes())
        return without_unreachable(function)

    def renamed(self, block: p.Block) -> p.Block:
        """Values of rounds have other names in the reverse sweep: variables with one definition live in registers."""
        nest = self.out.nests[block.label]
        if nest is None:
            return block

        def again(v):
            found = self.plan.definitions.get(v.name)
            return replace(v, name=f"{v.name}{AGAIN}") if found is not None and outermost(found.region) is nest else v

        def target(v):
            return tuple(map(again, v)) if isinstance(v, tuple) else v and again(v)

        def changed(op):
            # the tape's routines look at the types of the variables that were written, which the forward sweep sets
            return op if is_of_tape(op) else op.mapped(again)

        ops = tuple(replace(changed(op), target=target(op.target)) for op in block.ops)
        return replace(block, params=tuple(map(again, block.params)), ops=ops, end=block.end.mapped(again))

    def scopes(self) -> dict[str, str]:
        """Shadows overlap nothing but shadows of the same memory.

        All shadows are one scope in a function called by another adjoint.
        """
        called = any(isinstance(op, p.Call) and op.types is not None for _, op in self.plan.c.function.ops())
        memory = self.plan.memory
        every = self.plan.variables.values()
        found = [bar for v in every for bar in shadows(v) if isinstance(bar.type, Arr)]
        scopes = {bar.name: "shadow" if called or self.inner else f"shadow {memory.of(bar)}" for bar in found}
        return scopes | {f"{name}{AGAIN}": scope for name, scope in scopes.items()}

    def parameters(self) -> tuple[p.Var, ...]:
        params = []
        for v in self.c.function.params:
            params.append(v)
            params += shadows(v)
        return (*params, *self.seeds.parameters(), KIND, WORKSPACE, TOP)

    def prologue(self) -> list[p.Op]:
        loc = self.c.function.loc
        e = Block(self, None)
        e.emit(p.Do(ZERO, p.Routine("nothing"), (KIND,), loc=loc))
        e.emit(p.Do(PLAIN_ZERO, p.Routine("plain_nothing"), (KIND,), loc=loc))
        e.emit(p.Do(BASE, p.Routine("tape"), (WORKSPACE,), loc=loc))
        for stack in self.stacks.values():
            e.emit(p.Pack(stack, (), "list", loc=loc))
        if self.checkpoints is not None:
            self.checkpoints.prologue(e, WORKSPACE)
            self.slots |= {v.name: v for v in self.checkpoints.variables()}
        if any(isinstance(t, Complex) and t.active for v in self.plan.variables.values() for t in components(v.type)):
            e.emit(p.Apply(COMPLEX_ZERO, None, complex, (ZERO, ZERO), loc=loc))
        for v in sorted(self.global_slots.values(), key=lambda v: v.name):
            e.emit(p.Copy(v, empty_slot(v.type), loc=loc))
        for v in sorted(self.slots.values(), key=lambda v: v.name):
            e.emit(p.Copy(v, p.Const(0, INT), loc=loc))
        return e.ops

    # ---- forward

    def forward(self, label: int) -> None:
        block = self.plan.blocks[label]
        region = self.plan.region_of(label)
        if region is not None and region in self.part.dropped:
            return
        e = Block(self, block.end.loc)
        self.at_exit(e, label)
        self.count_round(e, label, region)
        for op in block.ops:
            if op in self.part.ops:
                e.emit(self.ordered_or_not(op))
        for child in self.preheaders.get(label, ()):
            self.enter(e, child)
        if region is not None and label == region.latch:
            self.push(e, region)
            if self.checkpoints_of(region):
                self.checkpoints.end_round(e, TOP, self.budget)
        if label == self.c.exit:
            self.turn(e, block)
            return
        self.set_ways(e, label, region is None)
        end = block.end.rerouted(self.forward_edge)
        for child in self.preheaders.get(label, ()):
            if child in self.part.dropped:
                ((_, leaving),) = child.exits
                end = p.Jump(p.Edge(leaving), loc=block.end.loc)
        if region is not None and label == region.header and self.checkpoints_of(region):
            end = self.checkpointed_header(e, end, block.end.loc)
        inner = self.exit_of[label][0] if label in self.exit_of else None
        if inner is not None and self.checkpoints_of(inner):
            end = self.leave_again(e, end, inner)
        params = tuple(v for v in block.params if v.name in self.part.params)
        self.out[label] = p.Block(label, params, tuple(e.ops), end)

    def checkpointed_header(self, e: Block, end: p.Branch, loc: p.Loc) -> p.Branch:
        """The test of a loop that may be run in parts."""
        counter, label = self.checkpoints.region.counted.counter, self.names.label()
        inside = self.checkpoints.compared(e, operator.lt, counter, self.checkpoints.limit)
        self.checkpoints.begin_round(self, label, end.then.to, loc)
        return p.Branch(inside, p.Edge(label), end.other, loc=loc)

    def leave_again(self, e: Block, end: p.End, region: Region) -> p.End:
        """After some rounds that were run again, the reverse sweep goes on."""
        label, turn = self.names.label(), self.block(e.loc)
        turn.emit(p.Copy(self.left(region), self.checkpoints.limit, loc=e.loc))
        turn_label = self.names.label()
        self.out[turn_label] = p.Block(
            turn_label, (), tuple(turn.ops), p.Jump(p.Edge(self.loop_heads[region]), loc=e.loc)
        )
        self.out[label] = p.Block(label, (), tuple(e.ops), end)
        e.ops = []
        again = self.checkpoints.compared(e, operator.gt, self.checkpoints.again, p.Const(0, INT))
        return p.Branch(again, p.Edge(turn_label), p.Edge(label), loc=e.loc)

    def ordered_or_not(self, op: p.Op) -> p.Op:
        """An operation of the forward sweep; an addition to a sum whose order is open says so."""
        if op not in self.reordered:
            return op
        return p.Do(op.target, p.Routine("add_in_any_order"), op.args, loc=op.loc)

    def forward_edge(self, edge: p.Edge) -> p.Edge:
        pairs = zip(self.plan.blocks[edge.to].params, edge.args, strict=True)
        return p.Edge(edge.to, tuple(a for v, a in pairs if v.name in self.part.params))

    def at_exit(self, e: Block, label: int) -> None:
        """On leaving a loop: the frame of the round that was not finished, and which way it was."""
        if label in self.exit_of:
            region, j, source = self.exit_of[label]
            if region in self.part.dropped:
                return
            if not (region.counted is not None and source == region.header):
                self.push(e, region)
            if len(region.exits) > 1:
                e.emit(p.Copy(self.leaving(region), p.Const(j, INT), loc=e.loc))

    def count_round(self, e: Block, label: int, region: Region | None) -> None:
        if region is None or region not in self.plan.acting or region.simple:
            return
        counted_here = self.body_entry(region) if region.counted is not None else region.header
        if label == counted_here:
            v = self.rounds(region)
            e.emit(e.add_int(v, v, 1))

    def body_entry(self, region: Region) -> int:
        """The first block of a counted loop's body."""
        return self.plan.blocks[region.header].end.edges[0].to

    def enter(self, e: Block, region: Region) -> None:
        """Before a loop begins."""
        if region not in self.plan.acting or region in self.part.dropped:
            return
        if not region.simple:
            e.emit(p.Copy(self.rounds(region), p.Const(0, INT), loc=e.loc))
        if self.checkpoints_of(region):
            self.checkpoints.enter(e)
        if self.reserves(region):
            e.emit(
                p.Do(
                    BASE,
                    p.Routine("reserve"),
                    (WORKSPACE, BASE, TOP, self.rounds(region), self.plain(region)),
                    loc=e.loc,
                )
            )

    def reserves(self, region: Region) -> bool:
        """Is the tape for all rounds reserved at once?"""
        inner = [r for r in self.c.regions.values() if r is not region and region.contains(r)]
        alone = bool(self.plain(region)) and not any(self.plain(r) for r in inner)
        return region.simple and alone and not self.checkpoints_of(region)

    def push(self, e: Block, region: Region) -> None:
        """Put a round's frame on the tape."""
        if region not in self.plan.acting:
            return
        frame = self.plain(region)
        if frame:
            if not self.reserves(region):
                e.emit(p.Do(BASE, p.Routine("reserve"), (WORKSPACE, BASE, TOP, p.Const(1, INT), frame), loc=e.loc))
            e.emit(p.Do(None, p.Routine("write"), (BASE, TOP, frame), loc=e.loc))
            if self.checkpoints is not None and self.checkpoints.region.contains(region):
                e.emit(p.Do(TOP, p.Routine("advance_if"), (TOP, TAPING, frame), loc=e.loc))
            else:
                e.emit(p.Do(TOP, p.Routine("advance"), (TOP, frame), loc=e.loc))
        for v in self.kept(region):
            if not is_plain(v.type):
                e.emit(p.Method(None, self.stack(region, v), "append", (v,), loc=e.loc))

    def set_ways(self, e: Block, label: int, here: bool) -> None:
        """Say by which way a block was reached where there are several."""
        for edge in self.plan.blocks[label].end.edges:
            to = edge.to
            if here and to in self.plan.live_blocks and len(self.preds[to]) > 1 and to not in self.c.regions:
                e.emit(p.Copy(self.via(to), p.Const(self.preds[to].index(label), INT), loc=e.loc))

    def turn(self, e: Block, block: p.Block) -> None:
        """From the forward to the reverse sweep: the seeds."""
        answer = block.end.value
        self.returned = self.seeds.plant(answer, e)
        params = tuple(v for v in block.params if v.name in self.part.params)
        end = p.Jump(p.Edge(self.labels[block.label].reverse), loc=block.end.loc)
        self.out[block.label] = p.Block(block.label, params, tuple(e.ops), end)

    # ---- rerun

    def rerun(self, label: int) -> None:
        """The values of a round, from its frame."""
        block, region = self.plan.blocks[label], self.plan.region_of(label)
        e = Block(self, block.end.loc)
        for op in block.ops:
            if op in self.plan.recomputed:
                self.repeat(e, op)
            if self.raises and region in self.part.dropped and is_division(op):
                self.look_for_zero(e, op)
        if label != region.latch:
            self.set_ways(e, label, True)
        params = tuple(v for v in block.params if v.name in self.plan.recomputed_params)
        child = next((r for r in self.preheaders.get(label, ()) if r.parent is region), None)
        if label == region.latch:
            end = p.Jump(p.Edge(self.labels[label].reverse), loc=e.loc)
        elif child is not None:
            end = self.skip(e, child)
        else:
            end = self.rerun_end(block, region)
        self.out[self.labels[label].rerun] = p.Block(self.labels[label].rerun, params, tuple(e.ops), end)

    def repeat(self, e: Block, op: p.Op) -> None:
        """Run an operation again.

        A division that has not raised before will not raise again.  Where the loop does not run forward its divisors
        are looked at together, at the end: nothing of the reverse sweep can be seen when it raises, and the loop has
        no exit.
        """
        if is_division(op):
            e.emit(p.Do(op.target, p.Routine("quotient"), op.args, loc=op.loc))
        else:
            e.emit(op)

    def look_for_zero(self, e: Block, op: p.Op) -> None:
        failed = self.slot(FAILED)
        e.emit(p.Do(failed, p.Routine("zero_seen"), (failed, op.args[1]), loc=op.loc))

    def skip(self, e: Block, child: Region) -> p.End:
        """Past an inner loop, whose results are in the frame."""
        targets = [self.labels[leaving].rerun for _, leaving in child.exits]
        if len(targets) == 1:
            return p.Jump(p.Edge(targets[0]), loc=e.loc)
        return self.dispatch(e, self.leaving(child), targets)

    def dispatch(self, e: Block, way: p.Var, targets: list[int]) -> p.End:
        """A jump to ``targets[way]``."""
        if len(targets) == 1:
            return p.Jump(p.Edge(targets[0]), loc=e.loc)
        condition = self.names.var("same", BOOL)
        e.emit(p.binop(condition, operator.eq, way, p.Const(len(targets) - 1, INT), e.loc))
        label = self.names.label()
        following = Block(self, e.loc)
        self.out[label] = p.Block(label, (), (), p.Jump(p.Edge(targets[0]), loc=e.loc))
        end = self.dispatch(following, way, targets[:-1])
        self.out[label] = p.Block(label, (), tuple(following.ops), end)
        return p.Branch(condition, p.Edge(targets[-1]), p.Edge(label), loc=e.loc)

    def rerun_end(self, block: p.Block, region: Region) -> p.End:
        def along(edge):
            if edge.to in self.exit_of:
                return p.Edge(self.labels[block.label].reverse)
            params = self.plan.blocks[edge.to].params
            args = tuple(a for v, a in zip(params, edge.args, strict=True) if v.name in self.plan.recomputed_params)
            return p.Edge(self.labels[edge.to].rerun, args)

        end = block.end
        if isinstance(end, p.Branch):
            if region.counted is not None and block.label == region.header:
                return p.Jump(along(end.then), loc=end.loc)
            for edge, other in ((end.then, end.other), (end.other, end.then)):
                if edge.to in self.c.doomed:
                    return p.Jump(along(other), loc=end.loc)
        return end.rerouted(along)

    # ---- reverse

    def reverse(self, label: int) -> None:
        block, region = self.plan.blocks[label], self.plan.region_of(label)
        e = Block(self, block.end.loc, self.local_slots(block))
        for child in self.preheaders.get(label, ()):
            self.flush(e, child)
        self.reverse_edges(e, block)
        for op in reversed(block.ops):
            e.loc = op.loc
            if op in self.plan.undone:
                self.restore(e, op)
            if self.plan.wants[op].acts:
                pull(op, e)
        end = self.backwards(e, label, region)
        self.out[self.labels[label].reverse] = p.Block(self.labels[label].reverse, (), tuple(e.ops), end)

    def backwards(self, e: Block, label: int, region: Region | None) -> p.End:
        if label == self.c.function.entry:
            return p.Return(self.finish(e), loc=e.loc)
        if label in self.c.regions:
            return p.Jump(p.Edge(self.loop_heads[self.c.regions[label]]), loc=e.loc)
        if label in self.exit_of:
            inner = self.exit_of[label][0]
            if inner in self.plan.acting:
                return self.begin_loop(e, inner)
            return p.Jump(p.Edge(self.labels[inner.preheader].reverse), loc=e.loc)
        targets = [self.labels[q].reverse for q in self.preds[label]]
        return self.dispatch(e, self.via(label), targets) if len(targets) > 1 else p.Jump(p.Edge(targets[0]), loc=e.loc)

    def left(self, region: Region) -> p.Var:
        """How many rounds have still to be reversed."""
        return self.slot(p.Var(f"left.{region.header}", INT))

    def begin_loop(self, e: Block, region: Region) -> p.End:
        start = p.Const(0, INT) if region in self.plan.unordered else self.rounds(region)
        e.emit(p.Copy(self.left(region), start, loc=e.loc))
        if self.checkpoints_of(region):
            taping = self.checkpoints.compared(e, operator.ne, TAPING, p.Const(0, INT))
            return p.Branch(taping, p.Edge(self.loop_heads[region]), p.Edge(self.segments), loc=e.loc)
        return p.Jump(p.Edge(self.loop_heads[region]), loc=e.loc)

    def reverse_loop(self, region: Region) -> None:
        """Head and beginning of a round of the reverse loop."""
        if region in self.plan.unordered:
            self.ascending_loop(region)
            return
        loc = self.plan.blocks[region.header].end.loc
        head, body = Block(self, loc), Block(self, loc)
        left, more, label = self.left(region), self.names.var("more", BOOL), self.names.label()
        after = self.labels[region.preheader].reverse
        floor = p.Const(0, INT)
        if self.checkpoints_of(region):
            floor, after = self.checkpoints.floor, self.part_done(region, after, loc)
        head.emit(p.binop(more, operator.gt, left, floor, loc))
        end = p.Branch(more, p.Edge(label), p.Edge(after), loc=loc)
        self.out[self.loop_heads[region]] = p.Block(self.loop_heads[region], (), tuple(head.ops), end)
        body.emit(body.add_int(left, left, -1))
        self.pop(body, region)
        start = region.header
        if region.counted is not None:
            body.emit(p.Copy(region.counted.counter, left, loc=loc))
            start = self.body_entry(region)
        self.out[label] = p.Block(label, (), tuple(body.ops), p.Jump(p.Edge(self.labels[start].rerun), loc=loc))

    def part_done(self, region: Region, after: int, loc: p.Loc) -> int:
        """Where the reverse loop goes when some rounds are reversed: to those before them, or behind the loop."""
        self.checkpoints.reverse(self, self.loop_heads[region], self.segments, loc)
        label, e = self.names.label(), self.block(loc)
        more = self.checkpoints.compared(e, operator.gt, self.checkpoints.floor, p.Const(0, INT))
        self.out[label] = p.Block(
            label, (), tuple(e.ops), p.Branch(more, p.Edge(self.segments), p.Edge(after), loc=loc)
        )
        return label

    def ascending_loop(self, region: Region) -> None:
        """Rounds whose order is of no interest go up, as they do in the program.

        Processors and LLVM like that better.
        """
        loc = self.plan.blocks[region.header].end.loc
        head, body = Block(self, loc), Block(self, loc)
        done, more, label = self.left(region), self.names.var("more", BOOL), self.names.label()
        head.emit(p.binop(more, operator.lt, done, region.counted.trips, loc))
        end = p.Branch(more, p.Edge(label), p.Edge(self.labels[region.preheader].reverse), loc=loc)
        self.out[self.loop_heads[region]] = p.Block(self.loop_heads[region], (), tuple(head.ops), end)
        body.emit(p.Copy(region.counted.counter, done, loc=loc))
        body.emit(body.add_int(done, done, 1))
        start = self.labels[self.body_entry(region)].rerun
        self.out[label] = p.Block(label, (), tuple(body.ops), p.Jump(p.Edge(start), loc=loc))

    def pop(self, e: Block, region: Region) -> None:
        """Take a round's frame from the tape."""
        for v in reversed(self.kept(region)):
            if not is_plain(v.type):
                e.emit(p.Method(v, self.stack(region, v), "pop", (), loc=e.loc))
        frame = self.plain(region)
        if frame:
            e.emit(p.Do(TOP, p.Routine("retreat"), (TOP, frame), loc=e.loc))
            e.emit(p.Do(frame, p.Routine("read"), (BASE, TOP, frame), loc=e.loc))

    def reverse_edges(self, e: Block, block: p.Block) -> None:
        """Cotangents of the parameters of the next block go to what they were set to."""
        moved = []
        for edge in block.end.edges:
            for param, value in zip(self.plan.blocks[edge.to].params, edge.args, strict=True):
                if param.name in self.plan.useful.names and edge.to in self.plan.live_blocks:
                    goals = slots(value) if isinstance(value, p.Var) else []
                    moved += list(zip(slots(param), goals or [None] * len(slots(param)), strict=True))
        # A parameter that was set to a constant has a cotangent, too, which must not be there in the next round.
        taken = [(e.take(source), target) for source, target in moved]
        for bar, target in taken:
            if bar is not None and target is not None:
                e.add(target, bar)

    def flush(self, e: Block, region: Region) -> None:
        """What registers have collected in a loop goes to memory."""
        for outer, total, hoisted, load in self.plan.promoted.values():
            if outer is region and self.plan.wants[load].acts:
                for op in hoisted:
                    e.emit(op)
                e.do("accumulate_unless_zero", cotangent(load.array), load.index, total)
                e.emit(p.Copy(total, empty_slot(total.type), loc=e.loc))
                self.global_slots[total.name] = total

    def restore(self, e: Block, op: p.Op) -> None:
        """Put the old content back."""
        for v, old in self.plan.saved.get(op, ()):
            if isinstance(op, p.Store):
                e.emit(p.Store(None, v, op.index, old, loc=e.loc))
            else:
                e.do("restore", v, old)
        if isinstance(op, p.Method):
            if op.name == "append":
                e.do("pop", op.receiver)
            else:
                e.do("push_back", op.receiver, op.target)

    def local_slots(self, block: p.Block) -> set[str]:
        """Slots of variables that live in one block: they need no zero to begin with."""
        made = (op.target.name for op in block.ops if op.target is not None)
        return {f"{name}{BAR}" for name in made if self.plan.uses.get(name, set()) <= {block.label}}

    def finish(self, e: Block) -> p.Operand:
        """What the adjoint returns: the value where it is wanted, then the cotangents of arguments that are numbers."""
        bars = []
        for v in self.c.function.params:
            for bar in slots(v):
                self.global_slots[bar.name] = bar
                bars.append(e.do("plus", bar, zero_like(bar.type), t=bar.type))  # with the partials of all others
        if FAILED.name in self.slots:
            e.do("raise_division", FAILED)
        result = self.names.var("result", Other("tuple"))
        e.emit(p.Pack(result, (*self.returned, *bars), loc=e.loc))
        return result


def is_of_tape(op: p.Op) -> bool:
    return isinstance(op, p.Do) and isinstance(op.routine, p.Routine) and op.routine.name in ("read", "retreat")


class Block:
    """Operations of one block of the reverse sweep in the making: the `Sweep` that writes."""

    def __init__(self, generator: Generator, loc: p.Loc | None, local: set[str] = frozenset()):
        self.g, self.loc, self.local = generator, loc or generator.c.function.loc, local
        self.ops: list[p.Op] = []
        self.touched: set[str] = set()

    def emit(self, op: p.Op) -> None:
        self.ops.append(op)

    def fresh(self, hint: str, t: Type) -> p.Var:
        return self.g.names.var(hint, t)

    def value(self, operand):
        return operand

    def memory(self, v: p.Var) -> p.Var:
        return v

    def do(self, routine, *args, t: Type | None = None):
        target = self.fresh("t", t) if t is not None else None
        self.emit(p.Do(target, p.Routine(routine) if isinstance(routine, str) else routine, args, loc=self.loc))
        return target

    def add_int(self, target: p.Var, a, n: int) -> p.Op:
        return p.binop(target, operator.add, a, p.Const(n, INT), self.loc)

    def take(self, slot: p.Var):
        if slot.name in self.local:
            return slot if slot.name in self.touched else None
        if not self.g.plan.useful.holds(slot):
            return None
        self.g.global_slots[slot.name] = slot
        taken = self.fresh("bar", slot.type)
        self.emit(p.Copy(taken, slot, loc=self.loc))
        self.emit(p.Copy(slot, empty_slot(slot.type), loc=self.loc))
        return taken

    def add(self, slot: p.Var, term) -> None:
        if is_complex(term.type) != is_complex(slot.type):
            term = part(term, "real", self) if is_complex(term.type) else complex_of(term, ZERO, self)
        first = slot.name in self.local and slot.name not in self.touched
        self.touched.add(slot.name)
        if first:
            self.emit(p.Copy(slot, term, loc=self.loc))
            return
        if slot.name not in self.local:
            self.g.global_slots[slot.name] = slot
        self.emit(p.Do(slot, p.Routine("plus"), (slot, term), loc=self.loc))

    def call_adjoint(self, op: p.Call, operands: tuple, slots: list[p.Var]) -> None:
        """Run the adjoint of a function compiled apart, with the rest of the tape; put back what it wrote."""
        result = self.fresh("result", Other("tuple"))
        callee = p.Ref(f"{op.callee.name}_adjoint", self.g.rules.adjoint(op))
        self.emit(p.Do(result, callee, (*operands, ZERO, WORKSPACE, TOP), loc=op.loc))
        self.emit(p.Do(BASE, p.Routine("tape"), (WORKSPACE,), loc=op.loc))
        for k, slot in enumerate(slots):
            self.add(slot, self.do("element", result, p.Const(k), t=slot.type))
        self.g.restore(self, op)

    def returns_fresh(self, op: p.Call) -> bool:
        return self.g.rules.returns_fresh(op)

    def pullback(self, row: str):
        return self.g.rules.pullback(row)

    def elementwise(self, row):
        return self.g.rules.elementwise(row)

    def expression(self, op: p.Fused):
        return self.g.rules.expression(op)

    def promoted(self, op: p.Load):
        found = self.g.plan.promoted.get(op)
        return found[1] if found is not None else None
