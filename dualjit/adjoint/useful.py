"""Which active values and which memory the answer depends on: only these have cotangents that are not zero.

What does not reach the answer is not gone back through, so that an infinity there makes no NaN out of a zero.  Memory
counts as a whole, class by class; what is written to an argument, or handed to a call that nobody looks into, counts
as reaching the answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from dualjit.adjoint.cotangents import BAR
from dualjit.adjoint.memory import Memory, written_by
from dualjit.program import nodes as p
from dualjit.program.types import Real, components


class Useful:
    """The names of useful variables, and what they say of operations."""

    def __init__(self, blocks: dict[int, p.Block], params: tuple[p.Var, ...], answer: p.Operand, memory: Memory):
        self.memory = memory
        sources: dict[str, set[str]] = defaultdict(set)
        roots = {self.place(v) for v in params if not is_number_like(v) and memory.writes.get(memory.of(v))}
        if isinstance(answer, p.Var):
            roots |= {answer.name, self.place(answer)}
        held: dict[str, set[str]] = defaultdict(set)
        for block in blocks.values():
            for op in block.ops:
                given = {self.place(v) for v in op.uses() if v.active}
                if isinstance(op, p.Method | p.Call):
                    roots |= given
                for v in self.made(op):
                    sources[self.place(v)] |= given
                    held[self.place(v)].add(v.name)
            for edge in block.end.edges:
                for param, value in zip(blocks[edge.to].params, edge.args, strict=True):
                    held[self.place(param)].add(param.name)
                    if isinstance(value, p.Var) and value.active:
                        sources[self.place(param)].add(self.place(value))
        self.names: set[str] = set()
        waiting = list(roots)
        while waiting:
            name = waiting.pop()
            if name not in self.names:
                self.names.add(name)
                waiting.extend(sources[name])
        self.names |= {name for place in tuple(self.names) for name in held[place]}

    def place(self, v: p.Var) -> str:
        """A number's own name, the class of memory."""
        return v.name if is_number_like(v) else self.memory.of(v)

    @staticmethod
    def made(op: p.Op) -> Iterator[p.Var]:
        """What an operation gives values to."""
        if op.target is not None:
            yield op.target
        yield from written_by(op)

    def acts(self, op: p.Op) -> bool:
        """May cotangents of what the operation makes be anything but zero?"""
        return isinstance(op, p.Method | p.Call) or any(self.place(v) in self.names for v in self.made(op))

    def holds(self, slot: p.Var) -> bool:
        """Is the slot that of a useful number, or of an item of a useful tuple (``x.0.bar`` of ``x``)?"""
        name = slot.name.removesuffix(BAR)
        while name not in self.names and name.rpartition(".")[2].isdigit():
            name = name.rpartition(".")[0]
        return name in self.names


def is_number_like(v: p.Var) -> bool:
    """A number, or a tuple of numbers: nothing that is memory."""
    return all(isinstance(t, Real) or not hasattr(t, "elem") for t in components(v.type))
