"""Joins blocks that follow each other, leaves empty ones out, numbers them in the order in which they run."""

from __future__ import annotations

from dataclasses import replace

from dualjit.program import nodes as p
from dualjit.program.flow import predecessors, reverse_postorder


def straightened(function: p.Function) -> p.Function:
    """``function`` with as few blocks as its control flow allows, numbered from 0."""
    blocks = _without_empty(function)
    blocks = _joined(blocks, function.entry)
    order = reverse_postorder(blocks, function.entry)
    number = {label: k for k, label in enumerate(order)}
    renumbered = {
        number[k]: replace(
            blocks[k], label=number[k], end=blocks[k].end.rerouted(lambda e: replace(e, to=number[e.to]))
        )
        for k in order
    }
    return replace(function, blocks=renumbered, entry=0)


def _without_empty(function: p.Function) -> dict[int, p.Block]:
    """Edges to blocks that only jump on lead to where these jump."""
    blocks = function.blocks

    def empty(block):
        plain = not block.ops and not block.params and isinstance(block.end, p.Jump)
        return plain and block.end.edge.to != block.label and block.label != function.entry

    def along(edge):
        seen = set()
        while empty(blocks[edge.to]) and edge.to not in seen:
            seen.add(edge.to)
            edge = blocks[edge.to].end.edge
        return edge

    changed = {k: replace(b, end=_simple(b.end.rerouted(along))) for k, b in blocks.items()}
    reached = reverse_postorder(changed, function.entry)
    return {k: changed[k] for k in reached}


def _simple(end: p.End) -> p.End:
    """A branch whose ways are one is a jump."""
    same = isinstance(end, p.Branch) and end.then == end.other
    return p.Jump(end.then, loc=end.loc) if same else end


def _joined(blocks: dict[int, p.Block], entry: int) -> dict[int, p.Block]:
    """Blocks that are reached in one way, by a jump that sets nothing, belong to the block before them."""
    preds = predecessors(blocks)
    blocks = dict(blocks)
    for label in list(blocks):
        if label not in blocks:
            continue
        block = blocks[label]
        while isinstance(block.end, p.Jump) and not block.end.edge.args:
            to = block.end.edge.to
            if to in (entry, label) or len(preds[to]) != 1 or blocks[to].params:
                break
            following = blocks.pop(to)
            for successor in following.end.edges:
                preds[successor.to] = [label if q == to else q for q in preds[successor.to]]
            block = replace(block, ops=(*block.ops, *following.ops), end=following.end)
        blocks[label] = block
    return blocks
