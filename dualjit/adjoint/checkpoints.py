"""Checkpoints of long loops: when the tape is full, the state is stored now and then instead, and rounds are run again.

One idea: the loop is taped until half of the memory budget is used, which took ``span`` rounds.  From then on nothing
is taped, and before every ``span`` rounds the state is copied.  The reverse sweep goes back to the last copy, runs
``span`` rounds with the tape, reverses them, and so on; the first rounds are on the tape still.  Every round runs
forward at most twice.

Source: Griewank and Walther, Evaluating Derivatives, 2nd ed., 12.2 (two-level checkpointing with equal intervals).
"""

from __future__ import annotations

import operator

from dualjit.program import nodes as p
from dualjit.program.canonical import Region
from dualjit.program.flow import dominates, immediate_dominators
from dualjit.program.types import BOOL, INT, Arr, Other, is_plain

TAPING = p.Var("taping", INT)
"""All ones while frames are pushed, else 0."""


def checkpointed(plan, part, acting_plain) -> Checkpoints | None:
    """The checkpoints of the loop that keeps most; None when there is no loop of which the state is known.

    ``acting_plain``: does a region keep numbers, and nothing else?
    """
    for region in plan.c.regions.values():
        if region.parent is None and region.simple and region not in part.dropped:
            inside = [r for r in plan.c.regions.values() if region.contains(r)]
            keeps = any(plan.frames.get(r) for r in inside)
            if keeps and all(map(acting_plain, inside)) and _can_run_again(plan, region):
                state = _state(plan, part, region)
                if state is not None:
                    return Checkpoints(plan, part, region, state)
    return None


def _can_run_again(plan, region: Region) -> bool:
    """Is everything that happens in the loop seen in the program?"""
    for label in region.loop.body:
        for op in plan.blocks[label].ops:
            if isinstance(op, p.Print | p.Next | p.Method) or (isinstance(op, p.Call) and op.types is not None):
                return False
    return True


def _state(plan, part, region: Region) -> list[p.Var] | None:
    """Arrays from outside that are written in the loop; None where the state can't be copied."""
    header = plan.blocks[region.header]
    if not all(is_plain(v.type) for v in header.params if v.name in part.params):
        return None
    idom = immediate_dominators(plan.blocks, plan.c.function.entry)
    classes = {name for name in plan.memory.writes if plan.written_in(name, region)}
    found = []
    for name, at in plan.definitions.items():
        v = plan.variables.get(name)
        if v is None or at.region is not None or plan.memory.of(v) not in classes:
            continue
        if not isinstance(v.type, Arr) or v.type.layout not in "CF":
            return None
        runs = at.op in part.ops or (at.op is None and (at.block is None or name in part.params))
        if runs and (at.block is None or dominates(idom, at.block, region.preheader)):
            found.append(v)
    return found


