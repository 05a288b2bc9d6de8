"""The structure of arguments and answers: numbers, arrays, and tuples, named tuples and lists of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from numba import types

from dualjit.errors import DTypeError, OutputError, StructureError, UnsupportedError
from dualjit.numbers.types import Marked, MarkedComplex, marker_of, strip

LISTS = (types.List, types.ListType)
# What nobody can write to.
IMMUTABLE = (
    types.Number,
    types.Boolean,
    types.NoneType,
    types.Literal,
    types.Omitted,
    types.UnicodeType,
    types.Bytes,
    types.EnumMember,
    types.RangeType,
    types.SliceType,
    types.Callable,
    types.NumberClass,
    types.TypeRef,
)


def children(t: types.Type, expr: str) -> list[tuple[str, types.Type]]:
    """Expressions and types of a tuple's items."""
    return [(f"{expr}[{i}]", item) for i, item in enumerate(t.types)]


def is_tuple(t: types.Type) -> bool:
    return isinstance(t, types.BaseTuple)


def is_list(t: types.Type) -> bool:
    return isinstance(t, LISTS)


def item_type(t: types.Type) -> types.Type:
    """Type of a list's items."""
    return t.item_type if isinstance(t, types.ListType) else t.dtype


def scalar_type(t: types.Type) -> types.Type:
    """The number an array or a number is made of."""
    return types.unliteral(t.dtype if isinstance(t, types.Array) else t)


def leaves(t: types.Type, expr: str) -> Iterator[tuple[str, types.Type]]:
    """Numbers, arrays and lists inside nested tuples, with the expressions that reach them."""
    if is_tuple(t):
        for part, item in children(t, expr):
            yield from leaves(item, part)
    else:
        yield expr, t


def size_of(expr: str, t: types.Type) -> str:
    """The expression of how many numbers a number or an array is."""
    return f"{expr}.size" if isinstance(t, types.Array) else "1"


def pack(t: types.Type, items: list[str], bind) -> str:
    """The expression that builds a tuple like ``t`` from its items."""
    if isinstance(t, types.BaseNamedTuple):
        return f"{bind('tuple', t.instance_class)}({', '.join(items)})"
    return f"({', '.join(items)},)" if items else "()"


def refilled(t: types.Type, items: Iterator[str], bind) -> str:
    """The expression of nested tuples like ``t`` with other things in the places of its leaves, in their order."""
    if is_tuple(t):
        return pack(t, [refilled(item, items, bind) for item in t.types], bind)
    return next(items)


def is_real(t: types.Type) -> bool:
    """A float or a marked real number."""
    return isinstance(t, (types.Float, Marked)) and not isinstance(t, MarkedComplex)


def check_differentiable(t: types.Type, name: str) -> None:
    """Raise DTypeError unless ``t`` is made of real floating-point numbers."""
    if is_tuple(t):
        for part, item in children(t, name):
            check_differentiable(item, part)
        return
    if is_list(t):
        inner = item_type(t)
        if is_tuple(inner) or is_list(inner):
            raise StructureError(
                f"argument '{name}' is a list of {inner}: lists may hold numbers or arrays; use a tuple"
            )
        check_differentiable(inner, f"{name}[...]")
        return
    number = scalar_type(t)
    if is_real(number):
        return
    kinds = [(types.Boolean, "boolean"), (types.Integer, "integer"), (types.Complex, "complex")]
    what = next((word for kind, word in kinds if isinstance(number, kind)), None)
    if what is None:
        raise DTypeError(
            f"argument '{name}' of type {t} is not a number, an array, or a structure of these: leave it out of argnums"
        )
    if what == "complex":
        remedy = "differentiate with respect to its real and imaginary parts, passed as floats"
    else:
        remedy = "pass a float (1.0 instead of 1, x.astype(float)), or leave it out of argnums"
    raise DTypeError(f"argument '{name}' has {what} type {t}; derivatives need real floating point: {remedy}")


def is_copyable(t: types.Type) -> bool:
    """Can a private copy of such data be made, or is none needed since nobody can write to it?"""
    if is_tuple(t):
        return all(map(is_copyable, t.types))
    if is_list(t):
        item = item_type(t)
        return isinstance(item, (types.Array, Marked, *IMMUTABLE))
    return isinstance(t, (types.Array, Marked, *IMMUTABLE))


def check_copyable(t: types.Type, name: str, function: Callable) -> None:
    """Raise UnsupportedError where a function writes to an argument that has to stay as it is."""
    if not is_copyable(t):
        code = function.__code__
        raise UnsupportedError(
            f"a write into argument '{name}'",
            f"its type is {t}, of which no private copy can be made: every pass would see the writes of the one before",
            "keep what changes in arrays or local variables, or return it",
            code.co_filename,
            code.co_firstlineno,
        )


def check_output(t: types.Type, name: str) -> None:
    """Raise OutputError unless every number of an answer is real."""
    t = types.unliteral(t)
    if isinstance(t, types.Optional):  # that it isn't None is checked at run time
        check_output(t.type, name)
    elif is_tuple(t):
        for item in t.types:
            check_output(item, name)
    elif is_list(t):
        inner = item_type(t)
        if is_tuple(inner) or is_list(inner):
            raise OutputError(f"{name} returns a list of {inner}: lists may hold numbers or arrays, return tuples")
        check_output(inner, name)
    elif not is_real(scalar_type(t)):
        raise OutputError(
            f"{name} returns {strip(t)}, which has no derivative: return floats or arrays of floats; "
            "return other values beside them with has_aux=True"
        )


def differentiated(t: types.Type, has_aux: bool, name: str) -> types.Type:
    """The type of what is differentiated of an answer."""
    if not has_aux:
        return t
    if not is_tuple(t) or len(t.types) != 2:
        raise not_a_pair(name, t)
    return t.types[0]


def not_a_pair(name: str, found) -> OutputError:
    """The error for an answer with nothing beside what is differentiated."""
    return OutputError(f"{name} returns {found}; with has_aux=True it has to return a pair (y, aux)")


def is_active(t: types.Type) -> bool:
    """Is there a marked number in ``t``?"""
    return marker_of(t) is not None
