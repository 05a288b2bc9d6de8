"""Nodes of the program form: operands, operations, ends of blocks, blocks, functions.  All are frozen.

One idea: constants are operands, not operations, so nothing has to be kept or computed again for them.  A variable
that is defined once is a value; a *slot* is defined many times (adjoints are slots).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any

from dualjit.program.steps import Step
from dualjit.program.types import Arr, Int, Tup, Type, is_active
from dualjit.rules import table


@dataclass(frozen=True)
class Loc:
    """A place in the user's source."""

    file: str
    line: int


@dataclass(frozen=True)
class Var:
    """A variable."""

    name: str
    type: Type

    @property
    def active(self) -> bool:
        """Does it depend on the differentiated arguments?"""
        return is_active(self.type)


@dataclass(frozen=True, eq=False)
class Const:
    """A literal."""

    value: Any
    type: Type | None = None


@dataclass(frozen=True, eq=False)
class Ref:
    """A global or a closure's cell: its value is fixed when the function is compiled."""

    name: str
    value: Any
    type: Type | None = None


@dataclass(frozen=True)
class Routine:
    """A run-time routine of the adjoint, by name: the program form does not know its code."""

    name: str


Operand = Var | Const | Ref | Routine


@dataclass(frozen=True, eq=False)
class Op:
    """An operation; compared by identity, since two equal statements are two statements."""

    target: Var | None
    loc: Loc = field(kw_only=True)

    def uses(self) -> Iterator[Var]:
        """The variables it reads."""
        for f in fields(self):
            if f.name != "target":
                yield from variables(getattr(self, f.name))

    def mapped(self, change: Callable[[Var], Operand]) -> Op:
        """The operation with every variable it reads exchanged."""
        changed = {f.name: _mapped(getattr(self, f.name), change) for f in fields(self) if f.name != "target"}
        return replace(self, **changed)


def variables(value) -> Iterator[Var]:
    """The variables in an operand or a nest of tuples of operands."""
    if isinstance(value, Var):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from variables(item)


def _mapped(value, change):
    if isinstance(value, Var):
        return change(value)
    return tuple(_mapped(item, change) for item in value) if isinstance(value, tuple) else value


@dataclass(frozen=True, eq=False)
class Apply(Op):
    """A call of a function of the table; ``form`` is how it is written: call, method, binop, unary."""

    row: Any
    function: Any
    args: tuple[Operand, ...]
    kwargs: tuple[tuple[str, Operand], ...] = ()
    form: str = "call"


def binop(target: Var, function: Callable, a: Operand, b: Operand, loc: Loc) -> Apply:
    """An operator between two numbers."""
    return Apply(target, table.row_of(function), function, (a, b), form="binop", loc=loc)


@dataclass(frozen=True, eq=False)
class Fused(Op):
    """An expression of elementwise operations on arrays, in one loop; the last step is the answer."""

    steps: tuple[Step, ...]
    args: tuple[Operand, ...]


@dataclass(frozen=True, eq=False)
class Call(Op):
    """A call of anything else: functions of inactive values, functions compiled apart, transforms.

    ``types`` are the front end's own types of the arguments of a function compiled apart.
    """

    callee: Operand
    args: tuple[Operand, ...]
    kwargs: tuple[tuple[str, Operand], ...] = ()
    vararg: Operand | None = None
    types: Any = None


@dataclass(frozen=True, eq=False)
class Method(Op):
    """A method of a list or of something inactive."""

    receiver: Operand
    name: str
    args: tuple[Operand, ...]
    kwargs: tuple[tuple[str, Operand], ...] = ()


@dataclass(frozen=True, eq=False)
class Load(Op):
    """One element of an array, a list or (by a variable index) a tuple."""

    array: Operand
    index: Operand


@dataclass(frozen=True, eq=False)
class View(Op):
    """Basic indexing: the answer shares the array's memory."""

    array: Operand
    index: Operand


@dataclass(frozen=True, eq=False)
class Gather(Op):
    """Indexing by arrays or masks: the answer is memory of its own."""

    array: Operand
    index: Operand


@dataclass(frozen=True, eq=False)
class Store(Op):
    """``array[index] = value``."""

    array: Operand
    index: Operand
    value: Operand


@dataclass(frozen=True, eq=False)
class Update(Op):
    """``array op= value`` for a whole array, in place; the target is the array again.

    ``row`` is that of ``immutable``, the operator which makes a new array.
    """

    array: Operand
    value: Operand
    row: Any
    function: Any
    immutable: Any


@dataclass(frozen=True, eq=False)
class Attr(Op):
    """An attribute of a value."""

    value: Operand
    name: str


@dataclass(frozen=True, eq=False)
class Item(Op):
    """An item of a tuple at a fixed position."""

    value: Operand
    index: Any


@dataclass(frozen=True, eq=False)
class Pack(Op):
    """A tuple, list or set of items; ``factory`` makes a named tuple."""

    items: tuple[Operand, ...]
    kind: str = "tuple"
    factory: Any = None


@dataclass(frozen=True, eq=False)
class Part(Op):
    """A slice of a tuple."""

    value: Operand
    index: slice


