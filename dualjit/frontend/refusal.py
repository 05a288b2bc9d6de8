"""Turns "this can't be typed with active values" into an error that a user can act on."""

from __future__ import annotations

import re

from numba.core import ir

from dualjit.errors import UnsupportedError
from dualjit.frontend.definitions import definition, is_expr, static_value

REMEDY = (
    "write it with functions from the reference page, compute it from data that does not depend on the differentiated "
    "arguments, or cut the dependence with dualjit.stop_gradient"
)


def refuse(loc: ir.Loc, construct: str, reason: str, remedy: str = REMEDY) -> UnsupportedError:
    """The error for a construct at a place of the user's source."""
    return UnsupportedError(construct, reason, remedy, loc.filename, loc.line)


def readable(name: str) -> str:
    """The user's name of a variable: without what inlining and SSA have added to it."""
    return re.sub(r"\.\d+$", "", name.split(".")[-1] if "::" in name else name)


def describe(func_ir: ir.FunctionIR, expr) -> str:
    """A short name for an expression: the function it calls, its operator, its attribute."""
    if not isinstance(expr, ir.Expr):
        return f"'{expr}'"
    if expr.op == "call":
        function = static_value(func_ir, expr.func)
        if function is not None:
            module = getattr(function, "__module__", "") or ""
            name = getattr(function, "__name__", repr(function))
            return f"the call of {module + '.' if module and module != 'builtins' else ''}{name}"
        callee = definition(func_ir, expr.func)
        if is_expr(callee, "getattr"):
            return f"the method .{callee.attr}()"
        return "a call"
    if expr.op in ("binop", "inplace_binop"):
        return f"the operator {expr.fn.__name__}"
    if expr.op == "getattr":
        return f"the attribute .{expr.attr}"
    return f"the expression {expr.op}"