class Checkpoints:
    """Writes what a checkpointed loop does beside its rounds."""

    def __init__(self, plan, part, region: Region, state: list[p.Var]):
        self.plan, self.part, self.region, self.state = plan, part, region, state
        header = plan.blocks[region.header]
        self.carried = [v for v in header.params if v.name in part.params and v != region.counted.counter]
        self.limit, self.span, self.floor = p.Var("limit", INT), p.Var("span", INT), p.Var("floor", INT)
        self.again, self.saved = p.Var("again", INT), p.Var("saved_states", INT)
        self.states, self.base, self.top = (
            p.Var("states", Other("workspace")),
            p.Var("base.states", INT),
            p.Var("top.states", INT),
        )

    def variables(self) -> list[p.Var]:
        """Numbers that begin as 0."""
        return [self.limit, self.span, self.floor, self.again, self.saved, self.top]

    def prologue(self, e, workspace: p.Var) -> None:
        e.emit(p.Copy(TAPING, p.Const(-1, INT), loc=e.loc))
        e.emit(p.Do(self.states, p.Routine("states"), (workspace,), loc=e.loc))

    def enter(self, e) -> None:
        """Before the loop."""
        e.emit(p.Copy(self.limit, self.region.counted.trips, loc=e.loc))

    def compared(self, e, function, a, b) -> p.Var:
        target = e.fresh("test", BOOL)
        e.emit(p.binop(target, function, a, b, e.loc))
        return target

    def begin_round(self, g, label: int, entry: int, loc) -> None:
        """A block between the test of the loop and its body: copies the state where a span of rounds begins."""
        e, copy, more = g.block(loc), g.block(loc), g.names.label()
        counter = self.region.counted.counter
        due = e.fresh("due", BOOL)
        e.emit(p.Do(due, p.Routine("is_due"), (TAPING, counter, self.span), loc=loc))
        g.out[label] = p.Block(label, (), tuple(e.ops), p.Branch(due, p.Edge(more), p.Edge(entry), loc=loc))
        for v in self.state:
            copy.emit(p.Do(self.top, p.Routine("save_array"), (self.states, self.top, v), loc=loc))
        if self.carried:
            carried = tuple(self.carried)
            self.find(copy)
            room = (self.states, self.base, self.top, p.Const(1, INT), carried)
            copy.emit(p.Do(self.base, p.Routine("reserve"), room, loc=loc))
            copy.emit(p.Do(None, p.Routine("write"), (self.base, self.top, carried), loc=loc))
            copy.emit(p.Do(self.top, p.Routine("advance"), (self.top, carried), loc=loc))
        copy.emit(copy.add_int(self.saved, self.saved, 1))
        g.out[more] = p.Block(more, (), tuple(copy.ops), p.Jump(p.Edge(entry), loc=loc))

    def find(self, e) -> None:
        """Where the states are now: they may have moved."""
        e.emit(p.Do(self.base, p.Routine("tape"), (self.states,), loc=e.loc))

    def end_round(self, e, top: p.Var, budget: int) -> None:
        """After a round: when the tape is full, stop taping; the rounds so far are the span."""
        counter = self.region.counted.counter
        e.emit(p.Do(TAPING, p.Routine("still_taping"), (TAPING, self.again, top, p.Const(budget, INT)), loc=e.loc))
        e.emit(p.Do(self.span, p.Routine("span_of"), (TAPING, self.span, counter), loc=e.loc))

    def reverse(self, g, head: int, seg: int, loc) -> None:
        """The block that goes back to the last copy of the state, or to the rounds which are on the tape."""
        test, back, first = g.block(loc), g.block(loc), g.block(loc)
        restored, taped = g.names.label(), g.names.label()
        any_left = self.compared(test, operator.gt, self.saved, p.Const(0, INT))
        g.out[seg] = p.Block(seg, (), tuple(test.ops), p.Branch(any_left, p.Edge(restored), p.Edge(taped), loc=loc))
        back.emit(back.add_int(self.saved, self.saved, -1))
        if self.carried:
            carried = tuple(self.carried)
            self.find(back)
            back.emit(p.Do(self.top, p.Routine("retreat"), (self.top, carried), loc=loc))
            back.emit(p.Do(carried, p.Routine("read"), (self.base, self.top, carried), loc=loc))
        for v in reversed(self.state):
            back.emit(p.Do(self.top, p.Routine("load_array"), (self.states, self.top, v), loc=loc))
        # rounds floor = span * (saved + 1), ..., limit - 1
        times = back.fresh("times", INT)
        back.emit(back.add_int(times, self.saved, 1))
        back.emit(p.binop(self.floor, operator.mul, self.span, times, loc))
        back.emit(
            p.Do(self.limit, p.Routine("end_of_span"), (self.floor, self.span, self.region.counted.trips), loc=loc)
        )
        back.emit(p.Copy(self.again, p.Const(1, INT), loc=loc))
        back.emit(p.Copy(TAPING, p.Const(-1, INT), loc=loc))
        counter = self.region.counted.counter
        params = {v.name: v for v in self.carried} | {counter.name: self.floor}
        header = g.plan.blocks[self.region.header]
        args = tuple(params[v.name] for v in header.params if v.name in self.part.params)
        g.out[restored] = p.Block(restored, (), tuple(back.ops), p.Jump(p.Edge(self.region.header, args), loc=loc))
        first.emit(p.Copy(self.floor, p.Const(0, INT), loc=loc))
        first.emit(p.Copy(g.left(self.region), self.span, loc=loc))
        g.out[taped] = p.Block(taped, (), tuple(first.ops), p.Jump(p.Edge(head), loc=loc))
