"""After inference: every operation with a marked operand has to be one that is understood.

Numba types indexing, tuples, iteration and the like for any element type, and there that is right.  It would also
type an unknown function or a reinterpretation of memory (``x.view(np.int64)``, ``x.nbytes``); there it is silently
wrong, so what is not on these lists is refused.
"""

from __future__ import annotations

import numpy as np
from numba.core import ir, types
from numba.core.inline_closurecall import length_of_iterator

from dualjit.frontend.callees import is_user_function
from dualjit.frontend.definitions import definition, expressions, is_expr, is_hashable, static_value
from dualjit.frontend.refusal import describe, readable, refuse
from dualjit.numbers.lifting import lifted
from dualjit.numbers.types import Marked, marker_of
from dualjit.rules import table
from dualjit.rules.arrays import refusal_of
from dualjit.rules.complex import is_complex_function

FUNCTIONS = {
    len,
    range,
    enumerate,
    zip,
    iter,
    reversed,
    print,
    slice,
    tuple,
    list,
    float,
    int,
    bool,
    isinstance,
    type,
    lifted,
    length_of_iterator,
    np.ndenumerate,
    np.nditer,
}
ARRAY_ATTRIBUTES = {"shape", "size", "ndim", "T", "flat", "dtype", "real", "imag", "flags"}
NUMBER_ATTRIBUTES = {"real", "imag"}
LIST_METHODS = {"append", "insert", "extend", "pop", "clear", "reverse", "copy", "index", "count", "sort", "remove"}


def refuse_unknown(func_ir: ir.FunctionIR, typemap: dict, originals: dict) -> None:
    """Raise UnsupportedError at the first call or attribute of marked data that is not understood."""
    substituted = {o.func.name for o in originals.values() if o.form == "method"}
    for assign, expr in expressions(func_ir, "call", "getattr"):
        if expr.op == "call":
            check_call(func_ir, typemap, originals, expr)
        elif assign.target.name not in substituted:
            check_attribute(func_ir, typemap, expr)
    for block in func_ir.blocks.values():
        for stmt in block.find_insts(ir.Print):
            check_print(typemap, stmt)


def check_call(func_ir, typemap, originals, expr) -> None:
    if expr.func.name in originals:
        return
    operands = [*expr.args, *(v for _, v in expr.kws), *([expr.vararg] if expr.vararg else [])]
    active = [v for v in operands if marker_of(typemap[v.name]) is not None]
    callee = definition(func_ir, expr.func)
    if is_expr(callee, "getattr") and static_value(func_ir, expr.func) is None:
        receiver = typemap[callee.value.name]
        if marker_of(receiver) is not None:
            active.append(callee.value)
        if active and not known_method(receiver, callee.attr):
            raise unknown(func_ir, expr, active)
    elif active and not known_function(static_value(func_ir, expr.func), typemap.get(expr.func.name)):
        raise unknown(func_ir, expr, active)


def known_method(receiver: types.Type, name: str) -> bool:
    if isinstance(receiver, (types.List, types.ListType)):
        return name in LIST_METHODS
    return isinstance(receiver, types.DictType) and name in ("get", "keys", "values", "items", "pop", "setdefault")


def known_function(function, fnty) -> bool:
    if isinstance(fnty, (types.NamedTupleClass, types.NumberClass)):
        return True
    if isinstance(fnty, types.RecursiveCall):
        fnty = fnty.dispatcher_type
    if isinstance(fnty, types.Dispatcher):  # a twin or a derivative, not a function compiled without care for duals
        return not is_user_function(fnty.dispatcher)
    if function is None or not is_hashable(function):
        return False
    rows = (table.row_of(function), table.composite_of(function))
    has_row = any(row is not None for row in rows) or is_complex_function(function)
    return function in FUNCTIONS or has_row or is_own(function)


def is_own(function) -> bool:
    """A transform called inside a function, or one of our intrinsics."""
    return getattr(function, "__module__", "").split(".")[0] == "dualjit"


def check_print(typemap, stmt: ir.Print) -> None:
    """Numbers are printed as the primal's; arrays of duals can't be made Python objects."""
    for var in stmt.args:
        if marker_of(typemap[var.name]) is not None and not isinstance(typemap[var.name], Marked):
            raise refuse(
                stmt.loc,
                "print",
                f"'{readable(var.name)}' depends on the differentiated arguments and is no number",
                "print its elements, or dualjit.stop_gradient of it",
            )


def check_attribute(func_ir, typemap, expr) -> None:
    owner = typemap[expr.value.name]
    if marker_of(owner) is None:
        return
    if isinstance(owner, types.Array):
        known = expr.attr in ARRAY_ATTRIBUTES
    elif isinstance(owner, Marked):
        known = expr.attr in NUMBER_ATTRIBUTES
    else:
        known = True  # fields of named tuples, methods of lists: the call is checked
    if not known:
        raise unknown(func_ir, expr, [expr.value])


def unknown(func_ir, expr, active):
    refused = refusal_of(static_value(func_ir, expr.func)) if expr.op == "call" else None
    if refused:
        return refuse(expr.loc, describe(func_ir, expr), refused)
    names = ", ".join(f"'{readable(v.name)}'" for v in active)
    return refuse(
        expr.loc,
        describe(func_ir, expr),
        f"it is not in the table of rules, and {names} depends on the differentiated arguments",
    )
