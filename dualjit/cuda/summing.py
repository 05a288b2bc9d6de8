"""Shadows that all threads share: what is added to them is added atomically, and nothing else is done to them.

One idea: an adjoint program adds to the shadow of an argument that the function does not write to, and takes views of
it; so exchanging the two routines that add is all, and what else is met is refused.
"""

from __future__ import annotations

from dataclasses import replace

from dualjit.adjoint.refusal import refuse
from dualjit.program import nodes as p

ATOMIC = {"accumulate": "add_at_once", "accumulate_unless_zero": "add_at_once_unless_zero"}
FOLLOWING = (p.Load, p.View, p.Attr, p.Copy, p.Cast, p.Item)
"""Operations by which a shadow follows its primal."""


def summed(program: p.Function, names: set[str]) -> p.Function:
    """The program with atomic additions to these shadows and to their views."""
    shared = {program.scopes[name] for name in names}
    same = {name for name, scope in program.scopes.items() if scope in shared}
    blocks = {
        label: replace(block, ops=tuple(_atomic(op, same) for op in block.ops))
        for label, block in program.blocks.items()
    }
    return program.with_blocks(blocks)


def _atomic(op: p.Op, same: set[str]) -> p.Op:
    used = [v for v in op.uses() if v.name in same]
    if not used:
        return op
    if isinstance(op, p.Do) and getattr(op.routine, "name", "") in ATOMIC and op.args[0] in used and len(used) == 1:
        return replace(op, routine=p.Routine(ATOMIC[op.routine.name]))
    if isinstance(op, FOLLOWING) and op.target.name in same:
        return op
    raise refuse(
        op.loc,
        "this use of an array that all points share",
        "its gradient is a sum over threads, to which only elements can be added",
        "read it element by element, theta[i]",
    )
