"""Finds the memory that has to carry derivatives: who receives active values, and where was that allocated?

``receivers`` lists the variables which a marked value is stored into although their type has no room for it.
``Trace`` walks from such a variable back through views, phis, tuples and calls to the expressions that allocated it.
A walk that ends at an argument says so (the caller has to pass a marked array); one that ends anywhere else is refused.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numba.core import ir, types
from numba.np.unsafe.ndarray import empty_inferred

from dualjit.frontend.definitions import definition, expressions, is_expr, static_value
from dualjit.frontend.refusal import describe, readable, refuse
from dualjit.frontend.vectorized import is_elementwise
from dualjit.numbers.lifting import plain_copy, plain_list
from dualjit.numbers.scoped import is_store
from dualjit.numbers.types import Marked, marker_of, promote, walk
from dualjit.rules import arrays, table
from dualjit.rules.complex import is_complex_function

# Expressions that pass on (part of) the memory of their operand ``value``.
PASS_ON = (
    "getitem",
    "static_getitem",
    "typed_getitem",
    "getattr",
    "exhaust_iter",
    "iternext",
    "pair_first",
    "pair_second",
    "getiter",
    "cast",
)
ITERATORS = (enumerate, zip, iter, reversed, np.ndenumerate, np.nditer)
GROWING = ("append", "insert", "extend")
CONTAINERS = (types.Array, types.List, types.ListType, types.DictType, types.BaseTuple, types.NumpyFlatType)


class Receivers:
    """Variables of float containers that a marked value flows into, with the marker they need."""

    def __init__(self, func_ir: ir.FunctionIR, typemap: dict, originals: dict):
        self.func_ir, self.typemap, self.originals = func_ir, typemap, originals

    def type_of(self, var) -> types.Type | None:
        return self.typemap.get(var.name) if isinstance(var, ir.Var) else None

    def find(self) -> Iterator[tuple[ir.Var, Marked]]:
        for block in self.func_ir.blocks.values():
            for stmt in block.body:
                if isinstance(stmt, (ir.SetItem, ir.StaticSetItem)):
                    yield from self.into(stmt.target, stmt.value)
                elif isinstance(stmt, ir.Assign) and isinstance(stmt.value, ir.Expr):
                    yield from self.of_expression(stmt.target, stmt.value)
        yield from self.of_meetings()
        yield from self.of_returns()

    def of_meetings(self) -> Iterator[tuple[ir.Var, Marked]]:
        """What flows into one variable on different ways: emitted programs have assignments in place of phis."""
        for found in self.func_ir._definitions.values():
            sources = [v for v in found if isinstance(v, ir.Var)]
            if len(found) > 1:
                for var in sources:
                    yield from self.into(var, *sources)

    def into(self, target: ir.Var, *sources: ir.Var) -> Iterator[tuple[ir.Var, Marked]]:
        """``target`` itself, when a source carries more than it can hold."""
        held = self.type_of(target)
        if not isinstance(held, CONTAINERS):
            return
        marker = marker_of(*[t for t in map(self.type_of, sources) if t is not None])
        if marker is not None and lacks(held, marker):
            yield target, marker

    def of_expression(self, target: ir.Var, expr: ir.Expr) -> Iterator[tuple[ir.Var, Marked]]:
        if expr.op == "inplace_binop":
            yield from self.into(expr.lhs, expr.rhs)
        elif expr.op == "phi":
            incoming = [v for v in expr.incoming_values if isinstance(v, ir.Var)]
            for var in incoming:
                yield from self.into(var, target, *incoming)
        elif expr.op == "build_list":
            for item in expr.items:
                yield from self.into(item, *expr.items)
        elif expr.op == "call":
            yield from self.of_call(expr)

    def of_call(self, expr: ir.Expr) -> Iterator[tuple[ir.Var, Marked]]:
        original = self.originals.get(expr.func.name)
        if original is not None:
            passed = dict(zip(original.row.parameters, expr.args, strict=False)) | dict(expr.kws)
            for name in original.row.writes:
                if name in passed:
                    yield from self.into(passed[name], *(v for k, v in passed.items() if k != name))
            return
        if is_store(static_value(self.func_ir, expr.func)):
            yield from self.into(expr.args[0], expr.args[2])
        callee = definition(self.func_ir, expr.func)
        if is_expr(callee, "getattr") and callee.attr in GROWING:
            yield from self.into(callee.value, *expr.args)
        needs = getattr(getattr(self.type_of(expr.func), "dispatcher", None), "needs", None)
        if needs:
            passed = tuple(types.unliteral(self.type_of(v)) for v in expr.args)
            yield from ((expr.args[i], marker) for i, marker in needs.get(passed, {}).items())

    def of_returns(self) -> Iterator[tuple[ir.Var, Marked]]:
        """All return statements give one type: if one is marked, the others have to be."""
        returned = [b.terminator.value for b in self.func_ir.blocks.values() if isinstance(b.terminator, ir.Return)]
        if len({self.type_of(var) for var in returned}) > 1:
            for var in returned:
                yield from self.into(var, *returned)


def lacks(held: types.Type, marker: Marked) -> bool:
    """Are there numbers in ``held`` that can't hold what ``marker`` carries?"""
    found = []

    def leaf(t):
        if isinstance(t, types.Float | types.Complex) or (
            isinstance(t, Marked) and promote(t, marker.over(t.scalar)) != t
        ):
            found.append(t)
        return None

    walk(held, leaf)
    return bool(found)


