"""Intrinsics with a number of parameters that is known when they are made: Numba reads it from the signature."""

from __future__ import annotations

from collections.abc import Callable

from numba.extending import intrinsic


def intrinsic_of(name: str, arity: int, typed: Callable):
    """The intrinsic of ``arity`` arguments; ``typed`` takes their types, and gives a signature and code or None."""
    given = ", ".join(f"x{i}" for i in range(arity))
    namespace = {"typed": typed, "__name__": __name__}
    exec(f"def {name}(typingctx, {given}): return typed({given})", namespace)
    return intrinsic(prefer_literal=False)(namespace[name])
