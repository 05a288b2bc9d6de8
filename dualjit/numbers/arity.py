"""Intrinsics with a number of parameters that is known when they are made: Numba reads it from the signature.

An optional argument is taken for what it is when it is not None, as by Numba's own operators: the call raises else.
"""

from __future__ import annotations

from collections.abc import Callable

from numba.core import types
from numba.extending import intrinsic


def intrinsic_of(name: str, arity: int, typed: Callable, context: bool = False):
    """The intrinsic of ``arity`` arguments; ``typed`` takes their types, and gives a signature and code or None.

    With ``context`` it takes the typing context before them.
    """
    given = ", ".join(f"x{i}" for i in range(arity))

    def typed_without_none(typingctx, *ts):
        return typed(*(typingctx,) * context, *(t.type if isinstance(t, types.Optional) else t for t in ts))

    namespace = {"typed": typed_without_none, "__name__": __name__}
    exec(f"def {name}(typingctx, {given}): return typed(typingctx, {given})", namespace)
    return intrinsic(prefer_literal=False)(namespace[name])
