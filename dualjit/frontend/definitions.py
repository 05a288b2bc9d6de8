"""Small questions about Numba IR that every pass asks: what is this variable, statically?

Relies on ``FunctionIR._definitions`` (kept up to date by Numba's passes and rebuilt by ours) and on the
expression kinds of ``numba.core.ir``.
"""

from __future__ import annotations

import types as pytypes
from collections.abc import Iterator
from itertools import count

from numba.core import ir
from numba.core.ir_utils import build_definitions, get_definition, guard

_MISSING = object()
_numbers = count()


def definition(func_ir: ir.FunctionIR, var: ir.Var):
    """The one definition of ``var`` behind copies, or None."""
    return guard(get_definition, func_ir, var)


def static_value(func_ir: ir.FunctionIR, var: ir.Var):
    """The Python object a variable stands for: a global, a closure cell, or an attribute of a module; else None."""
    found = definition(func_ir, var)
    if isinstance(found, (ir.Global, ir.FreeVar)):
        return found.value
    if is_expr(found, "getattr"):
        module = static_value(func_ir, found.value)
        if isinstance(module, pytypes.ModuleType):
            return getattr(module, found.attr, None)
    return None


def is_expr(value, *ops: str) -> bool:
    """Is ``value`` an IR expression of one of these kinds?"""
    return isinstance(value, ir.Expr) and value.op in ops


def assignments(func_ir: ir.FunctionIR) -> Iterator[ir.Assign]:
    """Every assignment of the function."""
    for block in func_ir.blocks.values():
        yield from block.find_insts(ir.Assign)


def expressions(func_ir: ir.FunctionIR, *ops: str) -> Iterator[tuple[ir.Assign, ir.Expr]]:
    """Every assignment whose right-hand side is an expression of one of these kinds, and that expression."""
    for assign in assignments(func_ir):
        if is_expr(assign.value, *ops):
            yield assign, assign.value


def fresh_var(scope: ir.Scope, loc: ir.Loc, hint: str) -> ir.Var:
    """A new variable.  ``$`` names are temporaries to Numba: used once, so it may move their definition."""
    return scope.define(f"$dj_{hint}.{next(_numbers)}", loc)


def global_var(scope: ir.Scope, loc: ir.Loc, value, body: list, hint: str) -> ir.Var:
    """Append ``var = global(value)`` to ``body`` and return the variable."""
    var = fresh_var(scope, loc, hint)
    body.append(ir.Assign(ir.Global(hint, value, loc), var, loc))
    return var


def rebuild_definitions(func_ir: ir.FunctionIR) -> None:
    """Make definitions true again after a pass has rewritten statements."""
    func_ir._definitions = build_definitions(func_ir.blocks)


def is_hashable(value) -> bool:
    """May ``value`` be looked up in a table?"""
    try:
        hash(value)
    except TypeError:
        return False
    return True
