"""Reads a typed program of Numba's into the program form.

Copies disappear (the program is in SSA form), constants and globals become operands, phis become parameters of blocks.

Relies on the statements and expressions of ``numba.core.ir`` after ``ReconstructSSA``.
"""

from __future__ import annotations

import cmath
import inspect
import re
from collections import defaultdict

import numpy as np
from numba.core import ir, types
from numba.np.unsafe.ndarray import empty_inferred

from dualjit.frontend.arguments import completed
from dualjit.frontend.definitions import definition, is_expr, is_hashable, static_value
from dualjit.frontend.dispatcher import Derivative
from dualjit.frontend.refusal import readable, refuse
from dualjit.frontend.twin import Twin
from dualjit.frontend.typed import TypedProgram
from dualjit.frontend.vectorized import is_elementwise, loop_of
from dualjit.numbers.lifting import lifted
from dualjit.numbers.types import Marked, MarkedComplex, strip
from dualjit.program import nodes as p
from dualjit.program.types import (
    Arr,
    Bool,
    Complex,
    Int,
    Lst,
    Other,
    Real,
    Tup,
    Type,
    Unit,
    holds_memory,
    is_active,
    is_complex,
    is_number,
)
from dualjit.rules import table
from dualjit.rules.arrays.table import row_of_function
from dualjit.rules.complex import complex_row_of

CONVERSIONS = (float, np.float64, np.float32, complex, np.complex128, np.complex64)
CLASSES = {(Real, 32): np.float32, (Real, 64): float, (Complex, 64): np.complex64, (Complex, 128): complex}
OF_NUMBERS = ("real", "imag", "conj")
"""Rows of array functions that numbers have, too."""
INLINED = re.compile(r"_v(\d+)_")
"""How Numba marks variables of an inlined function: with a number of that function, counted through the process."""
ITERATION = {"getiter": p.Iter, "iternext": p.Next, "pair_first": p.First, "pair_second": p.Second}


def read(program: TypedProgram, name: str) -> p.Function:
    """The program form of a typed program."""
    return Reader(program).function(name)


