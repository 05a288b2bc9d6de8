"""Writes operations on whole structures as operations on their parts: rules are for the parts alone."""

from __future__ import annotations

import operator
from dataclasses import replace

from dualjit.program import nodes as p
from dualjit.program.naming import Names
from dualjit.program.types import INT, Arr, Tup, is_number
from dualjit.rules import table


def expanded(function: p.Function, names: Names) -> p.Function:
    """``function`` without slices and sums of tuples, unpacked arrays, calls of functions with several outputs.

    Nor with arrays without axes in the place of numbers.
    """
    blocks = {
        label: replace(
            block,
            ops=tuple(made for op in block.ops for read in _read(op, names) for made in _expanded(read, names)),
        )
        for label, block in function.blocks.items()
    }
    return function.with_blocks(blocks)


def _read(op: p.Op, names: Names) -> list[p.Op]:
    """Arrays without axes that stand for numbers, read: in a scalar function that gives a number, in a store."""
    match op:
        case p.Apply(args=operands) if isinstance(op.row, table.ScalarRow) and is_number(op.target.type):
            pass
        case p.Store(value=value):
            operands = (value,)
        case _:
            return [op]
    numbers = {
        v: p.Load(names.var("number", v.type.elem), v, p.Const(()), loc=op.loc)
        for v in operands
        if isinstance(v, p.Var) and isinstance(v.type, Arr) and v.type.ndim == 0
    }
    if not numbers:
        return [op]
    given = tuple(numbers[v].target if v in numbers else v for v in operands)
    read = replace(op, args=given) if isinstance(op, p.Apply) else replace(op, value=given[0])
    return [*numbers.values(), read]


def _expanded(op: p.Op, names: Names) -> list[p.Op]:
    match op:
        case p.Part():
            return _gathered(op, [(op.value, k) for k in range(len(op.value.type.items))[op.index]], names)
        case p.Apply(function=f, args=(a, b)) if f is operator.add and _is_tuple(a) and _is_tuple(b):
            return _gathered(op, [(t, k) for t in (a, b) for k in range(len(t.type.items))], names)
        case p.Unpack() if isinstance(op.value, p.Var) and isinstance(op.value.type, Arr):
            return _elements(op, names)
        case p.Call(callee=p.Ref(value=f)) if _composite(f) is not None:
            return _outputs(op, _composite(f), names)
        case p.Apply() if isinstance(op.row, table.ScalarRow) and op.form == "call" and len(op.args) > op.row.arity:
            return _nested(op, names)
    return [op]


def _is_tuple(v) -> bool:
    return isinstance(v, p.Var) and isinstance(v.type, Tup)


def _gathered(op: p.Op, parts, names: Names) -> list[p.Op]:
    """A tuple of items of tuples."""
    made = []
    for (source, k), t in zip(parts, op.target.type.items, strict=True):
        made.append(p.Item(names.var("item", t), source, k, loc=op.loc))
    return [*made, p.Pack(op.target, tuple(m.target for m in made), loc=op.loc)]


def _elements(op: p.Unpack, names: Names) -> list[p.Op]:
    """The elements, or the first axis' views, of an array."""
    kind = p.Load if op.value.type.ndim == 1 else p.View
    made = []
    for k, t in enumerate(op.target.type.items):
        made.append(kind(names.var("item", t), op.value, p.Const(k, INT), loc=op.loc))
    return [*made, p.Pack(op.target, tuple(m.target for m in made), loc=op.loc)]


def _composite(function):
    return table.composite_of(function) if callable(function) else None


def _outputs(op: p.Call, row: table.CompositeRow, names: Names) -> list[p.Op]:
    """Each output by a row of its own."""
    made = []
    for name, t in zip(row.outputs, op.target.type.items, strict=True):
        output = table.scalar_rows()[name]
        if not output.functions:
            return [op]  # refused where it is active
        function = output.functions[0]
        made.append(p.Apply(names.var(name, t), output, function, op.args, loc=op.loc))
    return [*made, p.Pack(op.target, tuple(m.target for m in made), loc=op.loc)]


def _nested(op: p.Apply, names: Names) -> list[p.Op]:
    """``max(a, b, c)`` as ``max(max(a, b), c)``."""
    made, (first, *rest) = [], op.args
    for k, operand in enumerate(rest):
        target = op.target if k == len(rest) - 1 else names.var(op.row.name, op.target.type)
        made.append(replace(op, target=target, args=(first, operand)))
        first = target
    return made
