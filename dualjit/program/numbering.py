"""Local value numbering: what a block computes or loads twice, it computes once.

Beside the time it saves, cotangents of one element then meet in a register rather than in memory.

Source: Cocke and Schwartz 1970; Muchnick, Advanced Compiler Design and Implementation, section 12.4.
"""

from __future__ import annotations

from dataclasses import replace

from dualjit.program import nodes as p
from dualjit.program.types import Arr, holds_memory, is_number
from dualjit.rules.complex import NumberRow

WRITES = (p.Store, p.Update, p.Method, p.Call, p.Next, p.Do)


def numbered(function: p.Function) -> p.Function:
    """``function`` without repeated pure operations and loads inside a block."""
    known: dict[str, p.Operand] = {}

    def resolve(v):
        return known.get(v.name, v)

    blocks = {
        label: replace(block, ops=tuple(_numbered(block, known, resolve))) for label, block in function.blocks.items()
    }
    blocks = {
        label: replace(b, ops=tuple(op.mapped(resolve) for op in b.ops), end=b.end.mapped(resolve))
        for label, b in blocks.items()
    }
    return function.with_blocks(blocks)


def _numbered(block: p.Block, known, resolve):
    """The operations which are not repeated; the targets of the others are put into ``known``."""
    seen: dict[tuple, p.Var] = {}
    for op in block.ops:
        op = op.mapped(resolve)
        key = _key(op)
        if key is None:
            if _writes(op):
                seen = {k: v for k, v in seen.items() if k[0] is not p.Load}
            yield op
        elif key in seen:
            known[op.target.name] = seen[key]
        else:
            seen[key] = op.target
            yield op


def _key(op: p.Op) -> tuple | None:
    """What two equal operations have in common; None for what has to be done each time."""
    match op:
        case p.Apply() if isinstance(op.row, NumberRow) and is_number(op.target.type) and not op.kwargs:
            return p.Apply, op.function, op.form, *map(_operand, op.args), op.target.type
        case p.Load() if isinstance(op.array, p.Var) and isinstance(op.array.type, Arr):
            return p.Load, op.array.name, _operand(op.index), op.target.type
        case p.Pack(kind="tuple") if op.factory is None and not holds_memory(op.target.type):
            return p.Pack, *map(_operand, op.items), op.target.type
        case p.Item():
            return p.Item, _operand(op.value), op.index, op.target.type
        case p.Attr() if op.name in ("shape", "size", "ndim"):
            return p.Attr, _operand(op.value), op.name, op.target.type
    return None


def _operand(x) -> object:
    if isinstance(x, p.Var):
        return x.name
    if isinstance(x, p.Const):
        return type(x.value), repr(x.value)
    return id(x.value) if isinstance(x, p.Ref) else id(x)


def _writes(op: p.Op) -> bool:
    return isinstance(op, WRITES) or (isinstance(op, p.Apply) and bool(getattr(op.row, "writes", ())))
