"""What a row of the table of array functions holds, and how rows are entered.

One idea: a row is a *stub*, a Python function with Numba's parameter names that is never called, decorated with
what its calls mean.  The front end exchanges calls of the row's functions and methods for calls of the stub.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Any


class Effect(Enum):
    """What a call does to memory."""

    PURE = "the answer is no array"
    FRESH = "the answer is memory of its own"
    VIEW = "the answer may share memory with an argument"
    INPLACE = "an argument is written"


@dataclass(frozen=True)
class ArrayRow:
    """What is known about one array function.

    Attributes
    ----------
    name : str
    functions : tuple of callables
        All that mean it; empty when there are methods alone.
    methods : tuple of str
        Bound methods with the same meaning; the receiver is the first argument.
    stub : callable
        Has the parameters as Numba names them; never called.
    effect : Effect
    active : bool
        False: the answer carries no derivative (``argsort``, ``zeros_like``, comparisons).
    writes : tuple of str
        Parameters whose memory is written.
    shares : tuple of str
        Parameters whose memory the answer may share.
    generic : bool
        Numba's own implementation is right on arrays of duals as it stands.
    source : str
        Where the derivative is from; empty when the function only moves or adds elements.
    pullback : object
        That of a function which comes with its own; None for the rows of the table.
    """

    name: str
    functions: tuple[Callable[..., Any], ...]
    methods: tuple[str, ...]
    stub: Callable[..., Any]
    effect: Effect
    active: bool
    writes: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()
    generic: bool = False
    source: str = ""
    pullback: Any = None

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the stub's parameters."""
        return tuple(inspect.signature(self.stub).parameters)


REFUSED: dict[str, str] = {
    "array_split": "a list of views of run-time length; slice instead",
    "bartlett": "window of an integer",
    "blackman": "window of an integer",
    "broadcast_shapes": "takes shapes, which are never active",
    "corrcoef": "no rule yet; write it with np.mean and np.dot",
    "cov": "no rule yet; write it with np.mean and np.dot",
    "dsplit": "a list of views of run-time length; slice instead",
    "frombuffer": "reinterprets memory",
    "geomspace": "no rule yet; write np.exp of np.linspace",
    "hamming": "window of an integer",
    "hanning": "window of an integer",
    "histogram": "counts jump where a value crosses an edge; its edges depend on the values",
    "hsplit": "a list of views of run-time length; slice instead",
    "indices": "takes integers",
    "intersect1d": "which elements are equal looks at values only; sort and mask instead",
    "kaiser": "no rule for its Bessel functions",
    "linalg.cond": "no rule yet; write it with np.linalg.norm and np.linalg.inv",
    "linalg.eig": "no rule yet; np.linalg.eigh for symmetric matrices",
    "linalg.eigvals": "no rule yet; np.linalg.eigvalsh for symmetric matrices",
    "linalg.lstsq": "no rule yet; np.linalg.solve of the normal equations",
    "linalg.pinv": "no rule yet; np.linalg.solve of the normal equations",
    "linalg.qr": "no rule yet; np.linalg.cholesky of a.T @ a",
    "linalg.svd": "no rule yet; np.linalg.eigh of a.T @ a",
    "logspace": "no rule yet; write 10.0 ** np.linspace",
    "roots": "no rule yet",
    "setdiff1d": "which elements are equal looks at values only; sort and mask instead",
    "setxor1d": "which elements are equal looks at values only; sort and mask instead",
    "split": "a list of views of run-time length; slice instead",
    "tri": "takes integers",
    "tril_indices": "takes integers",
    "triu_indices": "takes integers",
    "union1d": "which elements are equal looks at values only; sort and mask instead",
    "unique": "which elements are equal looks at values only; sort and mask instead",
    "unwrap": "no rule yet",
    "vsplit": "a list of views of run-time length; slice instead",
}
"""NumPy functions that Numba compiles and which are no rows, with the reason."""


def refusal_of(function: Any) -> str | None:
    """Why a NumPy function is refused, and what to use instead; None when it is a row or not known at all."""
    prefix = "linalg." if getattr(function, "__module__", "") == "numpy.linalg" else ""
    return None if row_of_function(function) else REFUSED.get(prefix + getattr(function, "__name__", ""))


_ROWS: dict[str, ArrayRow] = {}
_BY_FUNCTION: dict[Any, ArrayRow] = {}
_BY_METHOD: dict[str, ArrayRow] = {}
_BY_UNARY: dict[Any, ArrayRow] = {}


def array_rows() -> Mapping[str, ArrayRow]:
    """All rows by name."""
    return MappingProxyType(_ROWS)


def row_of_function(function: Any, count: int | None = None) -> ArrayRow | None:
    """The row of a callable, called with ``count`` arguments, or None."""
    try:
        return _BY_FUNCTION.get(function) or (_BY_UNARY.get(function) if count == 1 else None)
    except TypeError:  # unhashable: no row is
        return None


def row_of_method(name: str) -> ArrayRow | None:
    """The row of a bound method of this name, or None."""
    return _BY_METHOD.get(name)


def row(
    *functions: Callable[..., Any],
    methods: str = "",
    effect: Effect = Effect.FRESH,
    active: bool = True,
    writes: str = "",
    shares: str = "",
    generic: bool = False,
    source: str = "",
    unary: Callable[..., Any] | None = None,
) -> Callable[[Callable], Callable]:
    """Enter the decorated stub as a row; a trailing underscore of its name is dropped. Lists of names are words.

    ``unary`` is a function that means the row when it is called with one argument alone (``max(x)``).
    """

    def enter(stub):
        name = stub.__name__.rstrip("_")
        found = ArrayRow(
            name,
            functions if unary is None else (unary,),
            tuple(methods.split()),
            stub,
            effect,
            active,
            tuple(writes.split()),
            tuple(shares.split()),
            generic,
            source,
        )
        keep(_ROWS, name, found)
        for function in functions:
            keep(_BY_FUNCTION, function, found)
        if unary is not None:
            keep(_BY_UNARY, unary, found)
        for method in found.methods:
            keep(_BY_METHOD, method, found)
        return stub

    return enter


def inactive(*functions: Callable[..., Any], **more) -> Callable[[Callable], Callable]:
    """A row whose answer carries no derivative."""
    return row(*functions, active=False, **more)


def view(*functions: Callable[..., Any], shares: str, generic: bool = True, **more) -> Callable[[Callable], Callable]:
    """A row whose answer may share memory with the parameters ``shares``, by Numba's own code for any elements."""
    return row(*functions, effect=Effect.VIEW, shares=shares, generic=generic, **more)


def keep(table: dict, key: Any, found: ArrayRow) -> None:
    """One meaning for each key."""
    if table.setdefault(key, found) is not found:
        raise ValueError(f"{key!r} is in two rows: {table[key].name!r} and {found.name!r}")
