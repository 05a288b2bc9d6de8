"""A solver of SciPy: its arguments by SciPy's names, how messages call it, and drop-ins for it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps


@dataclass(frozen=True)
class Solver:
    """Names a solver in messages, with what it takes."""

    name: str
    takes: str
    method: str | None = None

    def __str__(self):
        return self.name if self.method is None else f"{self.name}(method={self.method!r})"


def drop_in(entry: Callable) -> Callable:
    """Decorate ``solve(given)``: a function with the parameters of ``entry``, by whose names ``given`` has arguments.

    What the caller left out is not in ``given``, so a default of SciPy's can be told from a wish.
    """
    signature = inspect.signature(entry)

    def decorate(solve: Callable) -> Callable:
        @wraps(solve)
        def solver(*args, **kwargs):
            return solve(named(signature, args, kwargs))

        solver.__signature__ = signature
        return solver

    return decorate


def named(signature: inspect.Signature, args: tuple, kwargs: dict) -> dict:
    """Arguments by name, those in ``**kwargs`` among them."""
    bound = signature.bind(*args, **kwargs)
    given = dict(bound.arguments)
    for p in signature.parameters.values():
        if p.kind is p.VAR_KEYWORD:
            given.update(given.pop(p.name, {}))
    return given


def extra(given: dict) -> tuple:
    """The extra arguments: SciPy takes a single one without its tuple."""
    args = given.get("args", ())
    return args if isinstance(args, tuple) else (args,)


def tell(result, **facts):
    """Write facts into the result of a solver, where it is an object with named fields."""
    if isinstance(result, dict):
        result.update(facts)
    return result


def tell_in_full(given: dict, found, **facts):
    """The same for solvers of older form, which return a dictionary among others where ``full_output`` asks for it."""
    if given.get("full_output"):
        for part in found:
            tell(part, **facts)
    return found
