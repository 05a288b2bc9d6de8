"""The arguments of a call: tuples after a star item by item, and defaults where nothing is passed."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from numba import typeof
from numba.core import ir, types

from dualjit.frontend.definitions import fresh_var, is_expr, rebuild_definitions
from dualjit.frontend.refusal import refuse
from dualjit.program import nodes as p


def spread_tuples(func_ir: ir.FunctionIR, typemap: dict) -> bool:
    """``f(a, *t)`` as ``f(a, t[0], t[1])``, where ``t`` has a type by now; returns whether there was such a call."""
    changed = False
    for block in func_ir.blocks.values():
        body = []
        for stmt in block.body:
            expr = stmt.value if isinstance(stmt, ir.Assign) and is_expr(stmt.value, "call") else None
            star = typemap.get(expr.vararg.name) if expr is not None and expr.vararg is not None else None
            if isinstance(star, types.BaseTuple):
                items = [_item(block.scope, expr.vararg, k, stmt.loc, body) for k in range(len(star))]
                stmt.value = ir.Expr.call(expr.func, [*expr.args, *items], expr.kws, expr.loc)
                changed = True
            body.append(stmt)
        block.body = body
    if changed:
        rebuild_definitions(func_ir)
    return changed


def _item(scope: ir.Scope, value: ir.Var, index: int, loc: ir.Loc, body: list) -> ir.Var:
    place, item = fresh_var(scope, loc, "place"), fresh_var(scope, loc, "item")
    body.append(ir.Assign(ir.Const(index, loc), place, loc))
    body.append(ir.Assign(ir.Expr.static_getitem(value, index, place, loc), item, loc))
    return item


Given = tuple[p.Operand, types.Type]
CONSTANTS = int | float | complex | str | None


def completed(function: Callable, positional: list[Given], named: dict[str, Given], loc: ir.Loc) -> list[Given]:
    """An operand with its type for every parameter of ``function``."""
    bound = inspect.signature(function).bind(*positional, **named)
    passed = set(bound.arguments)
    bound.apply_defaults()
    return [v if k in passed else _default(function, k, v, loc) for k, v in bound.arguments.items()]


def _default(function: Callable, name: str, value, loc: ir.Loc) -> Given:
    if not isinstance(value, CONSTANTS):
        why = f"reverse mode does not know the default of its parameter '{name}'"
        raise refuse(loc, f"the call of {function.__name__}", why, f"pass '{name}'")
    return p.Const(value), typeof(value)
