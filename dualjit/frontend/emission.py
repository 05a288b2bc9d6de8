"""Writes a program as Numba IR, without types: Numba infers them again, for whatever numbers it is compiled for.

Parameters of blocks become copies on the edges, all at once: where one copy would overwrite what another reads, by a
temporary.

Relies on the statements and expressions of ``numba.core.ir`` and on ``FunctionIR``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import singledispatchmethod
from itertools import count

from numba.core import bytecode, ir
from numba.core.ir_utils import build_definitions, replace_vars_stmt

from dualjit.numbers.expressions import expression
from dualjit.numbers.pulling import pulled
from dualjit.numbers.scoped import TAPE, load_in, store_in
from dualjit.program import nodes as p
from dualjit.program.types import Arr, Real, is_number
from dualjit.rules.complex import is_holomorphic


def emit(program: p.Function, stub: Callable, routines: Mapping[str, Callable]) -> ir.FunctionIR:
    """Numba IR of a program; ``stub`` has its parameters."""
    return Emission(program, stub, routines).function_ir()


class Emission:
    """One program being written."""

    def __init__(self, program: p.Function, stub: Callable, routines: Mapping[str, Callable]):
        self.program, self.stub, self.routines = program, stub, routines
        self.loc = ir.Loc(program.loc.file, program.loc.line)
        self.scope = ir.Scope(None, self.loc)
        self.variables: dict[str, ir.Var] = {}
        self.numbers = count()
        self.labels = count(max(program.blocks) + 1)
        self.body: list = []
        self.blocks: dict[int, ir.Block] = {}

    def function_ir(self) -> ir.FunctionIR:
        entry = self.program.blocks[self.program.entry]
        for block in self.program.blocks.values():
            self.body = self.arguments() if block is entry else []
            for op in block.ops:
                self.loc = ir.Loc(op.loc.file, op.loc.line)
                self.write(op)
            self.finish(block)
        names = tuple(self.stub.__code__.co_varnames[: self.stub.__code__.co_argcount])
        identity = bytecode.FunctionIdentity.from_function(self.stub)
        blocks = relabelled(self.blocks, self.program.entry)
        function_ir = ir.FunctionIR(blocks, False, identity, self.loc, {}, len(names), names)
        function_ir._definitions = build_definitions(blocks)
        return function_ir

    def arguments(self) -> list:
        names = self.stub.__code__.co_varnames
        return [
            ir.Assign(ir.Arg(names[i], i, self.loc), self.var(v), self.loc) for i, v in enumerate(self.program.params)
        ]

    # ---- operands

    def var(self, v: p.Var) -> ir.Var:
        if v.name not in self.variables:
            # Identifiers, since Numba makes parameters of array expressions of them; and no `$`, which says that a
            # variable is used once, so that its definition may be moved.
            name = re.sub(r"\W", "_", v.name.replace("$", "t"))
            self.variables[v.name] = self.scope.define(f"{name}_{len(self.variables)}", self.loc)
        return self.variables[v.name]

    def fresh(self) -> ir.Var:
        return self.scope.define(f"operand_{next(self.numbers)}_", self.loc)

    def assigned(self, value) -> ir.Var:
        target = self.fresh()
        self.body.append(ir.Assign(value, target, self.loc))
        return target

    def operand(self, x) -> ir.Var:
        """The variable that holds an operand."""
        match x:
            case p.Var():
                return self.var(x)
            case p.Const(value=tuple() as items):
                return self.assigned(ir.Expr.build_tuple([self.operand(p.Const(i)) for i in items], self.loc))
            case p.Const():
                if isinstance(x.value, slice):
                    return self.called(slice, [p.Const(b) for b in (x.value.start, x.value.stop, x.value.step)])
                return self.assigned(ir.Const(x.value, self.loc))
            case p.Ref():
                return self.assigned(ir.Global(x.name, x.value, self.loc))
            case p.Routine():
                return self.assigned(ir.Global(x.name, self.routines[x.name], self.loc))
            case tuple():
                return self.assigned(ir.Expr.build_tuple([self.operand(i) for i in x], self.loc))
        raise TypeError(f"{x!r} is no operand")

    def operands(self, xs) -> list:
        return [self.operand(x) for x in xs]

    def keywords(self, kwargs) -> tuple:
        return tuple((name, self.operand(x)) for name, x in kwargs)

    def called(self, function, args, kwargs=(), name="") -> ir.Var:
        callee = self.assigned(ir.Global(name or function.__name__, function, self.loc))
        return self.assigned(ir.Expr.call(callee, self.operands(args), self.keywords(kwargs), self.loc))

    # ---- operations

    def set(self, op: p.Op, expr) -> None:
        if isinstance(op.target, tuple):
            whole = self.assigned(expr)
            for k, v in enumerate(op.target):
                index = self.assigned(ir.Const(k, self.loc))
                item = ir.Expr.static_getitem(whole, k, index, self.loc)
                self.body.append(ir.Assign(item, self.var(v), self.loc))
        else:
            target = self.var(op.target) if op.target is not None else self.fresh()
            self.body.append(ir.Assign(expr, target, self.loc))

    @singledispatchmethod
    def write(self, op: p.Op) -> None:
        raise TypeError(type(op).__name__)

    @write.register
    def _(self, op: p.Apply):
        args = self.operands(op.args)
        if op.form == "binop":
            expr = ir.Expr.binop(op.function, *args, self.loc)
        elif op.form == "unary":
            expr = ir.Expr.unary(op.function, args[0], self.loc)
        elif op.form == "method":
            bound = self.assigned(ir.Expr.getattr(args[0], op.function, self.loc))
            expr = ir.Expr.call(bound, args[1:], self.keywords(op.kwargs), self.loc)
        else:
            callee = self.assigned(ir.Global(op.function.__name__, op.function, self.loc))
            expr = ir.Expr.call(callee, args, self.keywords(op.kwargs), self.loc)
        self.set(op, expr)

    @write.register
    def _(self, op: p.Fused):
        callee = self.assigned(ir.Global("expression", expression(op.steps, len(op.args)), self.loc))
        self.set(op, ir.Expr.call(callee, self.operands(op.args), (), self.loc))

    @write.register
    def _(self, op: p.Call):
        vararg = self.operand(op.vararg) if op.vararg is not None else None
        callee = self.operand(op.callee)
        self.set(op, ir.Expr.call(callee, self.operands(op.args), self.keywords(op.kwargs), self.loc, vararg=vararg))

    @write.register
    def _(self, op: p.Method):
        bound = self.assigned(ir.Expr.getattr(self.operand(op.receiver), op.name, self.loc))
        self.set(op, ir.Expr.call(bound, self.operands(op.args), self.keywords(op.kwargs), self.loc))

    def scoped(self, array, element: bool):
        """The scope of an access to an element, and the scopes it has nothing to do with.

        None where nothing is known.
        """
        scopes = self.program.scopes
        if scopes is None or not element or not isinstance(array, p.Var) or not isinstance(array.type, Arr):
            return None
        own = scopes.get(array.name)
        return own, tuple(sorted({TAPE, *scopes.values()} - {own}))

    def loaded(self, array, index, element: bool) -> ir.Expr:
        known = self.scoped(array, element)
        if known is None:
            return ir.Expr.getitem(self.operand(array), self.operand(index), self.loc)
        load = self.assigned(ir.Global("load", load_in(*known), self.loc))
        return ir.Expr.call(load, [self.operand(array), self.operand(index)], (), self.loc)

    def stored(self, array, index, value, element: bool) -> None:
        known = self.scoped(array, element)
        operands = [self.operand(array), self.operand(index), value]
        if known is None:
            self.body.append(ir.SetItem(*operands, self.loc))
        else:
            store = self.assigned(ir.Global("store", store_in(*known), self.loc))
            self.assigned(ir.Expr.call(store, operands, (), self.loc))

    @write.register
    def _(self, op: p.Load):
        self.set(op, self.loaded(op.array, op.index, is_number(op.target.type)))

    @write.register(p.View)
    @write.register(p.Gather)
    def _(self, op):
        self.set(op, ir.Expr.getitem(self.operand(op.array), self.operand(op.index), self.loc))

    @write.register
    def _(self, op: p.Store):
        element = isinstance(op.array.type, Arr) and p.is_element(op.array.type, op.index)
        self.stored(op.array, op.index, self.operand(op.value), element)

    @write.register
    def _(self, op: p.Update):
        array, value = self.operand(op.array), self.operand(op.value)
        self.set(op, ir.Expr.inplace_binop(op.function, op.immutable, array, value, self.loc))

    @write.register
    def _(self, op: p.Attr):
        self.set(op, ir.Expr.getattr(self.operand(op.value), op.name, self.loc))

    @write.register
    def _(self, op: p.Item):
        index = self.assigned(ir.Const(op.index, self.loc))
        self.set(op, ir.Expr.static_getitem(self.operand(op.value), op.index, index, self.loc))

    @write.register
    def _(self, op: p.Pack):
        if op.factory is not None:
            callee = self.assigned(ir.Global(op.factory.__name__, op.factory, self.loc))
            return self.set(op, ir.Expr.call(callee, self.operands(op.items), (), self.loc))
        return self.set(op, getattr(ir.Expr, f"build_{op.kind}")(self.operands(op.items), self.loc))

    @write.register
    def _(self, op: p.Copy):
        self.set(op, self.operand(op.source))

    @write.register
    def _(self, op: p.Cast):
        # float(x) and the like: what the front end marks stays what it is here
        if op.function is not None:
            callee = self.assigned(ir.Global(op.function.__name__, op.function, self.loc))
            self.set(op, ir.Expr.call(callee, [self.operand(op.source)], (), self.loc))
        else:
            self.set(op, self.operand(op.source))

    @write.register
    def _(self, op: p.Unpack):
        self.set(op, ir.Expr.exhaust_iter(self.operand(op.value), self.loc, op.count))

    @write.register
    def _(self, op: p.Iter):
        self.set(op, ir.Expr.getiter(self.operand(op.value), self.loc))

    @write.register
    def _(self, op: p.Next):
        self.set(op, ir.Expr.iternext(self.operand(op.value), self.loc))

    @write.register
    def _(self, op: p.First):
        self.set(op, ir.Expr.pair_first(self.operand(op.value), self.loc))

    @write.register
    def _(self, op: p.Second):
        self.set(op, ir.Expr.pair_second(self.operand(op.value), self.loc))

    @write.register
    def _(self, op: p.Print):
        statement = ir.Print(self.operands(op.args), None, self.loc)
        statement.consts = dict(op.original.consts)
        self.body.append(statement)

    @write.register
    def _(self, op: p.Pull):
        field = ("part" if isinstance(op.target.type, Real) else "complex") if is_holomorphic(op.row) else "real"
        callee = self.assigned(ir.Global(f"pull_{op.row.name}", pulled(op.row.name, op.index, field), self.loc))
        self.set(op, ir.Expr.call(callee, self.operands((op.bar, op.answer, *op.args)), (), self.loc))

    @write.register
    def _(self, op: p.Do):
        expand = IN_PLACE.get(op.routine.name) if isinstance(op.routine, p.Routine) else None
        if expand is not None:
            return expand(self, op)
        return self.set(op, ir.Expr.call(self.operand(op.routine), self.operands(op.args), (), self.loc))

    # ---- routines that are a few operations: written out, they need not be compiled each

    def accumulate(self, op: p.Do) -> None:
        """``bar[index] += term``."""
        bar, index, term = op.args
        held = self.assigned(self.loaded(bar, index, element=True))
        plus = self.operand(p.Routine("plus"))
        total = self.assigned(ir.Expr.call(plus, [held, self.operand(term)], (), self.loc))
        self.stored(bar, index, total, element=True)

    def take(self, op: p.Do) -> None:
        """``target = bar[index]; bar[index] = zero``."""
        bar, index, zero = op.args
        self.set(op, self.loaded(bar, index, element=True))
        self.stored(bar, index, self.operand(zero), element=True)

    def clear(self, op: p.Do) -> None:
        """``bar[index] = zero`` for an element or a part."""
        self.body.append(ir.SetItem(*self.operands(op.args), self.loc))

    def element(self, op: p.Do) -> None:
        """``target = bar[index]``."""
        self.set(op, ir.Expr.getitem(*self.operands(op.args), self.loc))

    # ---- ends

    def finish(self, block: p.Block) -> None:
        end = block.end
        self.loc = ir.Loc(end.loc.file, end.loc.line)
        match end:
            case p.Jump():
                self.copy(end.edge)
                self.body.append(ir.Jump(end.edge.to, self.loc))
            case p.Branch():
                condition = self.truth(end.condition)
                self.body.append(ir.Branch(condition, self.through(end.then), self.through(end.other), self.loc))
            case p.Return():
                cast = self.assigned(ir.Expr.cast(self.operand(end.value), self.loc))
                self.body.append(ir.Return(cast, self.loc))
            case p.Raise():
                self.body.append(self.raising(end))
        self.close(block.label)

    def truth(self, condition) -> ir.Var:
        callee = self.assigned(ir.Global("bool", bool, self.loc))
        return self.assigned(ir.Expr.call(callee, [self.operand(condition)], (), self.loc))

    def raising(self, end: p.Raise):
        statement = end.original
        read = statement.list_vars()
        if read:
            names = {v.name: self.operand(arg) for v, arg in zip(read, end.args, strict=True)}
            statement = type(statement)(statement.exc_class, statement.exc_args, statement.loc)
            replace_vars_stmt(statement, names)
        return statement

    def close(self, label: int) -> None:
        block = ir.Block(self.scope, self.loc)
        block.body = self.body
        self.blocks[label] = block

    def through(self, edge: p.Edge) -> int:
        """The label to branch to: a block with the edge's copies where there are any."""
        outer, self.body = self.body, []
        self.copy(edge)
        if not self.body:
            self.body = outer
            return edge.to
        label = next(self.labels)
        self.body.append(ir.Jump(edge.to, self.loc))
        self.close(label)
        self.body = outer
        return label

    def copy(self, edge: p.Edge) -> None:
        """Set the parameters of the block an edge leads to."""
        params = self.program.blocks[edge.to].params
        pairs = [(v, a) for v, a in zip(params, edge.args, strict=True) if a is not None and not same(v, a)]
        set_here = {v.name for v, _ in pairs}
        ready = []
        for v, a in pairs:
            clash = isinstance(a, p.Var) and a.name in set_here
            ready.append((v, self.assigned(self.operand(a)) if clash else self.operand(a)))
        for v, value in ready:
            self.body.append(ir.Assign(value, self.var(v), self.loc))