def makes_memory(function) -> bool:
    """Does a function without a stub return memory that was not there before?"""
    known = table.row_of(function) is not None or is_complex_function(function) or is_elementwise(function)
    return known or function in (plain_copy, plain_list, empty_inferred)


class Trace:
    """Collects the places that allocate what a variable refers to.

    Attributes
    ----------
    sites : dict
        Name of an assigned variable to the marker its allocation needs.
    arguments : dict
        Position of an argument to the marker it needs.
    """

    def __init__(self, func_ir: ir.FunctionIR, typemap: dict, originals: dict):
        self.func_ir, self.typemap, self.originals = func_ir, typemap, originals
        self.sites: dict[str, Marked] = {}
        self.arguments: dict[int, Marked] = {}
        self.seen: set[str] = set()

    def follow(self, var: ir.Var, marker: Marked) -> None:
        held = self.typemap.get(var.name)
        if var.name in self.seen or (held is not None and not lacks(held, marker)):
            return
        self.seen.add(var.name)
        for found in self.func_ir._definitions[var.name]:
            self.step(var, found, marker)

    def step(self, var: ir.Var, found, marker: Marked) -> None:
        if isinstance(found, ir.Arg):
            self.arguments[found.index] = marker
        elif isinstance(found, ir.Var):
            self.follow(found, marker)
        elif isinstance(found, ir.Expr):
            self.expression(var, found, marker)
        elif isinstance(getattr(found, "value", None), np.ndarray):
            self.sites[var.name] = marker  # a constant to Numba, which nobody writes to: a copy is as good
        else:
            self.refuse(var, found)

    def expression(self, var: ir.Var, expr: ir.Expr, marker: Marked) -> None:
        op = expr.op
        if op in PASS_ON:
            self.follow(expr.value, marker)
        elif op == "inplace_binop":
            self.follow(expr.lhs, marker)
        elif op == "phi":
            self.all([v for v in expr.incoming_values if isinstance(v, ir.Var)], marker)
        elif op == "build_tuple":
            self.all(expr.items, marker)
        elif op == "build_list":
            self.list_built(var, expr, marker)
        elif op in ("binop", "unary"):
            self.operator(var, expr, marker)
        elif op == "call":
            self.call(var, expr, marker)
        else:
            self.refuse(var, expr)

    def all(self, variables, marker: Marked) -> None:
        """Follow each of the variables that refers to memory."""
        for var in variables:
            if isinstance(self.typemap.get(var.name), CONTAINERS):
                self.follow(var, marker)

    def list_built(self, var, expr, marker) -> None:
        if isinstance(getattr(self.typemap.get(var.name), "dtype", None), CONTAINERS):
            self.all(expr.items, marker)
            self.appended(var, marker)
        else:
            self.sites[var.name] = marker

    def appended(self, var, marker) -> None:
        """What is appended to a list of containers belongs to it, too."""
        for _, call in expressions(self.func_ir, "call"):
            callee = definition(self.func_ir, call.func)
            if is_expr(callee, "getattr") and callee.attr in GROWING:
                owner = definition(self.func_ir, callee.value)
                if owner is definition(self.func_ir, var):
                    self.all(call.args, marker)

    def operator(self, var, expr, marker) -> None:
        """An operator on arrays gives fresh memory; on lists and tuples it joins what they hold."""
        if isinstance(self.typemap.get(var.name), types.Array):
            self.sites[var.name] = marker
        elif expr.op == "binop":
            self.all([expr.lhs, expr.rhs], marker)
        else:
            self.refuse(var, expr)

    def call(self, var, expr, marker) -> None:
        original = self.originals.get(expr.func.name)
        if original is not None:
            self.row(var, expr, original.row, marker)
            return
        function = static_value(self.func_ir, expr.func)
        if function in ITERATORS:
            self.all(expr.args, marker)
        elif makes_memory(function):
            self.sites[var.name] = marker
        elif isinstance(function, type) and issubclass(function, tuple) and function is not tuple:
            self.all(list(expr.args) + [v for _, v in expr.kws], marker)
        else:
            self.refuse(var, expr)

    def row(self, var, expr, row, marker) -> None:
        passed = dict(zip(row.parameters, expr.args, strict=False)) | dict(expr.kws)
        shared = [passed[name] for name in row.shares if name in passed]
        if shared:
            self.all(shared, marker)
        elif row.effect is arrays.Effect.FRESH:
            self.sites[var.name] = marker
        else:
            self.refuse(var, expr)

    def refuse(self, var, found) -> None:
        loc = getattr(found, "loc", var.loc)
        raise refuse(
            loc,
            f"a store into '{readable(var.name)}', which {describe(self.func_ir, found)} made",
            "active values are written to it, and it is not known which memory that is",
            "allocate the array with np.zeros, np.empty or another NumPy function in the differentiated function",
        )
