"""Which active values the answer depends on: only these have a cotangent that is not zero.

All active memory counts as useful; of numbers it is found by going back from the answer.
"""

from __future__ import annotations

from collections import defaultdict

from dualjit.adjoint.cotangents import BAR
from dualjit.adjoint.memory import written_by
from dualjit.program import nodes as p
from dualjit.program.types import Real, components


def useful_numbers(blocks: dict[int, p.Block], answer: p.Operand) -> set[str]:
    """Names of the variables with active numbers in them on which the answer or any active memory depends."""
    sources: dict[str, set[str]] = defaultdict(set)
    roots = {answer.name} if isinstance(answer, p.Var) else set()
    for block in blocks.values():
        for op in block.ops:
            given = {v.name for v in op.uses() if v.active}
            if op.target is None or written_by(op) or not is_number_like(op.target):
                roots |= given
            else:
                sources[op.target.name] |= given
                if isinstance(op, p.Method | p.Call):
                    roots |= given
        for edge in block.end.edges:
            for param, value in zip(blocks[edge.to].params, edge.args, strict=True):
                if isinstance(value, p.Var) and value.active:
                    sources[param.name].add(value.name)
                    if not is_number_like(param):
                        roots.add(value.name)
    found, waiting = set(), list(roots)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(sources[name])
    return found


def is_useful(slot: p.Var, useful: set[str]) -> bool:
    """Is the slot that of a useful number, or of an item of a useful tuple (``x.0.bar`` of ``x``)?"""
    name = slot.name.removesuffix(BAR)
    while name not in useful and name.rpartition(".")[2].isdigit():
        name = name.rpartition(".")[0]
    return name in useful


def is_number_like(v: p.Var) -> bool:
    """A number, or a tuple of numbers: nothing that is memory."""
    return all(isinstance(t, Real) or not hasattr(t, "elem") for t in components(v.type))