IN_PLACE = {
    "accumulate": Emission.accumulate,
    "take": Emission.take,
    "clear": Emission.clear,
    "clear_part": Emission.clear,
    "element": Emission.element,
}


def same(v: p.Var, a) -> bool:
    return isinstance(a, p.Var) and a.name == v.name


def relabelled(blocks: dict[int, ir.Block], entry: int) -> dict[int, ir.Block]:
    """Blocks in order of a walk from the entry: Numba takes the least label for the entry."""
    order: list[int] = []
    waiting, seen = [entry], {entry}
    while waiting:
        label = waiting.pop()
        order.append(label)
        for to in targets(blocks[label]):
            if to not in seen:
                seen.add(to)
                waiting.append(to)
    number = {label: k for k, label in enumerate(order)}
    for label in order:
        end = blocks[label].body[-1]
        if isinstance(end, ir.Jump):
            blocks[label].body[-1] = ir.Jump(number[end.target], end.loc)
        elif isinstance(end, ir.Branch):
            blocks[label].body[-1] = ir.Branch(end.cond, number[end.truebr], number[end.falsebr], end.loc)
    return {number[label]: blocks[label] for label in order}


def targets(block: ir.Block) -> tuple[int, ...]:
    end = block.body[-1]
    if isinstance(end, ir.Jump):
        return (end.target,)
    return (end.truebr, end.falsebr) if isinstance(end, ir.Branch) else ()
