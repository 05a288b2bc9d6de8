"""Whether what a function returns is memory of its own: each array in the answer apart from all others.

One idea: a tuple makes one class of all that is in it, so the classes are taken without the tuples of the answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from dualjit.adjoint.memory import Memory
from dualjit.program import nodes as p
from dualjit.program.canonical import Canonical
from dualjit.program.types import Tup, holds_memory


def returns_fresh(c: Canonical) -> bool:
    """Is no memory in the answer a parameter's, or another part's of the answer?"""
    answer = c.blocks[c.exit].end.value
    if not isinstance(answer, p.Var) or not holds_memory(answer.type):
        return True
    sources = _Sources(c)
    returned = [list(sources.parts(v)) for v in sources.of(answer)]
    if any(part is None for parts in returned for part in parts):
        return False
    blocks = {k: replace(b, ops=tuple(op for op in b.ops if op not in sources.tuples)) for k, b in c.blocks.items()}
    memory = Memory(blocks)
    given = {memory.of(v) for v in c.function.params if holds_memory(v.type)}
    for parts in returned:
        found = [memory.of(v) for v in parts]
        if given & {*found} or len({*found}) < len(found):
            return False
    return True


class _Sources:
    """Where values come from; ``tuples`` are the operations that were seen to make parts of the answer."""

    def __init__(self, c: Canonical):
        self.made = {op.target.name: op for _, op in c.function.ops() if isinstance(op.target, p.Var)}
        self.arrived = defaultdict(list)
        for block in c.blocks.values():
            for edge in block.end.edges:
                for param, value in zip(c.blocks[edge.to].params, edge.args, strict=True):
                    self.arrived[param.name].append(value)
        self.tuples: set[p.Op] = set()

    def of(self, v: p.Var) -> list[p.Var]:
        """The variables whose value ``v`` may be, behind copies and where control flow meets."""
        found, seen, waiting = [], set(), [v]
        while waiting:
            v = waiting.pop()
            if not isinstance(v, p.Var) or v.name in seen:
                continue
            seen.add(v.name)
            op = self.made.get(v.name)
            if isinstance(op, p.Cast | p.Copy):
                waiting.append(op.source)
            elif v.name in self.arrived:
                waiting += self.arrived[v.name]
            else:
                found.append(v)
        return found

    def parts(self, v: p.Operand) -> Iterator[p.Var | None]:
        """The arrays in a value, which is made in one place; None where that is not so."""
        if not isinstance(v, p.Var) or not holds_memory(v.type):
            return
        if not isinstance(v.type, Tup):
            yield v
            return
        made = [self.made.get(source.name) for source in self.of(v)]
        if len(made) != 1 or not isinstance(made[0], p.Pack):
            yield None
            return
        (op,) = made
        self.tuples.add(op)
        for item in op.items:
            yield from self.parts(item)
