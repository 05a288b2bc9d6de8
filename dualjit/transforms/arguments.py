"""Which arguments are differentiated: ``argnums`` resolved against the function's signature."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass

from dualjit.errors import ArgnumsError


@dataclass(frozen=True)
class Selection:
    """Positions of the differentiated parameters; ``single`` when the user gave one and not a tuple."""

    positions: tuple[int, ...]
    single: bool


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


def select(f: Callable, argnums) -> Selection:
    """Resolve ``argnums``: an int (negative counts from the end), a parameter's name, or a tuple of these."""
    names = list(signature_of(f).parameters)
    single = not isinstance(argnums, (tuple, list))
    wanted = (argnums,) if single else tuple(argnums)
    where = f"{python_function(f).__name__}({', '.join(names)})"
    if not wanted:
        raise ArgnumsError(
            f"argnums is empty, nothing of {where} is selected: give a position, a name or a tuple of these"
        )
    star = star_position(f)
    positions = tuple(_position(a, names, where, star) for a in wanted)
    if len(set(positions)) < len(positions):
        raise ArgnumsError(f"argnums={argnums!r} selects an argument of {where} twice; give each one once")
    return Selection(positions, single)


def _position(argnum, names: list[str], where: str, star: int | None) -> int:
    if isinstance(argnum, str):
        if argnum not in names:
            raise ArgnumsError(
                f"argnums names {argnum!r}, but {where} has no such parameter; its parameters are {names}"
            )
        return names.index(argnum)
    try:
        position = argnum.__index__()
    except AttributeError:
        raise ArgnumsError(
            f"argnums has {argnum!r} of type {type(argnum).__name__}; "
            "give an int, a parameter's name, or a tuple of these"
        ) from None
    if isinstance(argnum, bool):
        raise ArgnumsError(f"argnums has {argnum!r}; give an int, a parameter's name, or a tuple of these")
    if star is not None and position >= 0:
        return position  # whether there is such an argument is known at the call
    if not -len(names) <= position < len(names):
        raise ArgnumsError(
            f"argnums has position {position}, but {where} has {len(names)} parameters: "
            f"give one of {-len(names)} to {len(names) - 1}"
        )
    return position % len(names)