class Reader:
    """One reading: the program, and what its variables have become."""

    def __init__(self, program: TypedProgram):
        self.source = program
        self.func_ir, self.typemap = program.func_ir, program.typemap
        self.known: dict[str, p.Operand] = {}
        self.copies = copies(program)
        self.numbers: dict[str, int] = {}
        self.items: list[p.Op] = []
        self.extras = 0

    def function(self, name: str) -> p.Function:
        func_ir = self.func_ir
        params, incoming = self.phis()
        blocks = {}
        for label, block in sorted(func_ir.blocks.items()):
            statements = [s for s in block.body if not isinstance(s, ir.Del)]
            ops = [op for s in statements[:-1] for op in self.statement(s)]
            blocks[label] = p.Block(
                label, tuple(params[label]), tuple(ops), self.end(label, statements[-1], params, incoming)
            )
        arguments = tuple(
            self.variable(f"arg.{n}", t) for n, t in zip(func_ir.arg_names, self.source.argtypes, strict=True)
        )
        return p.Function(name, arguments, blocks, min(blocks), location(func_ir.loc))

    # ---- operands

    def operand(self, var: ir.Var | None) -> p.Operand | None:
        """What a variable stands for: itself, a constant or a global."""
        if var is None:
            return None
        name = self.copies.get(var.name, var.name)
        if name not in self.known:
            self.known[name] = self.resolve(name, var)
        return self.known[name]

    def resolve(self, name: str, var: ir.Var) -> p.Operand:
        found = self.func_ir._definitions.get(name, ())
        value = found[0] if len(found) == 1 else None
        if isinstance(value, ir.Const):
            return p.Const(value.value, read_type(self.typemap[name]))
        if isinstance(value, (ir.Global, ir.FreeVar)):
            plain = strip(value.value) if isinstance(value.value, Marked) else value.value
            return p.Ref(value.name, plain, read_type(self.typemap[name]))
        if isinstance(value, ir.Arg):
            return self.variable(f"arg.{self.func_ir.arg_names[value.index]}", self.typemap[name])
        function = static_value(self.func_ir, var)
        if function is not None:
            return p.Ref(getattr(function, "__name__", name), function)
        return self.variable(name, self.typemap[name])

    def variable(self, name: str, t: types.Type) -> p.Var:
        return p.Var(own_name(INLINED.sub(self.renumbered, name)), read_type(t))

    def renumbered(self, found: re.Match) -> str:
        """Inlined functions are numbered in the order in which they come, so that names don't depend on the process."""
        return f"_v{self.numbers.setdefault(found[1], len(self.numbers) + 1)}_"

    def operands(self, variables) -> tuple:
        return tuple(map(self.operand, variables))

    def keywords(self, kws) -> tuple:
        return tuple((name, self.operand(v)) for name, v in kws)

    # ---- blocks

    def phis(self):
        """Parameters of each block, and the values that arrive from each predecessor."""
        params, incoming = defaultdict(list), defaultdict(dict)
        for label, block in self.func_ir.blocks.items():
            for assign in block.find_insts(ir.Assign):
                if is_expr(assign.value, "phi"):
                    param, phi = self.operand(assign.target), assign.value
                    params[label].append(param)
                    for source, value in zip(phi.incoming_blocks, phi.incoming_values, strict=True):
                        incoming[source, label][param.name] = None if value is ir.UNDEFINED else self.operand(value)
        return params, incoming

    def end(self, label: int, statement, params, incoming) -> p.End:
        loc = location(statement.loc)

        def edge(to):
            return p.Edge(to, tuple(incoming[label, to].get(v.name) for v in params[to]))

        if isinstance(statement, ir.Jump):
            return p.Jump(edge(statement.target), loc=loc)
        if isinstance(statement, ir.Branch):
            if statement.truebr == statement.falsebr:
                return p.Jump(edge(statement.truebr), loc=loc)
            return p.Branch(self.operand(statement.cond), edge(statement.truebr), edge(statement.falsebr), loc=loc)
        if isinstance(statement, ir.Return):
            return p.Return(self.operand(statement.value), loc=loc)
        if isinstance(statement, (ir.StaticRaise, ir.DynamicRaise)):
            return p.Raise(statement, self.operands(statement.list_vars()), loc=loc)
        raise refuse(statement.loc, f"a {type(statement).__name__}", "reverse mode does not know it")

    # ---- statements

    def statement(self, s) -> list[p.Op]:
        """The operations of one statement; none for what only names something."""
        loc = location(s.loc)
        if isinstance(s, (ir.SetItem, ir.StaticSetItem)):
            index = s.index if isinstance(s, ir.SetItem) else s.index_var
            index = p.Const(s.index) if index is None else self.operand(index)
            return [p.Store(None, self.operand(s.target), index, self.operand(s.value), loc=loc)]
        if isinstance(s, ir.Print):
            return [p.Print(None, self.operands(s.args), s, loc=loc)]
        if not isinstance(s, ir.Assign):
            raise refuse(s.loc, f"a {type(s).__name__}", "reverse mode does not know it")
        if not isinstance(s.value, ir.Expr) or s.value.op == "phi":
            return self.choice(s, loc)
        target = self.operand(s.target)
        if not isinstance(target, p.Var):
            return []  # a global's attribute, resolved
        if is_expr(s.value, "call") and static_value(self.func_ir, s.value.func) is empty_inferred:
            return [self.comprehension(target, s, loc)]
        op = self.expression(target, s.value, loc)
        items, self.items = self.items, []
        return [*items, op] if op is not None else []

    def comprehension(self, target: p.Var, s: ir.Assign, loc: p.Loc) -> p.Op:
        """The array of ``np.array([... for ...])``, which Numba types by what is stored in it: its type is known."""
        dtype = ("dtype", p.Ref("dtype", strip(self.typemap[s.target.name].dtype)))
        return p.Apply(target, row_of_function(np.empty), np.empty, self.operands(s.value.args), (dtype,), loc=loc)

    def choice(self, s: ir.Assign, loc: p.Loc) -> list[p.Op]:
        """An assignment that is no expression: nothing, unless its target has other definitions beside."""
        if isinstance(s.value, ir.Expr) or len(self.func_ir._definitions.get(s.target.name, ())) == 1:
            return []
        raise refuse(s.loc, f"the variable '{readable(s.target.name)}'", "it is defined twice", "please report it")

    def expression(self, target: p.Var, e: ir.Expr, loc: p.Loc) -> p.Op | None:
        op = e.op
        if op in ("binop", "inplace_binop", "unary"):
            return self.operator(target, e, loc)
        if op == "call":
            return self.call(target, e, loc)
        if op in ("getitem", "typed_getitem"):
            return self.access(target, e.value, self.operand(e.index), self.typemap[e.index.name], loc)
        if op == "static_getitem":
            return self.static_access(target, e, loc)
        if op == "getattr" and isinstance(self.typemap[e.value.name], types.BaseNamedTuple):
            fields = self.typemap[e.value.name].fields
            return p.Item(target, self.operand(e.value), fields.index(e.attr), loc=loc)
        if op == "getattr":
            return p.Attr(target, self.operand(e.value), e.attr, loc=loc)
        if op in ("build_tuple", "build_list", "build_set"):
            return p.Pack(target, self.operands(e.items), op.removeprefix("build_"), loc=loc)
        if op == "exhaust_iter":
            return p.Unpack(target, self.operand(e.value), e.count, loc=loc)
        if op == "cast":
            return p.Cast(target, self.operand(e.value), loc=loc)
        if op in ITERATION:
            return ITERATION[op](target, self.operand(e.value), loc=loc)
        raise refuse(e.loc, f"the expression {op}", "reverse mode does not know it")

    def operator(self, target, e, loc):
        if e.op == "unary":
            args = (self.operand(e.value),)
        else:
            args = (self.operand(e.lhs), self.operand(e.rhs))
            if e.op == "inplace_binop":
                row = row_for(e.immutable_fn, args, target)
                if isinstance(self.typemap[e.lhs.name], (types.Array, types.List)):
                    return p.Update(target, *args, row, e.fn, e.immutable_fn, loc=loc)
                return p.Apply(target, row, e.immutable_fn, args, form="binop", loc=loc)
        form = "unary" if e.op == "unary" else "binop"
        return p.Apply(target, row_for(e.fn, args, target), e.fn, args, form=form, loc=loc)

    def call(self, target, e, loc):
        args, kwargs = self.operands(e.args), self.keywords(e.kws)
        original = self.source.originals.get(e.func.name)
        if original is not None:
            return self.stubbed(target, e, original, args, kwargs, loc)
        function = static_value(self.func_ir, e.func)
        if getattr(function, "__name__", "") == "mark_try_block":
            raise refuse(
                e.loc,
                "a try statement",
                "reverse mode can't follow exceptions that are caught",
                "test instead of trying",
            )
        if function is tuple and isinstance(self.typemap[e.args[0].name], types.BaseTuple):
            return p.Copy(target, args[0], loc=loc)
        if is_hashable(function) and function in CONVERSIONS and len(args) == 1:
            return p.Cast(target, args[0], function, loc=loc)
        if function is lifted:
            return lifting(target, args, loc)
        if function is cmath.polar:
            return self.polar(target, args, loc)
        if isinstance(function, Derivative):
            return self.derivative(target, function, args, kwargs, loc)
        row = row_for(function, args, target) if is_hashable(function) else None
        if row is not None:
            return p.Apply(target, row, function, args, kwargs, loc=loc)
        if isinstance(self.typemap[e.func.name], types.NumberClass) and isinstance(target.type, Real | Complex):
            return p.Cast(target, args[0], CLASSES[type(target.type), target.type.bits], loc=loc)
        if isinstance(self.typemap[e.func.name], types.NamedTupleClass):
            made = self.typemap[e.func.name].instance_class
            return p.Pack(target, fields_of(made, args, kwargs), factory=made, loc=loc)
        callee = definition(self.func_ir, e.func)
        if function is None and is_expr(callee, "getattr"):
            return p.Method(target, self.operand(callee.value), callee.attr, args, kwargs, loc=loc)
        callee = self.operand(e.func)
        if is_elementwise(function):
            loop = loop_of(function, tuple(self.typemap[v.name] for v in e.args))
            callee = p.Ref(function.__name__, Twin.of(loop))
        if not (isinstance(callee, p.Ref) and isinstance(callee.value, Twin)):
            return p.Call(target, callee, args, kwargs, loc=loc)
        return self.call_apart(target, callee, args, e, loc)

    def polar(self, target, args, loc) -> p.Pack:
        """Length and angle, one by one."""
        made = []
        for function, t in zip((abs, cmath.phase), target.type.items, strict=True):
            made.append(self.extra(t))
            self.items.append(p.Apply(made[-1], complex_row_of(function, 1), function, args, loc=loc))
        return p.Pack(target, tuple(made), loc=loc)

    def derivative(self, target, function: Derivative, args, kwargs, loc) -> p.Apply:
        """A call of a derivative, whose pullback is known."""
        given = inspect.signature(function.py_func).bind(*args, **dict(kwargs))
        given.apply_defaults()
        operands = tuple(v if isinstance(v, p.Var | p.Const | p.Ref) else p.Const(v) for v in given.args)
        return p.Apply(target, function.row(len(operands)), function, operands, loc=loc)

    def extra(self, t: Type) -> p.Var:
        """A variable that the program does not have."""
        self.extras += 1
        return p.Var(f"extra.{self.extras}", t)

    def call_apart(self, target, callee: p.Ref, args, e: ir.Expr, loc) -> p.Call:
        """A call of a function that has an adjoint of its own: arguments for ``*args`` are one tuple."""
        given = [types.unliteral(self.typemap[v.name]) for v in e.args]
        star, rest = callee.value.star, None
        if star is None:
            named = {k: (self.operand(v), types.unliteral(self.typemap[v.name])) for k, v in e.kws}
            pairs = completed(callee.value.py_func, [*zip(args, given, strict=True)], named, e.loc)
            args, given = tuple(operand for operand, _ in pairs), [t for _, t in pairs]
        else:
            rest = self.extra(Tup(tuple(map(read_type, given[star:]))))
            self.items.append(p.Pack(rest, args[star:], loc=loc))
            args, given = args[:star], [*given[:star], types.StarArgTuple(given[star:])]
        return p.Call(target, callee, args, vararg=rest, types=tuple(given), loc=loc)

    def stubbed(self, target, e, original, args, kwargs, loc):
        """A call that the front end has resolved to a row of the table of array functions."""
        if original.row.name in OF_NUMBERS and is_number(args[0].type):
            return self.part(target, original.row.name, args[0], loc)
        if original.form == "binop":
            return p.Apply(target, original.row, original.func, args, kwargs, form="binop", loc=loc)
        if original.form == "method":
            name = definition(self.func_ir, original.func).attr
            return p.Apply(target, original.row, name, args, kwargs, form="method", loc=loc)
        function = static_value(self.func_ir, original.func)
        return p.Apply(target, original.row, function, args, kwargs, loc=loc)

    def part(self, target, name: str, number, loc) -> p.Op:
        """A part of a number, or its conjugate."""
        if name == "conj":
            return p.Apply(target, row_for(np.conjugate, (number,), target), np.conjugate, (number,), loc=loc)
        return p.Attr(target, number, name, loc=loc)

    def access(self, target, source: ir.Var, index, index_type, loc):
        array = self.operand(source)
        if isinstance(self.typemap[source.name], types.Array) and isinstance(target.type, Arr):
            kind = p.Gather if holds_array(index_type) else p.View
            return kind(target, array, index, loc=loc)
        return p.Load(target, array, index, loc=loc)

    def static_access(self, target, e, loc):
        held = self.typemap[e.value.name]
        if isinstance(held, types.BaseTuple) and isinstance(e.index, slice):
            return p.Part(target, self.operand(e.value), e.index, loc=loc)
        if isinstance(held, types.BaseTuple) and isinstance(e.index, int):
            return p.Item(target, self.operand(e.value), e.index % len(held), loc=loc)
        if e.index_var is None:
            return self.access(target, e.value, p.Const(e.index), types.literal(e.index), loc)
        return self.access(target, e.value, self.operand(e.index_var), self.typemap[e.index_var.name], loc)


