"""Small simplifications that keep the meaning: items of tuples that are known, truth of truth values, ellipses."""

from __future__ import annotations

from dataclasses import replace

from dualjit.program import nodes as p
from dualjit.program.types import Bool, Tup


def simplified(function: p.Function) -> p.Function:
    """``function`` without projections of known tuples and without conversions that do nothing."""
    made = {op.target.name: op for _, op in function.ops() if op.target is not None}
    known: dict[str, p.Operand] = {}

    def resolve(operand):
        while isinstance(operand, p.Var) and operand.name in known:
            operand = known[operand.name]
        return operand

    changed = True
    while changed:
        changed = False
        for name, op in made.items():
            if name not in known:
                same = _equal_operand(op, made, resolve)
                if same is not None:
                    known[name] = same
                    changed = True
    blocks = {
        label: replace(
            block,
            ops=tuple(
                _without_ellipsis(op.mapped(resolve))
                for op in block.ops
                if op.target is None or op.target.name not in known
            ),
            end=block.end.mapped(resolve),
        )
        for label, block in function.blocks.items()
    }
    return without_unused(function.with_blocks(blocks))


def _equal_operand(op: p.Op, made: dict[str, p.Op], resolve) -> p.Operand | None:
    """An operand which the operation's target always equals."""
    match op:
        case p.Item(value=value, index=index):
            source = _definition(made, resolve(value))
            if isinstance(source, p.Pack) and source.kind == "tuple":
                return resolve(source.items[index])
        case p.Unpack(value=value, count=count):
            value = resolve(value)
            if isinstance(value, p.Var) and isinstance(value.type, Tup) and len(value.type.items) == count:
                return value
        case p.Call(callee=p.Ref(value=f), args=(value,)) if f is bool:
            value = resolve(value)
            if isinstance(value, p.Var) and isinstance(value.type, Bool):
                return value
        case p.Copy(source=source):
            return resolve(source)
    return None


def _without_ellipsis(op: p.Op) -> p.Op:
    """``a[...] = v`` as ``a[:] = v``, or ``a[()] = v`` without dimensions: Numba can't read what it stores so."""
    if not isinstance(op, p.Store) or getattr(op.index, "value", None) is not Ellipsis:
        return op
    return replace(op, index=p.Const(slice(None) if op.array.type.ndim > 0 else ()))


def _definition(made, operand):
    return made.get(operand.name) if isinstance(operand, p.Var) else None


UNUSED_IF_DEAD = (p.Pack, p.Item, p.Unpack, p.Attr, p.Copy, p.Cast, p.Iter)


def without_unused(function: p.Function) -> p.Function:
    """``function`` without operations that only name or arrange what nobody reads."""
    while True:
        used = {v.name for block in function.blocks.values() for op in (*block.ops, block.end) for v in op.uses()}

        def keep(op, used=used):
            pure = isinstance(op, UNUSED_IF_DEAD) or (isinstance(op, p.Call) and _is_range_or_pair(op))
            return not pure or op.target.name in used

        blocks = {k: replace(b, ops=tuple(filter(keep, b.ops))) for k, b in function.blocks.items()}
        if all(len(blocks[k].ops) == len(b.ops) for k, b in function.blocks.items()):
            return function
        function = function.with_blocks(blocks)


def _is_range_or_pair(op: p.Call) -> bool:
    return isinstance(op.callee, p.Ref) and op.callee.value in (range, enumerate, zip, slice)
