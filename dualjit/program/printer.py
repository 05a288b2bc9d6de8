"""Prints programs in a form that a person can read.

One line an operation, constants in place, `*` after active variables.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import singledispatch

from dualjit.program import nodes as p

MARK = re.compile(r"~(?!\w)")
"""What variables of the user have in their names, apart from the one before a number."""


def show(function: p.Function) -> str:
    """The text of a program; temporaries, whose names say nothing, are numbered."""
    function = renamed(function)
    params = ", ".join(f"{show_operand(v)}: {v.type}" for v in function.params)
    lines = [f"def {function.name}({params}):"]
    for block in function.blocks.values():
        given = ", ".join(f"{show_operand(v)}: {v.type}" for v in block.params)
        lines.append(f"  {block.label}{f'({given})' if given else ''}:")
        lines += [f"    {show_op(op)}" for op in block.ops]
        lines.append(f"    {show_end(block.end)}")
    return "\n".join(lines) + "\n"


def renamed(function: p.Function) -> p.Function:
    """``function`` with temporaries (names with ``$``) called t1, t2, ... in the order in which they appear."""
    known: dict[str, str] = {}

    def name_of_var(name: str) -> str:
        if "$" not in name:
            return name
        base = name.removesuffix(".bar")
        known.setdefault(base, f"t{len(known) + 1}")
        return known[base] + name.removeprefix(base)

    def var(v):
        return replace(v, name=name_of_var(v.name))

    def target(v):
        return tuple(map(var, v)) if isinstance(v, tuple) else v and var(v)

    def op_with(op):
        made = target(op.target)
        return replace(op.mapped(var), target=made)

    blocks = {
        label: replace(b, params=tuple(map(var, b.params)), ops=tuple(map(op_with, b.ops)), end=b.end.mapped(var))
        for label, b in function.blocks.items()
    }
    return replace(function, blocks=blocks)


def show_op(op: p.Op) -> str:
    """One operation, with its target."""
    body = _body(op)
    return f"{show_operand(op.target)} = {body}" if op.target is not None else body


def show_operand(x) -> str:
    match x:
        case p.Var():
            return short(x.name) + ("*" if x.active else "")
        case p.Const():
            return repr(x.value)
        case p.Ref() | p.Routine():
            return x.name
        case None:
            return "_"
        case tuple():
            return f"({', '.join(map(show_operand, x))})"
        case _:
            return repr(x)


def short(name: str) -> str:
    """Names without what is no identifier."""
    return MARK.sub("", name.removeprefix("arg~")).replace("$", "t").replace(".", "_").replace("~", "_")


def _list(xs) -> str:
    return ", ".join(map(show_operand, xs))


def _arguments(op) -> str:
    return ", ".join([*map(show_operand, op.args), *(f"{k}={show_operand(v)}" for k, v in op.kwargs)])


def name_of(function) -> str:
    return function if isinstance(function, str) else getattr(function, "__name__", str(function))


@singledispatch
def _body(op: p.Op) -> str:
    raise TypeError(type(op).__name__)


@_body.register
def _(op: p.Apply):
    if op.form == "method":
        return f".{op.function}({_arguments(op)})"
    return f"{name_of(op.function)}({_arguments(op)})"


@_body.register
def _(op: p.Fused):
    made = [show_operand(a) for a in op.args]
    for step in op.steps:
        made.append(f"{name_of(step.function)}({', '.join(made[i] for i in step.operands)})")
    return f"each {made[-1]}"


@_body.register
def _(op: p.Call):
    return f"call {show_operand(op.callee)}({_arguments(op)})"


@_body.register
def _(op: p.Method):
    return f"{show_operand(op.receiver)}.{op.name}({_arguments(op)})"


@_body.register(p.Load)
@_body.register(p.View)
@_body.register(p.Gather)
def _(op):
    word = "" if isinstance(op, p.Load) else f"{type(op).__name__.lower()} "
    return f"{word}{show_operand(op.array)}[{show_operand(op.index)}]"


@_body.register
def _(op: p.Store):
    return f"{show_operand(op.array)}[{show_operand(op.index)}] = {show_operand(op.value)}"


@_body.register
def _(op: p.Update):
    return f"{name_of(op.function)}({show_operand(op.array)}, {show_operand(op.value)})"


@_body.register
def _(op: p.Attr):
    return f"{show_operand(op.value)}.{op.name}"


@_body.register
def _(op: p.Item):
    return f"{show_operand(op.value)}.{op.index}"


@_body.register
def _(op: p.Pack):
    return f"{op.kind}({_list(op.items)})"


@_body.register(p.Cast)
@_body.register(p.Copy)
def _(op):
    return f"{'cast ' if isinstance(op, p.Cast) else ''}{show_operand(op.source)}"


@_body.register(p.Unpack)
@_body.register(p.Iter)
@_body.register(p.Next)
@_body.register(p.First)
@_body.register(p.Second)
def _(op):
    return f"{type(op).__name__.lower()} {show_operand(op.value)}"


@_body.register
def _(op: p.Print):
    return f"print {_list(op.args)}"


@_body.register
def _(op: p.Pull):
    partial = f"∂{op.index} {op.row.name}" if len(op.args) > 1 else f"∂{op.row.name}"
    return f"{show_operand(op.bar)} · {partial}({_list(op.args)})"


@_body.register
def _(op: p.Do):
    return f"{show_operand(op.routine)}({_list(op.args)})"


def show_end(end: p.End) -> str:
    match end:
        case p.Jump():
            return f"jump {_edge(end.edge)}"
        case p.Branch():
            return f"branch {show_operand(end.condition)} ? {_edge(end.then)} : {_edge(end.other)}"
        case p.Return():
            return f"return {show_operand(end.value)}"
        case _:
            return f"raise {_list(end.args)}"


def _edge(edge: p.Edge) -> str:
    return f"{edge.to}({_list(edge.args)})" if edge.args else str(edge.to)