def row_for(function, args, target: p.Var):
    """The row of a function of these operands; of complex numbers another one than of reals."""
    row = table.row_of(function)
    if any(is_complex(x.type) for x in (*args, target) if isinstance(getattr(x, "type", None), Type)):
        return complex_row_of(function, len(args)) or (row if row is not None and not row.active else None)
    return row


def own_name(name: str) -> str:
    """A variable's name apart from all that passes make: it has a ``~`` in it, and what is made from it, a dot."""
    name = name.replace(".", "~")
    return name if "~" in name else f"{name}~"


def lifting(target: p.Var, args, loc) -> p.Op:
    """What makes room for derivatives in fresh memory; memory that has it already is copied."""
    if not holds_memory(target.type):
        return p.Cast(target, args[0], float, loc=loc)
    if not is_active(args[0].type):
        routine = "plain_copy" if isinstance(target.type, Arr) else "plain_list"
        return p.Do(target, p.Routine(routine), args, loc=loc)
    if isinstance(target.type, Arr):
        return p.Apply(target, row_of_function(np.copy), np.copy, args[:1], loc=loc)
    raise refuse(loc, "this list", "reverse mode can't see what its items depend on", "build it with append")


def fields_of(made: type, args: tuple, kwargs: tuple) -> tuple:
    """What a named tuple is made of, in order."""
    given = {**dict(zip(made._fields, args, strict=False)), **dict(kwargs)}
    return tuple(given.get(name, p.Const(made._field_defaults.get(name))) for name in made._fields)


