"""Resolves calls to rows of the table: ``np.sum(x)``, ``x.sum()`` and ``a @ b`` become calls of the row's stub.

The replacement is bijective: what stood there is remembered by the name of the new function variable, and
:mod:`dualjit.frontend.restoration` puts it back wherever no active value turns up.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba.core import ir, types
from numba.core.compiler_machinery import FunctionPass, register_pass

from dualjit.frontend.definitions import (
    definition,
    fresh_var,
    global_var,
    is_expr,
    is_hashable,
    rebuild_definitions,
    static_value,
)
from dualjit.frontend.overloaded import is_users
from dualjit.rules import arrays


@dataclass(frozen=True)
class Original:
    """What a stub call replaced: a call of ``func``, of a bound method ``func``, or a binary operator ``func``."""

    form: str
    func: object
    row: arrays.ArrayRow


@register_pass(mutates_CFG=False, analysis_only=False)
class BindFunctionArguments(FunctionPass):
    """A function passed as an argument is known by its type: make it a global, so that calls of it can be inlined."""

    _name = "dualjit_bind_function_arguments"

    def __init__(self):
        FunctionPass.__init__(self)

    def run_pass(self, state):
        for block in state.func_ir.blocks.values():
            for assign in block.find_insts(ir.Assign):
                arg = assign.value
                function = function_of(state.args[arg.index]) if isinstance(arg, ir.Arg) else None
                if function is not None:
                    assign.value = ir.Global(arg.name, function, arg.loc)
        # Always: the pass before has made functions of closures, and left their definitions as they were.
        rebuild_definitions(state.func_ir)
        return True


def function_of(t: types.Type):
    """The function that an argument of this type is, when the type knows it."""
    if isinstance(t, types.Dispatcher):
        return t.dispatcher
    return t.typing_key if isinstance(t, types.Function) and is_users(t.typing_key) else None


@register_pass(mutates_CFG=False, analysis_only=False)
class ResolveRows(FunctionPass):
    """Calls of the table's functions, methods and operators become calls of row stubs."""

    _name = "dualjit_resolve_rows"

    def __init__(self):
        FunctionPass.__init__(self)

    def run_pass(self, state):
        originals = state.metadata["dualjit_originals"] = {}
        for block in state.func_ir.blocks.values():
            body = []
            for stmt in block.body:
                if isinstance(stmt, ir.Assign) and isinstance(stmt.value, ir.Expr):
                    resolve(state.func_ir, block.scope, stmt, body, originals)
                body.append(stmt)
            block.body = body
        rebuild_definitions(state.func_ir)
        return True


def resolve(func_ir, scope, stmt, body, originals) -> None:
    """Rewrite one assignment in place; statements it needs first are appended to ``body``."""
    expr = stmt.value
    if expr.op == "call":
        function = static_value(func_ir, expr.func)
        derivative = derivative_called(func_ir, expr, function)
        if derivative is not None:
            func = global_var(scope, expr.loc, derivative, body, derivative.__name__)
            stmt.value = ir.Expr.call(func, expr.args[1:], (), expr.loc)
            return
        if isinstance(function, np.ufunc) and output_of(function, expr) is not None:
            store_ufunc_output(scope, stmt, function, body)
            return
        found = original_of_call(func_ir, expr, function)
        if found is None:
            return
        args = list(expr.args)
        if found.form == "method":
            args.insert(0, definition(func_ir, expr.func).value)
        kws, vararg = expr.kws, expr.vararg
    elif expr.op == "binop" and arrays.row_of_function(expr.fn) is not None:
        row = arrays.row_of_function(expr.fn)
        found, args, kws, vararg = Original("binop", expr.fn, row), [expr.lhs, expr.rhs], (), None
    else:
        return
    func = global_var(scope, expr.loc, found.row.stub, body, found.row.name)
    originals[func.name] = found
    stmt.value = ir.Expr.call(func, args, kws, expr.loc, vararg=vararg)


def derivative_called(func_ir, expr, function) -> Callable | None:
    """The derivative that a transform makes of the function which is its first argument; None for other calls."""
    make = getattr(function, "derivative_of", None) if inspect.isfunction(function) else None
    if make is None or not expr.args or expr.kws or expr.vararg is not None:
        return None
    given = static_value(func_ir, expr.args[0])
    return None if given is None else make(getattr(given, "function", given))  # in a program it is a twin


def original_of_call(func_ir, expr, function) -> Original | None:
    """The row a call means, with what to restore; None when the table has no such row."""
    if function is not None:
        row = arrays.row_of_function(function, len(expr.args)) if is_hashable(function) else None
        return row and Original("call", expr.func, row)
    callee = definition(func_ir, expr.func)
    if is_expr(callee, "getattr"):
        row = arrays.row_of_method(callee.attr)
        return row and Original("method", expr.func, row)
    return None


def output_of(ufunc: np.ufunc, expr: ir.Expr) -> ir.Var | None:
    """The array a ufunc call writes its answer to, when it names one."""
    if len(expr.args) > ufunc.nin:
        return expr.args[ufunc.nin]
    return dict(expr.kws).get("out")


def store_ufunc_output(scope, stmt, ufunc, body) -> None:
    """``np.exp(x, y)`` becomes ``y[...] = np.exp(x)``; the answer is ``y``."""
    expr, loc = stmt.value, stmt.loc
    output = output_of(ufunc, expr)
    answer = fresh_var(scope, loc, "ufunc")
    body.append(ir.Assign(ir.Expr.call(expr.func, list(expr.args)[: ufunc.nin], (), expr.loc), answer, loc))
    everything = global_var(scope, loc, Ellipsis, body, "Ellipsis")
    body.append(ir.SetItem(output, everything, answer, loc))
    stmt.value = output
