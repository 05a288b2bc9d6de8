"""Control flow of a program: predecessors, orders, dominators, natural loops.

Source: Cooper, Harvey and Kennedy 2001, A simple, fast dominance algorithm; Aho, Lam, Sethi and Ullman, Compilers,
2nd ed., 9.6.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dualjit.program.nodes import Block, Function, Raise, Return

Blocks = Mapping[int, Block]


def successors(block: Block) -> tuple[int, ...]:
    return tuple(edge.to for edge in block.end.edges)


def predecessors(blocks: Blocks) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {label: [] for label in blocks}
    for label, block in blocks.items():
        for to in successors(block):
            found[to].append(label)
    return found


def reverse_postorder(blocks: Blocks, entry: int) -> list[int]:
    """Labels of the blocks that can be reached, each before its successors except along back edges."""
    order, seen = [], {entry}
    stack = [(entry, iter(successors(blocks[entry])))]
    while stack:
        label, waiting = stack[-1]
        following = next((s for s in waiting if s not in seen), None)
        if following is None:
            order.append(label)
            stack.pop()
        else:
            seen.add(following)
            stack.append((following, iter(successors(blocks[following]))))
    return order[::-1]


def without_unreachable(function: Function) -> Function:
    return function.with_blocks({k: function.blocks[k] for k in reverse_postorder(function.blocks, function.entry)})


def immediate_dominators(blocks: Blocks, entry: int) -> dict[int, int]:
    order = reverse_postorder(blocks, entry)
    rank = {label: k for k, label in enumerate(order)}
    preds = predecessors(blocks)
    idom = {entry: entry}

    def meet(a, b):
        while a != b:
            while rank[a] > rank[b]:
                a = idom[a]
            while rank[b] > rank[a]:
                b = idom[b]
        return a

    changed = True
    while changed:
        changed = False
        for label in order[1:]:
            known = [p for p in preds[label] if p in idom]
            new = known[0]
            for p in known[1:]:
                new = meet(new, p)
            if idom.get(label) != new:
                idom[label] = new
                changed = True
    return idom


def dominates(idom: Mapping[int, int], a: int, b: int) -> bool:
    while b != a and idom[b] != b:
        b = idom[b]
    return a == b


@dataclass(eq=False)
class Loop:
    """A natural loop: its header, its blocks (inner loops' too), and the loop around it."""

    header: int
    body: set[int]
    parent: Loop | None = None
    children: list[Loop] = field(default_factory=list)

    def __repr__(self):
        return f"Loop({self.header})"

    def contains(self, other: Loop | None) -> bool:
        """Is ``other`` this loop or inside it?"""
        while other is not None and other is not self:
            other = other.parent
        return other is self


def natural_loops(blocks: Blocks, entry: int) -> dict[int, Loop]:
    """The loops by header, outer ones before inner ones."""
    idom, preds = immediate_dominators(blocks, entry), predecessors(blocks)
    bodies: dict[int, set[int]] = {}
    for label in idom:
        for to in successors(blocks[label]):
            if dominates(idom, to, label):
                bodies.setdefault(to, {to}).update(_reaching(label, to, preds))
    loops = {h: Loop(h, bodies[h]) for h in sorted(bodies, key=lambda h: (-len(bodies[h]), h))}
    for loop in loops.values():
        around = [o for o in loops.values() if o is not loop and loop.header in o.body]
        loop.parent = min(around, key=lambda o: len(o.body), default=None)
        if loop.parent is not None:
            loop.parent.children.append(loop)
    return loops


def _reaching(label: int, header: int, preds: Mapping[int, list[int]]) -> set[int]:
    found, waiting = {header}, [label]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting.extend(preds[current])
    return found


def innermost(loops: Mapping[int, Loop], label: int) -> Loop | None:
    around = [o for o in loops.values() if label in o.body]
    return min(around, key=lambda o: len(o.body), default=None)


def doomed(blocks: Blocks) -> set[int]:
    """Blocks from which no return can be reached: they end in an exception (or never)."""
    preds = predecessors(blocks)
    saved, waiting = set(), [k for k, b in blocks.items() if isinstance(b.end, Return)]
    while waiting:
        label = waiting.pop()
        if label not in saved:
            saved.add(label)
            waiting.extend(preds[label])
    raising = {k for k, b in blocks.items() if isinstance(b.end, Raise)}
    can_raise, waiting = set(), list(raising)
    while waiting:
        label = waiting.pop()
        if label not in can_raise and label not in saved:
            can_raise.add(label)
            waiting.extend(preds[label])
    return can_raise