@dataclass(frozen=True, eq=False)
class Cast(Op):
    """A conversion by ``function`` (``float``, a dtype), or by what the context asks for."""

    source: Operand
    function: Any = None


@dataclass(frozen=True, eq=False)
class Copy(Op):
    """The target takes the source's value; the only operation whose target may be a slot with other definitions."""

    source: Operand


@dataclass(frozen=True, eq=False)
class Unpack(Op):
    """An iterable of known length as a tuple."""

    value: Operand
    count: int


@dataclass(frozen=True, eq=False)
class Iter(Op):
    """An iterator."""

    value: Operand


@dataclass(frozen=True, eq=False)
class Next(Op):
    """The next item of an iterator, with whether there is one."""

    value: Operand


@dataclass(frozen=True, eq=False)
class First(Op):
    """The item."""

    value: Operand


@dataclass(frozen=True, eq=False)
class Second(Op):
    """Whether there is one."""

    value: Operand


@dataclass(frozen=True, eq=False)
class Print(Op):
    """A print statement."""

    args: tuple[Operand, ...]
    original: Any = None


# ---- operations of adjoint programs


@dataclass(frozen=True, eq=False)
class Pull(Op):
    """``bar`` times the partial derivative ``index`` of a scalar row."""

    row: Any
    index: int
    bar: Operand
    args: tuple[Operand, ...]
    answer: Operand | None


@dataclass(frozen=True, eq=False)
class Do(Op):
    """A call of a routine of the adjoint's run time, or of a pullback."""

    routine: Routine | Ref
    args: tuple[Operand, ...]


# ---- ends of blocks


@dataclass(frozen=True)
class Edge:
    """Where control goes, and the values of the parameters there."""

    to: int
    args: tuple[Operand | None, ...] = ()


@dataclass(frozen=True, eq=False)
class End:
    """The end of a block."""

    loc: Loc = field(kw_only=True)

    @property
    def edges(self) -> tuple[Edge, ...]:
        return ()

    def uses(self) -> Iterator[Var]:
        for edge in self.edges:
            yield from variables(edge.args)

    def rerouted(self, change: Callable[[Edge], Edge]) -> End:
        return self

    def mapped(self, change: Callable[[Var], Operand]) -> End:
        return self.rerouted(lambda e: Edge(e.to, _mapped(e.args, change)))


@dataclass(frozen=True, eq=False)
class Jump(End):
    """One way."""

    edge: Edge

    @property
    def edges(self):
        return (self.edge,)

    def rerouted(self, change):
        return replace(self, edge=change(self.edge))


@dataclass(frozen=True, eq=False)
class Branch(End):
    """One of two ways."""

    condition: Operand
    then: Edge
    other: Edge

    @property
    def edges(self):
        return (self.then, self.other)

    def uses(self):
        yield from variables(self.condition)
        yield from super().uses()

    def rerouted(self, change):
        return replace(self, then=change(self.then), other=change(self.other))

    def mapped(self, change):
        return replace(super().mapped(change), condition=_mapped(self.condition, change))


@dataclass(frozen=True, eq=False)
class Return(End):
    """The answer."""

    value: Operand

    def uses(self):
        yield from variables(self.value)

    def mapped(self, change):
        return replace(self, value=_mapped(self.value, change))


@dataclass(frozen=True, eq=False)
class Raise(End):
    """``original`` is the front end's own statement, ``args`` the variables it reads."""

    original: Any
    args: tuple[Operand, ...] = ()

    def uses(self):
        yield from variables(self.args)

    def mapped(self, change):
        return replace(self, args=_mapped(self.args, change))


@dataclass(frozen=True)
class Block:
    """Parameters, operations and an end."""

    label: int
    params: tuple[Var, ...]
    ops: tuple[Op, ...]
    end: End


@dataclass(frozen=True)
class Function:
    """A program: blocks by label, the first of which is the entry.

    Attributes
    ----------
    params : tuple of Var
        One per argument, in order; they are defined on entry.
    scopes : dict
        Names of arrays that overlap no array of another scope, to their scopes; None where nothing is known of
        overlaps.
    """

    name: str
    params: tuple[Var, ...]
    blocks: dict[int, Block]
    entry: int
    loc: Loc
    scopes: dict[str, str] | None = None

    def with_blocks(self, blocks: dict[int, Block]) -> Function:
        return replace(self, blocks=blocks)

    def ops(self) -> Iterator[tuple[Block, Op]]:
        """Every operation with its block."""
        for block in self.blocks.values():
            for op in block.ops:
                yield block, op


def is_row(op: Op, name: str) -> bool:
    """Is it a call of the function of the table that has this name?"""
    return isinstance(op, Apply) and getattr(op.row, "name", "") == name


def is_element(t: Arr, index) -> bool:
    """Does the index name one element?"""
    if isinstance(index, Const):
        given = index.value if isinstance(index.value, tuple) else (index.value,)
        return len(given) == t.ndim and all(isinstance(i, int) for i in given)
    kind = index.type if isinstance(index, Var) else None
    items = kind.items if isinstance(kind, Tup) else (kind,)
    return len(items) == t.ndim and all(isinstance(i, Int) for i in items)