def copies(program: TypedProgram) -> dict[str, str]:
    """Names that are copies of other names (each has one definition), to the last one behind them."""
    definitions = program.func_ir._definitions
    direct = {n: d[0].name for n, d in definitions.items() if len(d) == 1 and isinstance(d[0], ir.Var)}

    def origin(name):
        while name in direct:
            name = direct[name]
        return name

    # An integer that stands in for a float (a phi's type) is no copy.
    return {n: origin(n) for n in direct if same_type(program.typemap, n, origin(n))}


def same_type(typemap, a: str, b: str) -> bool:
    return types.unliteral(typemap[a]) == types.unliteral(typemap[b])


def holds_array(t: types.Type) -> bool:
    """Is an index fancy?"""
    if isinstance(t, types.BaseTuple):
        return any(map(holds_array, t.types))
    return isinstance(t, (types.Array, types.List))


def location(loc: ir.Loc) -> p.Loc:
    return p.Loc(loc.filename, loc.line)


def read_type(t: types.Type) -> Type:
    """The program form's type of a Numba type."""
    t = types.unliteral(t)
    if isinstance(t, types.Optional):
        return read_type(t.type)
    if isinstance(t, MarkedComplex):
        return Complex(t.scalar.bitwidth, True)
    if isinstance(t, Marked):
        return Real(t.scalar.bitwidth, True)
    if isinstance(t, types.Callable | types.DTypeSpec):
        return Other(str(t), "function")
    if isinstance(t, types.Omitted):
        return read_type(types.unliteral(types.literal(t.value)) if isinstance(t.value, int) else types.none)
    for kind, made in READ:
        if isinstance(t, kind):
            return made(t)
    parts = [
        getattr(t, a, None)
        for a in ("dtype", "array_type", "yield_type", "first_type", "second_type", "key_type", "value_type", "type")
    ]
    return Other(str(t), kind_of(t), tuple(read_type(u) for u in parts if isinstance(u, types.Type) and u is not t))


READ = (
    (types.Float, lambda t: Real(t.bitwidth)),
    (types.Complex, lambda t: Complex(t.bitwidth)),
    (types.Boolean, lambda t: Bool()),
    (types.Integer, lambda t: Int(t.bitwidth, t.signed)),
    (types.NoneType, lambda t: Unit()),
    (types.Array, lambda t: Arr(read_type(t.dtype), t.ndim, t.layout, t.mutable)),
    (types.BaseTuple, lambda t: Tup(tuple(map(read_type, t.types)))),
    (types.List, lambda t: Lst(read_type(t.dtype))),
    (types.ListType, lambda t: Lst(read_type(t.item_type))),
)


def kind_of(t: types.Type) -> str:
    """What reverse mode tells apart among other types."""
    kinds = {
        types.SliceType: "slice",
        types.RangeType: "range",
        types.SimpleIteratorType: "iter",
    }
    return next((name for kind, name in kinds.items() if isinstance(t, kind)), "")
