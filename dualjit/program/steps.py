"""Expressions of elementwise operations as lists of steps, and what going back through one reads.

One idea: a step names operands by their positions, among what the expression is given and the answers of the steps
before, in this order; so an expression is a constant that code can be generated for and kept under.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dualjit.rules.expr import Answer, Arg, nodes
from dualjit.rules.table import scalar_rows


@dataclass(frozen=True)
class Step:
    """``function``, of the scalar row called ``row``, on what stands at ``operands``."""

    function: Callable
    row: str
    operands: tuple[int, ...]


def depends(steps: Sequence[Step], arity: int, active: frozenset[int]) -> frozenset[int]:
    """Positions of operands and answers that depend on the active operands."""
    found = set(active)
    for k, step in enumerate(steps, arity):
        if found.intersection(step.operands):
            found.add(k)
    return frozenset(found)


def wanted_operands(steps: Sequence[Step], arity: int, active: frozenset[int]) -> frozenset[int]:
    """Positions of the operands whose values going back reads: in partials, or to compute again what these read."""
    varied = depends(steps, arity, active)
    wanted: set[int] = set()
    for k, step in enumerate(steps, arity):
        for operand, partial in zip(step.operands, scalar_rows()[step.row].partials, strict=True):
            if operand in varied:
                wanted |= _read(k, step, partial)
    for k in range(arity + len(steps) - 1, arity - 1, -1):
        if k in wanted:
            wanted.update(steps[k - arity].operands)
    return frozenset(k for k in wanted if k < arity)


def _read(k: int, step: Step, partial) -> set[int]:
    """Positions of what a partial of the step at ``k`` reads."""
    found = {step.operands[node.index] for node in nodes(partial) if isinstance(node, Arg)}
    return found | ({k} if any(isinstance(node, Answer) for node in nodes(partial)) else set())
