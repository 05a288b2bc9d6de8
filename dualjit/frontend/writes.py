"""Which arguments may a function write to?  Their callers pass private copies.

Two answers: ``written_arguments`` errs on the side of too many, since a callee that can't be looked into may write to
whatever it gets; ``stored_arguments`` has only those that a store which can be seen reaches, with the store's place.
"""

from __future__ import annotations

import dis
import inspect
from collections.abc import Iterator

from numba.core import ir, types

from dualjit.frontend.definitions import definition, is_expr, static_value
from dualjit.frontend.dispatcher import Derivative
from dualjit.frontend.origins import GROWING, ITERATORS, PASS_ON
from dualjit.numbers.scoped import is_store
from dualjit.numbers.types import Marked, strip
from dualjit.rules import table
from dualjit.rules.complex import is_complex_function

STORES = ("STORE_ATTR", "STORE_SUBSCR", "STORE_SLICE", "DELETE_ATTR", "DELETE_SUBSCR")
MUTATING_METHODS = (*GROWING, "fill", "sort", "pop", "remove", "clear", "reverse", "itemset", "resize")
PUTTING = (*GROWING, "setdefault", "update")
CONTAINERS = (types.List, types.ListType, types.DictType)


def written_arguments(func_ir: ir.FunctionIR, typemap: dict, originals: dict) -> frozenset[int]:
    """Positions of the arguments whose memory a store may reach; errs on the side of too many."""
    roots = Roots(func_ir, typemap, originals)
    for block in func_ir.blocks.values():
        for stmt in block.body:
            for variables in (seen_stores, given_away):
                for var in variables(func_ir, typemap, originals, stmt):
                    roots.follow(var)
    return frozenset(roots.arguments)


def stored_arguments(func_ir, typemap: dict, calltypes: dict, originals: dict) -> dict[int, ir.Loc]:
    """Positions of the arguments that a store in the function, or in a jitted callee, reaches; where the first is."""
    found: dict[int, ir.Loc] = {}
    for block in func_ir.blocks.values():
        for stmt in block.body:
            stores = [(var, stmt.loc) for var in seen_stores(func_ir, typemap, originals, stmt)]
            for var, loc in (*stores, *stores_of_twin(func_ir, calltypes, stmt)):
                roots = KnownRoots(func_ir, typemap, originals)
                roots.follow(var)
                found = dict.fromkeys(roots.arguments, loc) | found
    return found


def shares_arguments(func_ir, typemap: dict, originals: dict) -> bool:
    """May the answer be memory of an argument?"""
    roots = Roots(func_ir, typemap, originals)
    for block in func_ir.blocks.values():
        if isinstance(block.terminator, ir.Return):
            roots.follow(block.terminator.value)
    return bool(roots.arguments)


def seen_stores(func_ir, typemap, originals, stmt) -> Iterator[ir.Var]:
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
            passed = passed_to(original.row, expr)
            yield from (passed.get(name, expr.vararg) for name in original.row.writes if name in passed or expr.vararg)
            return
        callee = definition(func_ir, expr.func)
        if is_expr(callee, "getattr") and mutates(typemap.get(callee.value.name), callee.attr):
            yield callee.value
        elif is_store(static_value(func_ir, expr.func)):
            yield expr.args[0]


def given_away(func_ir, typemap, originals, stmt) -> Iterator[ir.Var]:
    """What a statement passes to a callee that may write to it."""
    expr = getattr(stmt, "value", None)
    if not is_expr(expr, "call") or expr.func.name in originals:
        return
    callee = definition(func_ir, expr.func)
    receiver = typemap.get(callee.value.name) if is_expr(callee, "getattr") else None
    puts = isinstance(receiver, CONTAINERS) and mutates(receiver, callee.attr)
    if not (puts or harmless(static_value(func_ir, expr.func))):
        yield from (*expr.args, *(v for _, v in expr.kws))
        if expr.vararg is not None:
            yield expr.vararg


