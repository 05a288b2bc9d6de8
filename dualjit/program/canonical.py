"""Canonical control flow: what the generation of adjoints relies on.

* one return, which is the last block;
* an edge into a block with several predecessors comes from a block with one successor;
* every loop has one preheader, one latch, and for every edge that leaves it an exit block of its own; an edge that
leaves two
  loops goes through an exit block of each.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from dualjit.program import nodes as p
from dualjit.program.flow import Loop, doomed, innermost, natural_loops, predecessors, without_unreachable
from dualjit.program.iteration import Counted
from dualjit.program.naming import Names


@dataclass(eq=False)
class Region:
    """A loop in canonical form; ``exits`` are pairs (block inside, exit block outside).

    ``counted`` gives counter and rounds where they are known; ``simple``: the only way out is the test of the count.
    """

    loop: Loop
    preheader: int
    latch: int
    exits: list[tuple[int, int]]
    counted: Counted | None = None
    parent: Region | None = None
    children: list[Region] = field(default_factory=list)

    @property
    def header(self) -> int:
        return self.loop.header

    @property
    def simple(self) -> bool:
        # A test whose other way only raises is no way out: then the one exit may leave from the middle of a round.
        return self.counted is not None and [inside for inside, _ in self.exits] == [self.header]

    def contains(self, other: Region | None) -> bool:
        while other is not None and other is not self:
            other = other.parent
        return other is self

    def __repr__(self):
        return f"Region({self.header})"


@dataclass(eq=False)
class Canonical:
    """A program in canonical form with its loops."""

    function: p.Function
    regions: dict[int, Region]
    region_of: dict[int, Region | None]
    doomed: set[int]
    exit: int
    names: Names

    @property
    def blocks(self) -> dict[int, p.Block]:
        return self.function.blocks


def canonical(function: p.Function, counted: dict[int, Counted], names: Names) -> Canonical:
    """Bring a program into canonical form."""
    function = without_unreachable(function)
    function, last = _one_return(function, names)
    function = _split_edges(function, names)
    blocks = dict(function.blocks)
    lost = doomed(blocks)
    loops = natural_loops(blocks, function.entry)
    for loop in loops.values():
        _enter_and_repeat(blocks, loop, loops, names)
    function = function.with_blocks(blocks)
    loops = natural_loops(blocks, function.entry)
    _leave(blocks, loops, lost, names)
    function = without_unreachable(function.with_blocks(blocks))
    return _described(function, loops, counted, names, lost, last)


def _one_return(function: p.Function, names: Names) -> tuple[p.Function, int]:
    returns = [b for b in function.blocks.values() if isinstance(b.end, p.Return)]
    label = names.label()
    blocks = dict(function.blocks)
    values = [b.end.value for b in returns]
    # A constant returned on one way and an active value on another: the answer is active.
    kind = next((v.type for v in values if isinstance(v, p.Var) and v.active), values[0].type)
    answer = names.var("answer", kind)
    for block in returns:
        blocks[block.label] = replace(block, end=p.Jump(p.Edge(label, (block.end.value,)), loc=block.end.loc))
    blocks[label] = p.Block(label, (answer,), (), p.Return(answer, loc=returns[-1].end.loc))
    return function.with_blocks(blocks), label


def _split_edges(function: p.Function, names: Names) -> p.Function:
    """An edge from a block with two successors into one with several predecessors gets a block of its own."""
    blocks, preds = dict(function.blocks), predecessors(function.blocks)
    for block in function.blocks.values():
        if isinstance(block.end, p.Branch):

            def along(edge, loc=block.end.loc):
                return _through(blocks, edge, names, loc) if len(preds[edge.to]) > 1 or edge.args else edge

            blocks[block.label] = replace(block, end=block.end.rerouted(along))
    return function.with_blocks(blocks)


def _through(blocks, edge: p.Edge, names: Names, loc: p.Loc) -> p.Edge:
    """A way round by a new block."""
    label = names.label()
    blocks[label] = p.Block(label, (), (), p.Jump(edge, loc=loc))
    return p.Edge(label)


def _enter_and_repeat(blocks, loop: Loop, loops, names: Names) -> None:
    """One preheader and one latch for the loop."""
    preds = predecessors(blocks)[loop.header]
    around = [o for o in loops.values() if o is not loop and loop.header in o.body]
    outside = _gathered(blocks, loop.header, [q for q in preds if q not in loop.body], names)
    inside = _gathered(blocks, loop.header, [q for q in preds if q in loop.body], names)
    loop.body.add(inside)
    for o in around:
        o.body.update((outside, inside))


def _gathered(blocks, header: int, preds: list[int], names: Names) -> int:
    """The one block through which some predecessors reach the header: a new one, unless it is there."""
    if len(preds) == 1 and isinstance(blocks[preds[0]].end, p.Jump):
        return preds[0]
    label = names.label()
    params = tuple(names.var(v.name, v.type) for v in blocks[header].params)
    loc = blocks[preds[0]].end.loc
    blocks[label] = p.Block(label, params, (), p.Jump(p.Edge(header, params), loc=loc))
    for q in preds:
        blocks[q] = replace(
            blocks[q], end=blocks[q].end.rerouted(lambda e: replace(e, to=label) if e.to == header else e)
        )
    return label


def _leave(blocks, loops, lost, names: Names) -> None:
    """One exit block for every loop that an edge leaves; those of inner loops are blocks of the loops around."""
    for block in list(blocks.values()):
        left = innermost(loops, block.label)

        def along(edge, left=left, block=block):
            way = []
            loop = left
            while loop is not None and edge.to not in loop.body and edge.to not in lost:
                way.append(loop)
                loop = loop.parent
            for around in reversed(way):
                edge = _through(blocks, edge, names, block.end.loc)
                outer = around.parent
                while outer is not None:
                    outer.body.add(edge.to)
                    outer = outer.parent
            return edge

        blocks[block.label] = replace(block, end=block.end.rerouted(along))


def _described(function, loops, counted, names, lost, last) -> Canonical:
    blocks = function.blocks
    for loop in loops.values():
        loop.body &= set(blocks)
    preds = predecessors(blocks)
    regions: dict[int, Region] = {}
    for header, loop in loops.items():
        (outside,) = [q for q in preds[header] if q not in loop.body]
        (inside,) = [q for q in preds[header] if q in loop.body]
        leaving = [
            (k, e.to)
            for k in sorted(loop.body)
            for e in blocks[k].end.edges
            if e.to not in loop.body and e.to not in lost
        ]
        parent = regions.get(loop.parent.header) if loop.parent is not None else None
        regions[header] = Region(loop, outside, inside, leaving, _counted(blocks[header], counted.get(header)), parent)
        if parent is not None:
            parent.children.append(regions[header])
    region_of = {k: (lambda o: regions[o.header] if o is not None else None)(innermost(loops, k)) for k in blocks}
    return Canonical(function, regions, region_of, lost & set(blocks), last, names)


def _counted(header: p.Block, found: Counted | None) -> Counted | None:
    """A counted loop as its test says now: passes may have renamed the number of rounds."""
    if found is None:
        return None
    (test,) = [op for op in header.ops if op.target == header.end.condition]
    return Counted(*test.args)
