"""Names of cotangents: the adjoint ``x_bar`` of a number, the shadow array of an array, and tuples of these.

One idea: a cotangent has the structure of its primal.  A number's is a slot, which is added to; an array's or a
list's is memory of the same shape, which follows the primal through views, rebinding and containers.
"""

from __future__ import annotations

from collections.abc import Iterator

from dualjit.program.nodes import Var
from dualjit.program.types import Arr, Complex, Lst, Real, Tup, Type, is_active, passive

BAR = ".bar"
"""The ending of their names; nothing in a user's program has a dot in its name."""

ZERO = Var("zero", Real())
"""A zero of the type of all cotangents in memory."""

PLAIN_ZERO = Var("zero.plain", Real())
"""A zero without partials: a slot that only constants come to has none, and what has none is not multiplied."""

COMPLEX_ZERO = Var("zero.complex", Complex())
"""The same for cotangents of complex numbers."""

KIND = Var("kind", Real())
"""A parameter of that type, whose value is of no interest: zeros have to be constants for LLVM."""


def cotangent(v: Var) -> Var | tuple | None:
    """The cotangent of a variable: a slot, a shadow, a tuple of these; None for what carries no derivative."""
    return _named(v.name, v.type)


def _named(name: str, t: Type):
    if not is_active(t):
        return None
    if isinstance(t, Tup):
        return tuple(_named(f"{name}.{i}", item) for i, item in enumerate(t.items))
    return Var(f"{name}{BAR}", passive(t))


def leaves(bar) -> Iterator[Var]:
    """The slots and shadows in a cotangent."""
    if isinstance(bar, Var):
        yield bar
    elif bar is not None:
        for part in bar:
            yield from leaves(part)


def is_shadow(bar: Var) -> bool:
    """Is it memory rather than a slot?"""
    return isinstance(bar.type, Arr | Lst)


def zero_like(t: Type) -> Var:
    """The cotangent of a number of this type that nothing depends on, in memory."""
    return COMPLEX_ZERO if isinstance(t, Complex) else ZERO


def empty_slot(t: Type) -> Var:
    """The cotangent of a number of this type that nothing has come to yet."""
    return COMPLEX_ZERO if isinstance(t, Complex) else PLAIN_ZERO


def shadows(v: Var) -> list[Var]:
    """The memory in the cotangent of a variable."""
    return [bar for bar in leaves(cotangent(v)) if is_shadow(bar)]


def slots(v: Var) -> list[Var]:
    """The numbers in the cotangent of a variable."""
    return [bar for bar in leaves(cotangent(v)) if not is_shadow(bar)]
