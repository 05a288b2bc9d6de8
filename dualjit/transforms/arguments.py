"""The parameters of a function and what a call passes for them, ``*args`` and defaults that were left out included."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence, Set

from numba import types

from dualjit.transforms.structure import check_copyable, check_differentiable


def python_function(f: Callable) -> Callable:
    """The Python function behind a dispatcher or a plain function."""
    function = getattr(f, "py_func", f)
    if not inspect.isfunction(function):
        raise TypeError(
            f"expected a Python function or a function jitted with numba.njit, got {f!r} of type {type(f).__name__}: "
            "wrap what you want to differentiate in a function"
        )
    return function


def signature_of(f: Callable) -> inspect.Signature:
    """The signature a derivative of ``f`` has, too."""
    return inspect.signature(python_function(f))


def star_position(f: Callable) -> int | None:
    """Position of ``*args`` among the parameters, None without."""
    for i, p in enumerate(signature_of(f).parameters.values()):
        if p.kind is p.VAR_POSITIONAL:
            return i
    return None


def flat_arguments(f: Callable, argtypes: tuple) -> tuple[list[str], tuple]:
    """Expressions and types of all arguments, those in ``*args`` one by one."""
    names, star = list(signature_of(f).parameters), star_position(f)
    if star is None:
        return names, argtypes
    extra = argtypes[star].types
    return names[:star] + [f"{names[star]}[{i}]" for i in range(len(extra))], (*argtypes[:star], *extra)


def omitted_defaults(f: Callable, given: int) -> list:
    """The defaults of the parameters behind the first ``given`` ones."""
    parameters = list(signature_of(f).parameters.values())
    return [p.default for p in parameters[given:] if p.default is not p.empty]


def with_star_tuple(ts: Sequence[types.Type], star: int | None) -> tuple:
    """Types of arguments as Numba wants them: those in ``*args`` in one tuple."""
    return tuple(ts) if star is None else (*ts[:star], types.StarArgTuple(ts[star:]))


def without_star_tuple(ts: Sequence[types.Type], written: Set[int], star: int | None) -> tuple[tuple, frozenset[int]]:
    """Types of arguments, those in ``*args`` one by one, and the positions of what is written to among them."""
    if star is None:
        return tuple(ts), frozenset(written)
    flat = (*ts[:star], *ts[star].types)
    return flat, frozenset(written).union(range(star, len(flat)) if star in written else ())


def check_written(f: Callable, argtypes: tuple, names: list[str], written: Set[int]) -> None:
    """Raise UnsupportedError where ``f`` writes to an argument of which no private copy can be made."""
    for i in written & set(range(len(argtypes))):
        check_copyable(argtypes[i], names[i], python_function(f))


def check_primals(f: Callable, primals: types.BaseTuple) -> list[str]:
    """Raise unless all arguments, which are in a tuple called ``primals``, can be differentiated; their expressions."""
    names = [f"primals[{i}]" for i in range(len(primals.types))]
    parameters = list(signature_of(f).parameters)
    for i, t in enumerate(primals.types):
        check_differentiable(t, parameters[i] if i < len(parameters) else names[i])
    return names
