"""Gives allocations room for derivatives, once :mod:`dualjit.frontend.origins` has found them.

``np.zeros(n)`` becomes ``np.zeros(n, dtype=T)``; any other expression that made fresh memory is followed by a copy
into an array, list or tuple of ``T``, where ``T`` is the marked type: an ordinary Numba type for both engines.
"""

from __future__ import annotations

import numpy as np
from numba import types as nb
from numba.core import ir, types
from numba.np.unsafe.ndarray import empty_inferred

from dualjit.frontend.definitions import (
    definition,
    expressions,
    fresh_var,
    global_var,
    is_expr,
    rebuild_definitions,
    static_value,
)
from dualjit.frontend.substitution import Original
from dualjit.numbers.lifting import lifted
from dualjit.numbers.types import Marked, marker_of, strip
from dualjit.rules import arrays

# Allocators that take a dtype, and how many arguments precede it.
TYPED = {
    np.zeros: 1,
    np.empty: 1,
    np.ones: 1,
    np.zeros_like: 1,
    np.empty_like: 1,
    np.ones_like: 1,
    np.full: 2,
    np.full_like: 2,
}


def reallocate(func_ir: ir.FunctionIR, typemap: dict, originals: dict, sites: dict[str, Marked]) -> None:
    """Rewrite the assignments of the variables in ``sites``."""
    lists = {}  # those which are sites, by the expressions that make them
    for assign, expr in expressions(func_ir, "build_list"):
        if assign.target.name in sites:
            lists[expr] = element(typemap[assign.target.name], sites[assign.target.name])
    for block in func_ir.blocks.values():
        body = []
        for stmt in block.body:
            if isinstance(stmt, ir.Assign) and is_expr(stmt.value, "call"):
                lift_appended(func_ir, block.scope, stmt, typemap, lists, body)
            if isinstance(stmt, ir.Assign) and stmt.target.name in sites and not isinstance(stmt.value, ir.Var):
                held = typemap[stmt.target.name]
                marker = sites[stmt.target.name]
                rewrite(func_ir, block.scope, stmt, element(held, marker), originals, body)
            body.append(stmt)
        block.body = body
    rebuild_definitions(func_ir)


def lift_appended(func_ir, scope, stmt: ir.Assign, typemap, lists: dict[ir.Expr, Marked], body: list) -> None:
    """A plain number that is appended to one of these lists of numbers carries derivatives, too."""
    call = stmt.value
    callee = definition(func_ir, call.func)
    if not is_expr(callee, "getattr") or callee.attr not in ("append", "insert"):
        return
    marked, item = lists.get(definition(func_ir, callee.value)), call.args[-1]
    if marked is None or isinstance(typemap.get(item.name), Marked):
        return
    lift = global_var(scope, stmt.loc, lifted, body, "lifted")
    dtype = global_var(scope, stmt.loc, marked, body, "dtype")
    args = [*call.args[:-1], lift_item(scope, item, lift, dtype, stmt.loc, body)]
    stmt.value = ir.Expr.call(call.func, args, call.kws, call.loc)


def level_tuples(func_ir: ir.FunctionIR, typemap: dict) -> bool:
    """Make tuples of numbers uniform again: ``(x[0], 1.0)`` is of one type in the primal, so it may be iterated.

    What is passed to ``*args`` is such a tuple, too.  Returns whether there were any to change.
    """
    changed = False
    for block in func_ir.blocks.values():
        body = []
        for stmt in block.body:
            expr = stmt.value if isinstance(stmt, ir.Assign) else None
            fixed, items = tuple_items(func_ir, expr)
            marker = uneven(items, typemap)
            if marker is not None:
                lift = global_var(block.scope, stmt.loc, lifted, body, "lifted")
                dtype = global_var(block.scope, stmt.loc, marker, body, "dtype")
                levelled = [lift_item(block.scope, v, lift, dtype, stmt.loc, body) for v in items]
                if expr.op == "call":
                    stmt.value = ir.Expr.call(expr.func, [*fixed, *levelled], expr.kws, expr.loc)
                else:
                    stmt.value = ir.Expr.build_tuple(levelled, stmt.loc)
                changed = True
            body.append(stmt)
        block.body = body
    if changed:
        rebuild_definitions(func_ir)
    return changed


def tuple_items(func_ir, expr) -> tuple[list[ir.Var], list[ir.Var]]:
    """Variables before a tuple, and those in it: of a tuple display, or of a call whose callee takes ``*args``."""
    if is_expr(expr, "build_tuple"):
        return [], list(expr.items)
    if is_expr(expr, "call"):
        star = getattr(static_value(func_ir, expr.func), "star", None)
        if star is not None and expr.vararg is None:
            return list(expr.args[:star]), list(expr.args[star:])
    return [], []


def uneven(items: list[ir.Var], typemap: dict) -> Marked | None:
    """The type all items should have, where only some are marked and the primal's are all alike; else None."""
    held = [typemap.get(v.name) for v in items]
    if not all(isinstance(t, (Marked, types.Float)) for t in held) or len(set(held)) < 2:
        return None
    marker = marker_of(*held)
    return marker if marker is not None and len({strip(t) for t in held}) == 1 else None


def element(held: types.Type, marker: Marked) -> Marked:
    """The marked type of the elements of a container which now holds plain numbers."""
    inner = held.dtype
    scalar = inner.scalar if isinstance(inner, Marked) else inner
    return marker.over(scalar if isinstance(scalar, types.Float | types.Complex) else nb.float64)


def rewrite(func_ir, scope, stmt: ir.Assign, marked: Marked, originals: dict, body: list) -> None:
    expr, loc = stmt.value, stmt.loc
    original = originals.get(expr.func.name) if is_expr(expr, "call") else None
    function = original.row.functions[0] if original is not None and original.row.functions else None
    dtype = global_var(scope, loc, marked, body, "dtype")
    if function in TYPED:
        kws = [(k, v) for k, v in expr.kws if k != "dtype"] + [("dtype", dtype)]
        stmt.value = ir.Expr.call(expr.func, list(expr.args)[: TYPED[function]], tuple(kws), expr.loc)
        return
    if is_expr(expr, "call") and static_value(func_ir, expr.func) is empty_inferred:
        row = arrays.row_of_function(np.empty)
        stub = global_var(scope, loc, row.stub, body, "empty")
        originals[stub.name] = Original("call", global_var(scope, loc, np.empty, body, "empty"), row)
        stmt.value = ir.Expr.call(stub, list(expr.args), (("dtype", dtype),), expr.loc)
        return
    lift = global_var(scope, loc, lifted, body, "lifted")
    if is_expr(expr, "build_list"):
        stmt.value = ir.Expr.build_list([lift_item(scope, v, lift, dtype, loc, body) for v in expr.items], loc)
        return
    plain = fresh_var(scope, loc, "plain")
    body.append(ir.Assign(expr, plain, loc))
    stmt.value = ir.Expr.call(lift, [plain, dtype], (), loc)


def lift_item(scope, item, lift, dtype, loc, body) -> ir.Var:
    var = fresh_var(scope, loc, "item")
    body.append(ir.Assign(ir.Expr.call(lift, [item, dtype], (), loc), var, loc))
    return var
