"""Runs programs of the program form in Python, one operation at a time: what a pass must not change, it shows.

A variable that nobody has defined is an error here (compiled code would take it for zero).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import singledispatchmethod

from numba import typeof, types
from numba.np.numpy_support import as_dtype

from dualjit.adjoint.runtime import trips
from dualjit.frontend.reading import read
from dualjit.frontend.typed import typed
from dualjit.program import nodes as p
from dualjit.program.types import Int, Real
from dualjit.transforms.reverse import active

MOST_BLOCKS = 100_000


def program_of(f: Callable, *arguments, inactive: tuple[int, ...] = ()) -> p.Function:
    """The program of a function for arguments like these, floats active."""
    argtypes = tuple(typeof(a) if i in inactive else active(typeof(a)) for i, a in enumerate(arguments))
    return read(typed(f, argtypes), f.__name__)


class Run:
    """One run: ``answer``, and how often each block was entered."""

    def __init__(self, function: p.Function, *arguments):
        self.values = {v.name: a for v, a in zip(function.params, arguments, strict=True)}
        self.entered: Counter[int] = Counter()
        self.function = function
        self.answer = self.run()

    def run(self):
        label, given = self.function.entry, ()
        for _ in range(MOST_BLOCKS):
            self.entered[label] += 1
            block = self.function.blocks[label]
            assert len(given) == len(block.params), f"block {label} takes {len(block.params)}, was given {len(given)}"
            self.values.update({v.name: x for v, x in zip(block.params, given, strict=True)})
            for op in block.ops:
                made = self.do(op)
                if op.target is not None:
                    self.values[op.target.name] = made
            if isinstance(block.end, p.Return):
                return self.value(block.end.value)
            if isinstance(block.end, p.Raise):
                raise block.end.original.exc_class
            edge = self.taken(block.end)
            label, given = edge.to, tuple(map(self.value, edge.args))
        raise AssertionError("it does not end")

    def taken(self, end: p.End) -> p.Edge:
        if isinstance(end, p.Branch):
            return end.then if self.value(end.condition) else end.other
        return end.edge

    def value(self, x):
        """What an operand stands for."""
        if isinstance(x, tuple):
            return tuple(map(self.value, x))
        if isinstance(x, p.Var):
            return self.values[x.name]
        if isinstance(x, (p.Const, p.Ref)):
            return as_dtype(x.value) if isinstance(x.value, types.Number) else x.value
        return x

    def given(self, op) -> tuple[tuple, dict]:
        return self.value(op.args), {name: self.value(v) for name, v in op.kwargs}

    @singledispatchmethod
    def do(self, op: p.Op):
        raise TypeError(type(op).__name__)

    @do.register
    def _(self, op: p.Apply):
        args, kwargs = self.given(op)
        if op.form == "method":
            return getattr(args[0], op.function)(*args[1:], **kwargs)
        return op.function(*args, **kwargs)

    @do.register
    def _(self, op: p.Call):
        args, kwargs = self.given(op)
        return self.value(op.callee)(*args, **kwargs)

    @do.register
    def _(self, op: p.Method):
        args, kwargs = self.given(op)
        return getattr(self.value(op.receiver), op.name)(*args, **kwargs)

    @do.register(p.Load)
    @do.register(p.View)
    @do.register(p.Gather)
    def _(self, op):
        return self.value(op.array)[self.value(op.index)]

    @do.register
    def _(self, op: p.Store):
        self.value(op.array)[self.value(op.index)] = self.value(op.value)

    @do.register
    def _(self, op: p.Update):
        return op.function(self.value(op.array), self.value(op.value))

    @do.register
    def _(self, op: p.Attr):
        return getattr(self.value(op.value), op.name)

    @do.register(p.Item)
    @do.register(p.Part)
    def _(self, op):
        return self.value(op.value)[op.index]

    @do.register
    def _(self, op: p.Pack):
        items = self.value(op.items)
        return op.factory(*items) if op.factory else {"tuple": tuple, "list": list, "set": set}[op.kind](items)

    @do.register
    def _(self, op: p.Cast):
        value = self.value(op.source)
        convert = op.function or {Real: float, Int: int}.get(type(op.target.type), lambda v: v)
        return convert(value)

    @do.register
    def _(self, op: p.Copy):
        return self.value(op.source)

    @do.register
    def _(self, op: p.Unpack):
        found = tuple(self.value(op.value))
        assert len(found) == op.count
        return found

    @do.register
    def _(self, op: p.Iter):
        return iter(self.value(op.value))

    @do.register
    def _(self, op: p.Next):
        nothing = object()
        found = next(self.value(op.value), nothing)
        return (None, False) if found is nothing else (found, True)

    @do.register
    def _(self, op: p.First):
        return self.value(op.value)[0]

    @do.register
    def _(self, op: p.Second):
        return self.value(op.value)[1]

    @do.register
    def _(self, op: p.Do):
        assert op.routine == p.Routine("trips"), op.routine
        return trips(*self.value(op.args))
