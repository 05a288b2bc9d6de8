"""Which implementation on arrays of duals belongs to which row.

One idea: a builder is written like those of ``numba.extending.overload``: it gets the Numba types of a row's parameters
(``Omitted`` where the caller gave none), at least one of them marked with ``Dual``, and returns a Python function for
Numba to compile.  Compiled through ``overload``, it inherits the caller's error model, fastmath and boundscheck, as
Numba's own code does.
"""

from __future__ import annotations

from collections.abc import Callable

from numba.extending import overload

from dualjit.rules.arrays import ArrayRow, array_rows, row_of_function

_TARGETS: dict[str, Callable] = {}
_COMPLEX_TARGETS: dict[str, Callable] = {}


def implements(what: Callable | str, targets: dict[str, Callable] = _TARGETS) -> Callable[[Callable], Callable]:
    """Register the decorated builder for the row of a function, or for the row of this name."""
    row = array_rows()[what] if isinstance(what, str) else row_of_function(what)

    def register(builder):
        def target(*args):
            raise NotImplementedError(f"the implementation of {row.name} is compiled code")

        target.__name__ = f"dual_{row.name}"
        if targets.setdefault(row.name, target) is not target:
            raise ValueError(f"a second implementation of {row.name!r}")
        overload(target, strict=False, prefer_literal=True)(builder)
        return builder

    return register


def implements_complex(what: Callable | str) -> Callable[[Callable], Callable]:
    """Register the decorated builder for calls of the row with complex numbers in them."""
    return implements(what, _COMPLEX_TARGETS)


def implemented(row: ArrayRow) -> bool:
    """Is there an implementation on arrays of duals other than Numba's own?"""
    return row.name in _TARGETS


def implementation_of(row: ArrayRow) -> Callable:
    """The function to resolve for marked arguments."""
    return _TARGETS[row.name]


def complex_implementation_of(row: ArrayRow) -> Callable | None:
    """The function to resolve where there are complex numbers, if it is not `implementation_of`'s."""
    return _COMPLEX_TARGETS.get(row.name)
