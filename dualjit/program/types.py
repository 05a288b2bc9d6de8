"""Types of the program form: what a derivative has to know of a value, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache


class Type:
    """Base of all types."""

    def __str__(self):
        return self.show()

    def show(self) -> str:
        raise NotImplementedError


@dataclass(frozen=True)
class Inexact(Type):
    """A number that may have a derivative; ``active`` when it depends on the differentiated arguments."""

    letter = ""
    bits: int
    active: bool = False

    def show(self):
        return f"{self.letter}{self.bits}{'*' if self.active else ''}"


@dataclass(frozen=True)
class Real(Inexact):
    """A real floating-point number."""

    letter = "f"
    bits: int = 64


@dataclass(frozen=True)
class Complex(Inexact):
    """A complex number, of as many bits as both its parts."""

    letter = "c"
    bits: int = 128


@dataclass(frozen=True)
class Int(Type):
    """An integer."""

    bits: int = 64
    signed: bool = True

    def show(self):
        return f"{'i' if self.signed else 'u'}{self.bits}"


@dataclass(frozen=True)
class Bool(Type):
    """A truth value."""

    def show(self):
        return "bool"


@dataclass(frozen=True)
class Unit(Type):
    """The type of None."""

    def show(self):
        return "none"


@dataclass(frozen=True)
class Arr(Type):
    """An array; ``layout`` is C, F or A (any strides)."""

    elem: Type
    ndim: int
    layout: str = "C"
    mutable: bool = True

    def show(self):
        return f"{self.elem}[{','.join(':' * self.ndim)}]{'' if self.layout == 'C' else self.layout}"


@dataclass(frozen=True)
class Tup(Type):
    """A tuple."""

    items: tuple[Type, ...]

    def show(self):
        return f"({', '.join(map(str, self.items))})"


@dataclass(frozen=True)
class Lst(Type):
    """A list, reflected or typed."""

    elem: Type

    def show(self):
        return f"list[{self.elem}]"


@dataclass(frozen=True)
class Other(Type):
    """Anything else (slices, iterators, strings, functions): carried along, never looked into.

    ``kind`` says what reverse mode has to tell apart: ``slice``, ``range``, ``iter`` or nothing; ``parts`` are the
    types of what it is made of.
    """

    name: str
    kind: str = ""
    parts: tuple[Type, ...] = ()

    def show(self):
        return self.name


INT, BOOL, UNIT = Int(), Bool(), Unit()


def components(t: Type) -> Iterator[Type]:
    """``t`` and every type inside it."""
    yield t
    inner = {Arr: lambda: (t.elem,), Lst: lambda: (t.elem,), Tup: lambda: t.items, Other: lambda: t.parts}
    for part in inner.get(type(t), tuple)():
        yield from components(part)


def holds_memory(t: Type) -> bool:
    """Is a value of this type a reference to memory that can be written through?"""
    return any(isinstance(part, Arr | Lst) for part in components(t))


def is_plain(t: Type) -> bool:
    """Numbers and tuples of numbers: what a tape can hold byte by byte."""
    return is_number(t) or (isinstance(t, Tup) and all(map(is_plain, t.items)))


def is_number(t: Type) -> bool:
    return isinstance(t, Inexact | Int | Bool)


def is_complex(t: Type) -> bool:
    """Is it a complex number, or an array of these?"""
    return isinstance(t.elem if isinstance(t, Arr) else t, Complex)


@cache
def is_active(t: Type) -> bool:
    """Does any number in a value of this type depend on the differentiated arguments?"""
    return any(isinstance(part, Inexact) and part.active for part in components(t))


@cache
def passive(t: Type) -> Type:
    """``t`` without its marks."""
    match t:
        case Inexact():
            return replace(t, active=False)
        case Arr() | Lst():
            return replace(t, elem=passive(t.elem))
        case Tup():
            return Tup(tuple(map(passive, t.items)))
        case Other():
            return replace(t, parts=tuple(map(passive, t.parts)))
    return t
