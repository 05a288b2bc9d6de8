"""Which arguments may a function write to?  Their callers pass private copies."""

from __future__ import annotations

import dis

from numba.core import ir, types

from dualjit.frontend.definitions import definition, is_expr, static_value
from dualjit.frontend.dispatcher import Derivative
from dualjit.frontend.origins import GROWING, ITERATORS, PASS_ON
from dualjit.numbers.types import Marked
from dualjit.rules import table
from dualjit.rules.complex import is_complex_function

STORES = ("STORE_ATTR", "STORE_SUBSCR", "STORE_SLICE", "DELETE_ATTR", "DELETE_SUBSCR")
MUTATING_METHODS = (*GROWING, "fill", "sort", "pop", "remove", "clear", "reverse", "itemset", "resize")


def written_arguments(func_ir: ir.FunctionIR, typemap: dict, originals: dict) -> frozenset[int]:
    """Positions of the arguments whose memory a store may reach; errs on the side of too many."""
    roots = Roots(func_ir, typemap, originals)
    for block in func_ir.blocks.values():
        for stmt in block.body:
            for var in written_variables(func_ir, typemap, originals, stmt):
                roots.follow(var)
    return frozenset(roots.arguments)


def written_variables(func_ir, typemap, originals, stmt):
    """Variables whose memory one statement writes to."""
    if isinstance(stmt, (ir.SetItem, ir.StaticSetItem, ir.DelItem, ir.SetAttr, ir.DelAttr)):
        yield stmt.target
    if not (isinstance(stmt, ir.Assign) and isinstance(stmt.value, ir.Expr)):
        return
    expr = stmt.value
    if expr.op == "inplace_binop":
        yield expr.lhs
    elif expr.op == "call":
        original = originals.get(expr.func.name)
        if original is not None:
            passed = dict(zip(original.row.parameters, expr.args, strict=False)) | dict(expr.kws)
            yield from (passed[name] for name in original.row.writes if name in passed)
            return
        callee = definition(func_ir, expr.func)
        if is_expr(callee, "getattr") and mutates(typemap.get(callee.value.name), callee.attr):
            yield callee.value
        elif not harmless(static_value(func_ir, expr.func)):
            yield from expr.args
            yield from (v for _, v in expr.kws)


def mutates(receiver: types.Type | None, name: str) -> bool:
    """May this method write to its receiver?  For jitclasses, a look at the bytecode of it and of what it may call."""
    if not isinstance(receiver, types.ClassInstanceType):
        return name in MUTATING_METHODS
    methods = receiver.jit_methods
    seen, todo = set(), [name]
    while todo:
        method = todo.pop()
        if method in seen or method not in methods:
            continue
        seen.add(method)
        for step in dis.get_instructions(methods[method].py_func):
            if step.opname in STORES or step.argval in MUTATING_METHODS:
                return True
            todo.append(step.argval)
    return False


def harmless(function) -> bool:
    """Does this callee write to no argument?  Functions without a row may."""
    has_row = table.row_of(function) is not None or is_complex_function(function) or isinstance(function, Derivative)
    return function in ITERATORS or function in (len, range, print, slice) or has_row


class Roots:
    """Arguments that a variable may refer to."""

    def __init__(self, func_ir, typemap, originals):
        self.func_ir, self.typemap, self.originals = func_ir, typemap, originals
        self.arguments: set[int] = set()
        self.seen: set[str] = set()

    def follow(self, var: ir.Var) -> None:
        if var.name in self.seen or not self.may_refer(var):
            return
        self.seen.add(var.name)
        for found in self.func_ir._definitions[var.name]:
            if isinstance(found, ir.Arg):
                self.arguments.add(found.index)
            elif isinstance(found, ir.Var):
                self.follow(found)
            elif isinstance(found, ir.Expr):
                for source in self.sources(found):
                    self.follow(source)

    def may_refer(self, var) -> bool:
        held = self.typemap.get(var.name)
        return not isinstance(held, (types.Number, types.Boolean, types.NoneType, Marked))

    def sources(self, expr):
        if expr.op in PASS_ON:
            return [expr.value]
        if expr.op == "call":
            original = self.originals.get(expr.func.name)
            if original is not None and not original.row.shares:
                return []
        return expr.list_vars()
