"""A function with a rule of its own must leave its arguments as they are: a rule says nothing of what is written.

Two checks: a store that can be seen is refused when the function is compiled; what a callee gets that can't be looked
into (a function of another library, C code, ``objmode``) is compared with a copy of it, each time the function runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from numba import types
from numba.extending import overload

from dualjit.errors import UnsupportedError
from dualjit.frontend.typed import TypedProgram, typed
from dualjit.transforms.arguments import python_function, signature_of
from dualjit.transforms.forward import named, private_copy
from dualjit.transforms.source import Writer, build
from dualjit.transforms.structure import is_list, item_type, leaves


@dataclass(frozen=True)
class Untouched:
    """A function of which no store into an argument is seen.

    Attributes
    ----------
    watched : tuple of int
        Positions of the arguments that a callee gets which can't be looked into.
    shares : bool
        May the answer be memory of an argument?
    """

    f: Callable
    watched: tuple[int, ...]
    shares: bool

    def before(self, w: Writer, names: list[str], argtypes: tuple) -> list[tuple[int, str, str]]:
        """Write copies of what is watched; of each the position, the expression and that of the copy."""
        return [
            (i, expr, named(w, "before", private_copy(w, expr, t)))
            for i in self.watched
            for expr, t in leaves(argtypes[i], names[i])
            if is_comparable(t)
        ]

    def after(self, w: Writer, copies: list[tuple[int, str, str]]) -> None:
        """Write the comparison with the copies."""
        for i, expr, copy in copies:
            error = written(self.f, i, *place_of(self.f), "in a callee that can't be looked into, ")
            with w.block(f"if {w.bind('differs', differs)}({expr}, {copy}):"):
                w(f"raise {w.bind('UnsupportedError', UnsupportedError)}{error.args!r}")


def untouched(f: Callable, argtypes: tuple) -> Untouched:
    """What is known of ``f`` called with unmarked arguments; raises UnsupportedError where it is seen to write."""
    program = program_of(f, argtypes)
    if program is None:
        return Untouched(f, tuple(range(len(argtypes))), True)
    for i, loc in sorted(program.stores.items()):
        raise written(f, i, loc.filename, loc.line)
    return Untouched(f, tuple(sorted(program.written)), program.shares)


def program_of(f: Callable, argtypes: tuple) -> TypedProgram | None:
    """The typed program of a function; None where it is beyond the front end (``objmode``), though not beyond Numba."""
    try:
        return typed(caller_of(f) if hasattr(f, "py_func") else f, argtypes)
    except Exception:
        return None


def caller_of(f: Callable) -> Callable:
    """A function that calls a jitted one: the front end can't begin inside of a recursion."""
    names = ", ".join(signature_of(f).parameters)
    return build("caller", f"def caller({names}):\n    return _dj_f({names})\n", {"_dj_f": f})


def place_of(f: Callable) -> tuple[str, int]:
    """Where a function begins."""
    code = python_function(f).__code__
    return code.co_filename, code.co_firstlineno


def written(f: Callable, position: int, filename: str, line: int, how: str = "") -> UnsupportedError:
    """The error for a write into an argument."""
    name = python_function(f).__name__
    return UnsupportedError(
        f"a write into argument '{list(signature_of(f).parameters)[position]}' of {name}",
        f"{how}{name} writes to it, but it has a rule of its own, whose derivative is that of a function "
        "which does not write",
        "write to a copy, and return what others need of it",
        filename,
        line,
    )


def is_comparable(t: types.Type) -> bool:
    """Is this an array or a list of numbers, or a list of such arrays?"""
    held = item_type(t) if is_list(t) else t
    held = held.dtype if isinstance(held, types.Array) else held
    return held is not t and isinstance(held, (types.Number, types.Boolean))


def differs(now, before):
    """Has something been written to data since there was a copy of it?  Not-a-number is equal to itself."""
    raise NotImplementedError("compiled code")


@overload(differs)
def _differs(now, before):
    if isinstance(now, types.Array):
        return _array_differs
    return _list_differs if is_list(now) else _number_differs


def _number_differs(now, before):
    return now != before and (now == now or before == before)


def _array_differs(now, before):
    found = False
    for a, b in zip(now.flat, before.flat):  # noqa: B905 - compiled
        found |= differs(a, b)
    return found


def _list_differs(now, before):
    found = len(now) != len(before)
    for i in range(min(len(now), len(before))):
        found |= differs(now[i], before[i])
    return found
