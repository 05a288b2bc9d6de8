"""Functions to which somebody has given a derivative: programs call what has it in their place."""

from __future__ import annotations

from collections.abc import Callable

from dualjit.frontend.definitions import is_hashable

_REGISTERED: dict[Callable, Callable] = {}


def register(function: Callable, custom: Callable) -> None:
    """Have programs call ``custom`` where they call ``function``."""
    _REGISTERED[function] = custom


def registered(function) -> Callable | None:
    """What is called in the place of a function; None for most."""
    return _REGISTERED.get(function) if is_hashable(function) else None


def any_registered() -> bool:
    """Has any function been given a derivative?"""
    return bool(_REGISTERED)
