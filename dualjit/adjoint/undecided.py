"""Rows that give a view or a copy as they find the array at run time: ``np.ascontiguousarray`` of any strides.

One idea: when nobody writes to that memory any more, it makes no difference, and the adjoint takes the answer for a
copy.
"""

from __future__ import annotations

from dualjit.adjoint.memory import Memory
from dualjit.adjoint.refusal import refuse
from dualjit.program import nodes as p
from dualjit.program.types import Arr, is_active
from dualjit.rules.arrays import ArrayRow

ROWS = ("ascontiguousarray", "asfortranarray")


def refuse_undecided(blocks: dict[int, p.Block], memory: Memory, reached: dict[int, set[int]]) -> None:
    """Refuse such a call when its answer, or what it was made of, may be written to after it."""
    for label, block in blocks.items():
        for k, op in enumerate(block.ops):
            if _is_undecided(op):
                sites = [site for site, _ in memory.writes[memory.of(op.target)]]
                if any(at.block in reached[label] or (at.block == label and at.position > k) for at in sites):
                    why = "it is a view or a copy, which is known at run time only, and that memory is written to"
                    raise refuse(op.loc, f"the call of {op.row.name}", why, "use .copy()")


def _is_undecided(op: p.Op) -> bool:
    known = isinstance(op, p.Apply) and isinstance(op.row, ArrayRow) and op.row.name in ROWS
    if not known or not is_active(op.target.type):
        return False
    return any(isinstance(v.type, Arr) and v.type.layout == "A" for v in p.variables(op.args))
