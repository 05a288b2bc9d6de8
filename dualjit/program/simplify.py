"""Small simplifications that keep the meaning: items of tuples that are known, truth of truth values, ellipses."""

from __future__ import annotations

from dataclasses import replace

from dualjit.program import nodes as p
from dualjit.program.types import INT, Arr, Bool, Int, Tup, Type


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
            ops=tuple(op.mapped(resolve) for op in block.ops if op.target is None or op.target.name not in known),
            end=block.end.mapped(resolve),
        )
        for label, block in function.blocks.items()
    }
    return without_unused(_without_ellipses(function.with_blocks(blocks)))


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


def _without_ellipses(function: p.Function) -> p.Function:
    """Stores by ``...`` as Numba can read them, too.

    ``a[...] = v`` is ``a[:] = v``, or ``a[()] = v`` without dimensions.  An ellipsis which stands for no dimension, as
    in ``a[..., i, j] = v`` of a matrix, is left out, since such a store is one of an element.
    """
    elements = _packed_elements(function)
    blocks = {}
    for label, block in function.blocks.items():
        ops = []
        for op in block.ops:
            ops.append(_without_ellipsis(op, elements))
            if isinstance(op, p.Pack) and op.target.name in elements:
                ops.append(elements[op.target.name])
        blocks[label] = replace(block, ops=tuple(ops))
    return function.with_blocks(blocks)


def _packed_elements(function: p.Function) -> dict[str, p.Pack]:
    """For each packed index of a store that has an ellipsis for nothing: the index without it."""
    packs = {op.target.name: op for _, op in function.ops() if isinstance(op, p.Pack)}
    elements = {}
    for _, op in function.ops():
        if isinstance(op, p.Store) and isinstance(op.index, p.Var) and op.index.name in packs:
            name = op.index.name
            items = _elements(op.array.type, packs[name].items)
            if items is not None:
                target = p.Var(f"{name}.element", Tup((INT,) * len(items)))
                elements[name] = replace(packs[name], target=target, items=items)
    return elements


def _without_ellipsis(op: p.Op, elements: dict[str, p.Pack]) -> p.Op:
    if not isinstance(op, p.Store):
        return op
    if isinstance(op.index, p.Var):
        element = elements.get(op.index.name)
        known = element is not None and len(element.items) == getattr(op.array.type, "ndim", 0)
        return replace(op, index=element.target) if known else op
    if op.index.value is Ellipsis:
        return replace(op, index=p.Const(slice(None) if op.array.type.ndim > 0 else ()))
    items = _elements(op.array.type, tuple(map(p.Const, op.index.value))) if isinstance(op.index.value, tuple) else None
    return op if items is None else replace(op, index=p.Const(tuple(i.value for i in items)))


def _elements(t: Type, items: tuple[p.Operand, ...]) -> tuple[p.Operand, ...] | None:
    """The indices of an element among the items of an index with an ellipsis."""
    others = tuple(i for i in items if getattr(i, "value", None) is not Ellipsis)
    if not isinstance(t, Arr) or len(others) == len(items) or len(others) != t.ndim:
        return None
    return others if all(isinstance(i.type if isinstance(i, p.Var) else i.value, Int | int) for i in others) else None


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
