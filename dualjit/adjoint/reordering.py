"""Sums of the forward sweep that may be added in any order.

One idea: where the function's value is not asked for, the sum of a loop is only what derivatives are taken at.  If
nothing but that sum sees what has been added so far, and no decision depends on it, the order of its terms is open, as
it is in ``np.sum`` and in a matrix product; so the loop can use vectors.  The error bound of the sum does not grow.

Compensated sums and the like look at what has been added, so they stay as they are.
"""

from __future__ import annotations

from collections import defaultdict

from dualjit.adjoint.plan import RAISING
from dualjit.program import nodes as p
from dualjit.program.canonical import Canonical, Region
from dualjit.program.types import Real
from dualjit.rules.expr import BOOLEAN, operations
from dualjit.rules.table import ScalarRow, scalar_rows

DECISIONS = BOOLEAN | {"select", "copysign", "floor", "trunc"}


def reorderable(c: Canonical) -> frozenset[p.Op]:
    """The additions of such sums, in a program whose answer is not returned."""
    uses = _Uses(c)
    found = (pair for region in c.regions.values() for pair in _additions(c, region, uses))
    return frozenset(op for op, total in found if uses.is_quiet(total))


class _Uses:
    """What reads each variable."""

    def __init__(self, c: Canonical):
        self.blocks = c.blocks
        self.of: dict[str, list[p.Op | p.End]] = defaultdict(list)
        for block in c.blocks.values():
            for op in (*block.ops, block.end):
                for v in op.uses():
                    self.of[v.name].append(op)

    def is_quiet(self, v: p.Var) -> bool:
        """Does a number reach real numbers alone: no decision, no memory, nothing that can be seen?"""
        seen, waiting = set(), [v]
        while waiting:
            v = waiting.pop()
            if v.name in seen:
                continue
            seen.add(v.name)
            for op in self.of[v.name]:
                following = self.following(op, v)
                if following is None:
                    return False
                waiting += following
        return True

    def following(self, op: p.Op | p.End, v: p.Var) -> list[p.Var] | None:
        """The numbers that an operation makes of a number; None where it makes something else of it."""
        match op:
            case p.Return():
                return []
            case p.Jump() | p.Branch():
                if v == getattr(op, "condition", None):
                    return None
                pairs = [pair for e in op.edges for pair in zip(self.blocks[e.to].params, e.args, strict=True)]
                return [param for param, a in pairs if a == v]
            case p.Apply(row=ScalarRow() as row) if isinstance(op.target.type, Real) and is_smooth(row):
                return None if row.name in RAISING and op.args[1] == v else [op.target]
            case p.Copy() | p.Cast() if isinstance(op.target.type, Real):
                return [op.target]
        return None


def is_smooth(row: ScalarRow) -> bool:
    """Is there no piece to choose, so that rounding its argument otherwise rounds the derivative otherwise?"""
    if not row.active:
        return False
    used = set().union(*map(operations, row.partials))
    steps = {name for name in used if name in scalar_rows() and not scalar_rows()[name].active}
    return not steps and not used & DECISIONS


def _additions(c: Canonical, region: Region, uses: _Uses):
    """The additions ``s + term`` of a loop of which nobody else reads ``s`` in it, each with the sum ``s``."""
    (back,) = c.blocks[region.latch].end.edges
    for total, following in zip(c.blocks[region.header].params, back.args, strict=True):
        if isinstance(total.type, Real) and isinstance(following, p.Var):
            here = [op for op in uses.of[total.name] if _inside(c, region, op)]
            adds = [op for op in here if _is_addition(op, total) and op.target.name == following.name]
            if len(here) == len(adds) == 1 and uses.of[following.name] == [c.blocks[region.latch].end]:
                yield adds[0], total


def _is_addition(op, total: p.Var) -> bool:
    return p.is_row(op, "add") and isinstance(op.target.type, Real) and sum(a == total for a in op.args) == 1


def _inside(c: Canonical, region: Region, op) -> bool:
    return any(op is other for label in region.loop.body for other in (*c.blocks[label].ops, c.blocks[label].end))
