"""Loops whose rounds can be reversed in any order.

One idea: a round of the reverse loop reads nothing that another round of it has changed when nothing is kept for it,
nothing is put back in memory, and it only adds: to shadows, to registers, and to parameters which are sums.  Of a sum
``s = s + term`` every round's cotangent is the same.
"""

from __future__ import annotations

from dualjit.program import nodes as p
from dualjit.program.canonical import Region
from dualjit.program.types import holds_memory

SUMS = {"add": (0, 1), "sub": (0,)}


def unordered_regions(plan) -> set[Region]:
    """The loops that act and commute."""
    return {r for r in plan.acting if r.simple and not plan.frames.get(r) and _commutes(r, plan)}


def _commutes(region: Region, plan) -> bool:
    for label in region.loop.body:
        inner = plan.region_of(label)
        if inner is not region and (plan.frames.get(inner) or not inner.simple):
            return False
        for op in plan.blocks[label].ops:
            if op in plan.undone or (_clears(op) and plan.wants[op].acts):
                return False
    header = plan.blocks[region.header]
    params = [v for v in header.params if v.active and v.name in plan.useful.names]
    return all(not holds_memory(v.type) and Sum(plan, region, v).holds() for v in params)


def _clears(op: p.Op) -> bool:
    """Does its adjoint overwrite cotangents rather than add to them?"""
    return isinstance(op, p.Store | p.Update | p.Method) or (
        isinstance(op, p.Apply) and bool(getattr(op.row, "writes", ()))
    )


class Sum:
    """Is a parameter of a loop a sum, to which rounds only add?"""

    def __init__(self, plan, region: Region, param: p.Var):
        self.plan, self.region, self.param = plan, region, param
        self.chain: set[str] = set()

    def holds(self) -> bool:
        latch = self.plan.blocks[self.region.latch]
        (edge,) = latch.end.edges
        params = self.plan.blocks[edge.to].params
        following = next(a for v, a in zip(params, edge.args, strict=True) if v.name == self.param.name)
        return self.is_sum(following) and not self.used_otherwise()

    def is_sum(self, v) -> bool:
        """The parameter itself, or it plus something."""
        if not isinstance(v, p.Var):
            return False
        if v.name == self.param.name or v.name in self.chain:
            return True
        found = self.plan.definitions[v.name]
        self.chain.add(v.name)
        if not self.region.contains(found.region):
            return False
        if found.op is None:
            return self.is_sum_on_all_ways(found, v)
        if isinstance(found.op, p.Copy | p.Cast):
            return self.is_sum(found.op.source)
        places = SUMS.get(getattr(getattr(found.op, "row", None), "name", ""), ())
        return isinstance(found.op, p.Apply) and sum(self.is_sum_quietly(found.op.args[i]) for i in places) == 1

    def is_sum_quietly(self, v) -> bool:
        """Like `is_sum`, without a trace where it isn't one."""
        before = set(self.chain)
        if self.is_sum(v):
            return True
        self.chain = before
        return False

    def is_sum_on_all_ways(self, found, v: p.Var) -> bool:
        block = self.plan.blocks[found.block]
        k = next(i for i, param in enumerate(block.params) if param.name == v.name)
        edges = [e for b in self.plan.live_blocks.values() for e in b.end.edges if e.to == found.block]
        return all(self.is_sum(e.args[k]) for e in edges)

    def used_otherwise(self) -> bool:
        """Does anything else in the loop pass a cotangent to the sum?"""
        members = self.chain | {self.param.name}
        for label in self.region.loop.body:
            block = self.plan.blocks[label]
            for op in block.ops:
                inside = op.target is not None and op.target.name in members
                if inside and sum(v.name in members for v in op.uses()) > 1:
                    return True  # (s + x) - s
                if not inside and self.plan.wants[op].acts and any(v.name in members for v in op.uses()):
                    return True
            for edge in block.end.edges:
                for v, a in zip(self.plan.blocks[edge.to].params, edge.args, strict=True):
                    if isinstance(a, p.Var) and a.name in members and v.name not in members:
                        return True
        return False
