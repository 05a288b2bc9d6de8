"""Makes iteration explicit: ``for v in x`` becomes a counted loop over positions.

One idea: after this pass a counted loop is one that tests ``k < n`` for a counter that goes 0, 1, 2, ..., so its
reverse is known without a tape: ``k`` goes down.  Ranges, arrays, lists, tuples, ``enumerate``, ``zip`` and
``reversed`` of these are counted; other iterators stay as they are.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, replace

from dualjit.program import nodes as p
from dualjit.program.flow import Loop, natural_loops, predecessors
from dualjit.program.naming import Names
from dualjit.program.types import BOOL, INT, Arr, Lst, Real, Tup, Type
from dualjit.rules import table

ZERO, ONE = p.Const(0, INT), p.Const(1, INT)
RANGES = ("range", "prange")


@dataclass(frozen=True)
class Counted:
    """A counted loop: its counter (a parameter of the header) and its number of rounds."""

    counter: p.Var
    trips: p.Operand


class Emitter:
    """Collects operations; each method returns the variable that holds the result."""

    def __init__(self, names: Names, loc: p.Loc):
        self.names, self.loc, self.ops = names, loc, []

    def apply(self, function, *args, t: Type = INT, form="binop"):
        target = self.names.var(function.__name__, t)
        self.ops.append(p.Apply(target, table.row_of(function), function, args, form=form, loc=self.loc))
        return target

    def call(self, function, *args, t: Type = INT):
        target = self.names.var(function.__name__, t)
        self.ops.append(p.Call(target, p.Ref(function.__name__, function), args, loc=self.loc))
        return target

    def whole(self, bound):
        """A bound of a range as an integer: Numba takes floats, too."""
        return self.call(int, bound) if isinstance(getattr(bound, "type", None), Real) else bound

    def trips(self, *bounds):
        """The number of rounds of ``range(*bounds)``."""
        bounds = tuple(map(self.whole, bounds))
        start, stop, step = {1: (ZERO, *bounds, ONE), 2: (*bounds, ONE)}.get(len(bounds), bounds)
        if is_one(step):
            return stop if is_zero(start) else self.apply(operator.sub, stop, start)
        target = self.names.var("trips", INT)
        self.ops.append(p.Do(target, p.Routine("trips"), (start, stop, step), loc=self.loc))
        return target


def is_zero(x) -> bool:
    return isinstance(x, p.Const) and x.value == 0


def is_one(x) -> bool:
    return isinstance(x, p.Const) and x.value == 1


def with_counted_loops(function: p.Function, names: Names) -> tuple[p.Function, dict[int, Counted]]:
    """The program with its iterations counted where they can be, and the counted loops by header."""
    counted: dict[int, Counted] = {}
    function = _with_whole_headers(function)
    for header in natural_loops(function.blocks, function.entry):
        loop = natural_loops(function.blocks, function.entry)[header]
        found = _Iteration.of(function, loop)
        if found is not None:
            function, counted[header] = found.rewritten(names)
    return function, counted


def _with_whole_headers(function: p.Function) -> p.Function:
    """Headers of loops which do nothing but jump on, joined with the block behind them.

    Numba puts such a block before the test of a loop that several others in it lead back to.
    """
    blocks, preds = dict(function.blocks), predecessors(function.blocks)
    for label in natural_loops(function.blocks, function.entry):
        end = blocks[label].end
        if isinstance(end, p.Jump) and not blocks[label].ops and not end.edge.args:
            following = blocks[end.edge.to]
            if following.label != label and preds[following.label] == [label] and not following.params:
                blocks[label] = replace(blocks[label], ops=following.ops, end=following.end)
                del blocks[following.label]
    return function.with_blocks(blocks)


@dataclass
class _Iteration:
    """``for`` over something: the operations that make it one."""

    function: p.Function
    loop: Loop
    made: dict[str, tuple[int, p.Op]]
    start: p.Iter
    step: p.Next
    first: p.First | None
    second: p.Second

    @staticmethod
    def of(function: p.Function, loop: Loop) -> _Iteration | None:
        header = function.blocks[loop.header]
        steps = [op for op in header.ops if isinstance(op, p.Next)]
        made = {op.target.name: (b.label, op) for b, op in function.ops() if op.target is not None}
        if len(steps) != 1 or not isinstance(header.end, p.Branch):
            return None
        (step,) = steps
        start = made.get(step.value.name, (0, None))[1]
        first = next((op for op in header.ops if isinstance(op, p.First) and op.value == step.target), None)
        second = next((op for op in header.ops if isinstance(op, p.Second) and op.value == step.target), None)
        plain = all(isinstance(op, p.Next | p.First | p.Second) for op in header.ops)
        if not isinstance(start, p.Iter) or second is None or header.end.condition != second.target or not plain:
            return None
        users = [op for _, op in function.ops() for v in op.uses() if v == start.target]
        found = _Iteration(function, loop, made, start, step, first, second)
        return found if users == [step] and found.known(start.value) else None

    # ---- what can be counted

    def definition(self, value) -> p.Op | None:
        return self.made.get(value.name, (0, None))[1] if isinstance(value, p.Var) else None

    def call_of(self, value) -> p.Call | None:
        op = self.definition(value)
        return op if isinstance(op, p.Call) and isinstance(op.callee, p.Ref) else None

    def known(self, value) -> bool:
        if not isinstance(value, p.Var):
            return False
        if isinstance(value.type, Arr):
            return value.type.ndim >= 1
        if isinstance(value.type, Lst):
            return not self.grows(value)
        if isinstance(value.type, Tup):
            return len(set(value.type.items)) == 1
        call = self.call_of(value)
        if call is None or call.kwargs or call.vararg is not None:
            return False
        name = getattr(call.callee.value, "__name__", "")
        if name in RANGES:
            return True
        if call.callee.value in (enumerate, reversed) or name == "iter":
            return len(call.args) >= 1 and self.known(call.args[0])
        return call.callee.value is zip and all(map(self.known, call.args))

    def grows(self, value: p.Var) -> bool:
        """Might the list change its length while it is iterated over?"""
        inside = (op for b, op in self.function.ops() if b.label in self.loop.body)
        return any(
            isinstance(op, p.Method) and isinstance(op.receiver, p.Var) and op.receiver.type == value.type
            for op in inside
        )

    # ---- lengths and elements

    def length(self, value, e: Emitter):
        if isinstance(value.type, Tup):
            return p.Const(len(value.type.items), INT)
        if isinstance(value.type, Arr | Lst):
            return e.call(len, value)
        call = self.call_of(value)
        if getattr(call.callee.value, "__name__", "") in RANGES:
            return e.trips(*call.args)
        if call.callee.value is zip:
            lengths = [self.length(a, e) for a in call.args]
            return lengths[0] if len(lengths) == 1 else e.apply(min, *lengths, form="call")
        return self.length(call.args[0], e)

    def element(self, value, k, e: Emitter, target: p.Var | None = None):
        """The operand for element ``k``."""
        if isinstance(value.type, Arr):
            return self.element_of_array(value, k, e)
        if isinstance(value.type, Lst | Tup):
            t = value.type.elem if isinstance(value.type, Lst) else value.type.items[0]
            item = e.names.var("item", t)
            e.ops.append(p.Load(item, value, k, loc=e.loc))
            return item
        call = self.call_of(value)
        if getattr(call.callee.value, "__name__", "") in RANGES:
            start = e.whole(call.args[0]) if len(call.args) > 1 else ZERO
            step = e.whole(call.args[2]) if len(call.args) > 2 else ONE
            scaled = k if is_one(step) else e.apply(operator.mul, k, step)
            return scaled if is_zero(start) else e.apply(operator.add, start, scaled)
        if call.callee.value is reversed:
            last = e.apply(operator.sub, self.length(call.args[0], e), ONE)
            return self.element(call.args[0], e.apply(operator.sub, last, k), e)
        if call.callee.value is enumerate:
            start = call.args[1] if len(call.args) > 1 else ZERO
            position = k if is_zero(start) else e.apply(operator.add, start, k)
            return self.packed((position, self.element(call.args[0], k, e)), e)
        if call.callee.value is zip:
            return self.packed(tuple(self.element(a, k, e) for a in call.args), e)
        return self.element(call.args[0], k, e)

    def element_of_array(self, value, k, e):
        t = value.type
        if t.ndim == 1:
            item = e.names.var("item", t.elem)
            e.ops.append(p.Load(item, value, k, loc=e.loc))
        else:
            item = e.names.var("row", Arr(t.elem, t.ndim - 1, "C" if t.layout == "C" else "A"))
            e.ops.append(p.View(item, value, k, loc=e.loc))
        return item

    def packed(self, items, e):
        target = e.names.var("pair", Tup(tuple(x.type for x in items)))
        e.ops.append(p.Pack(target, items, loc=e.loc))
        return target

    # ---- the rewriting

    def rewritten(self, names: Names) -> tuple[p.Function, Counted]:
        blocks = dict(self.function.blocks)
        before = Emitter(names, self.start.loc)
        trips = self.length(self.start.value, before)
        label = self.made[self.start.target.name][0]
        # The iterator of what may be rebound later is made here; so is the length.
        blocks[label] = _with_ops(blocks[label], self.start, before.ops)
        counter = names.var("k", INT)
        self.count(blocks, counter, trips, names)
        return self.function.with_blocks(blocks), Counted(counter, trips)

    def count(self, blocks, counter, trips, names) -> None:
        """Put the counter, its test and the element into the loop."""
        header = blocks[self.loop.header]
        loc = self.step.loc
        test = Emitter(names, loc)
        condition = test.apply(operator.lt, counter, trips, t=BOOL)
        body = Emitter(names, loc)
        element = self.element(self.start.value, counter, body) if self.first is not None else None
        entry = names.label()

        def element_for(v):
            return element if self.first is not None and v == self.first.target else v

        then = p.Edge(header.end.then.to, header.end.then.args)
        blocks[entry] = p.Block(entry, (), tuple(body.ops), p.Jump(then, loc=loc))
        blocks[header.label] = replace(
            header,
            params=(*header.params, counter),
            ops=tuple(test.ops),
            end=replace(header.end, condition=condition, then=p.Edge(entry)),
        )
        for pred in predecessors(self.function.blocks)[header.label]:
            blocks[pred] = _counting(blocks[pred], header.label, counter, pred in self.loop.body, names, loc)
        if self.first is not None:
            for k, block in blocks.items():
                ops = tuple(op.mapped(element_for) for op in block.ops)
                blocks[k] = replace(block, ops=ops, end=block.end.mapped(element_for))


def _with_ops(block: p.Block, op: p.Op, instead) -> p.Block:
    k = next(i for i, o in enumerate(block.ops) if o is op)
    return replace(block, ops=(*block.ops[:k], *instead, *block.ops[k + 1 :]))


def _counting(block: p.Block, header: int, counter: p.Var, inside: bool, names: Names, loc: p.Loc) -> p.Block:
    """A predecessor of the header passes the next count along."""
    e = Emitter(names, loc)
    following = e.apply(operator.add, counter, ONE) if inside else ZERO

    def along(edge):
        return p.Edge(edge.to, (*edge.args, following)) if edge.to == header else edge

    return replace(block, ops=(*block.ops, *e.ops), end=block.end.rerouted(along))