def stores_of_twin(func_ir, calltypes, stmt) -> Iterator[tuple[ir.Var, ir.Loc]]:
    """What a call of a function which was compiled on its own writes to, and where; nothing of one in the making."""
    expr = getattr(stmt, "value", None)
    if not is_expr(expr, "call") or expr.vararg is not None or expr not in calltypes:
        return
    callee, args = static_value(func_ir, expr.func), calltypes[expr].args
    overloads = getattr(callee, "overloads", {})
    compiled = overloads.get(args) or overloads.get(tuple(map(strip, args)))
    stores = compiled.metadata.get("dualjit_stores", {}) if compiled else {}
    if stores:
        passed = inspect.signature(callee.py_func).bind(*expr.args, **dict(expr.kws)).arguments
        for i, name in enumerate(inspect.signature(callee.py_func).parameters):
            if i in stores:
                given = passed.get(name, ())
                yield from ((var, stores[i]) for var in (given if isinstance(given, tuple) else (given,)))


def passed_to(row, expr) -> dict[str, ir.Var]:
    """The arguments of a call by the names of the row's parameters."""
    return dict(zip(row.parameters, expr.args, strict=False)) | dict(expr.kws)


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
    return function in ITERATORS or function in (len, range, print, slice) or has_row or is_store(function)


def is_fresh(function) -> bool:
    """Is what this callee returns no memory of its arguments?"""
    return table.row_of(function) is not None or is_complex_function(function)


class Roots:
    """Arguments that a variable may refer to; errs on the side of too many."""

    def __init__(self, func_ir, typemap, originals):
        self.func_ir, self.typemap, self.originals = func_ir, typemap, originals
        self.arguments: set[int] = set()
        self.seen: set[str] = set()

    def follow(self, var: ir.Var) -> None:
        if var.name in self.seen or not may_refer(self.typemap.get(var.name)):
            return
        self.seen.add(var.name)
        for found in self.func_ir._definitions[var.name]:
            if isinstance(found, ir.Arg):
                self.arguments.add(found.index)
            elif isinstance(found, ir.Var):
                self.follow(found)
            elif isinstance(found, ir.Expr):
                for source in self.sources(var, found):
                    self.follow(source)
        if isinstance(self.typemap.get(var.name), CONTAINERS):
            for value in self.put(var):
                self.follow(value)

    def sources(self, var, expr) -> list[ir.Var]:
        """The operands which the value of an expression, ``var``, may refer to."""
        if expr.op in PASS_ON:
            return [expr.value]
        if expr.op == "inplace_binop":
            return [expr.lhs, expr.rhs] if isinstance(self.typemap.get(var.name), CONTAINERS) else [expr.lhs]
        if expr.op in ("binop", "unary") and isinstance(self.typemap.get(var.name), types.Array):
            return []
        if expr.op != "call":
            return expr.list_vars()
        original = self.originals.get(expr.func.name)
        if original is None:
            return self.of_call(expr, static_value(self.func_ir, expr.func))
        passed = passed_to(original.row, expr)
        return [passed.get(name, expr.vararg) for name in original.row.shares if name in passed or expr.vararg]

    def of_call(self, expr, function) -> list[ir.Var]:
        """The same for a call that is no row's."""
        return [] if is_fresh(function) else expr.list_vars()

    def put(self, var: ir.Var) -> Iterator[ir.Var]:
        """What may have been put into a container: what is put into any."""
        for block in self.func_ir.blocks.values():
            for stmt in block.body:
                if isinstance(stmt, (ir.SetItem, ir.StaticSetItem)):
                    yield stmt.value
                expr = getattr(stmt, "value", None)
                callee = definition(self.func_ir, expr.func) if is_expr(expr, "call") else None
                if is_expr(callee, "getattr") and callee.attr in PUTTING:
                    yield from expr.args


class KnownRoots(Roots):
    """Arguments that a variable refers to, through what is known to pass memory on."""

    def of_call(self, expr, function) -> list[ir.Var]:
        makes_tuple = isinstance(self.typemap.get(expr.func.name), types.NamedTupleClass)
        return expr.list_vars() if function in ITERATORS or makes_tuple else []

    def put(self, var: ir.Var) -> Iterator[ir.Var]:
        return iter(())


def may_refer(t: types.Type | None) -> bool:
    """Is there memory behind values of this type which somebody could write to?"""
    if isinstance(t, types.BaseTuple):
        return any(map(may_refer, t.types))
    return not isinstance(t, (types.Number, types.Boolean, types.NoneType, types.UnicodeType, Marked))
