"""What a driver is asked for: the function, which derivative, and how arrays lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from numba import njit

from dualjit.cuda.arrays import LAYOUTS, EachPoint, Inputs, OnePoint
from dualjit.errors import ArgumentCountError, ModeError, OptionError
from dualjit.frontend.vectorized import as_function
from dualjit.numbers.points import ALONG, UNIT
from dualjit.transforms.arguments import python_function, signature_of
from dualjit.transforms.selection import select


@dataclass(frozen=True)
class Request:
    """A request.

    Attributes
    ----------
    name : str
        Of the transform and the function, for messages.
    function : callable
        A dispatcher.
    parameters : tuple of str
        What a call passes: those of the function, without the one it writes to.
    levels : tuple of str
        See :mod:`dualjit.numbers.points`.
    positions : tuple of int
        Arguments that are differentiated.
    single : bool
        Did the user name one, and not a tuple?
    shared : frozenset of int
        Arguments that are arrays which all points have in common.
    layout : str
        "soa" or "aos".
    outputs : int or None
        How many components the function writes to its last parameter; None where it returns them.
    value : bool
        Are values returned, too?
    chunk : int or None
        Partials per number of the outermost level; None: as many as the registers hold.
    scalar_only : bool
        Must the function return one number?
    one_point : bool
        Is a call for one point, whose arrays have no axis of points?
    mapped : bool
        Is it `vmap` that asks?  Then each point has a derivative by arguments which all points share, where else there
        is one sum, and components are a tuple, as the function returns them, where else they are an axis.
    pulled : bool
        Are cotangents of the answer given, whose products with transposed Jacobians are wanted?
    """

    name: str
    function: Callable
    parameters: tuple[str, ...]
    levels: tuple[str, ...]
    positions: tuple[int, ...]
    single: bool
    shared: frozenset[int]
    layout: str
    outputs: int | None
    value: bool
    chunk: int | None
    scalar_only: bool
    one_point: bool
    mapped: bool
    pulled: bool

    @property
    def units(self) -> int:
        """How many axes of columns a derivative has."""
        return self.levels.count(UNIT)

    @property
    def second(self) -> str | None:
        """What a call takes as its second argument, beside those of the function."""
        return "cotangents" if self.pulled else "direction" if ALONG in self.levels else None

    def split(self, args: tuple) -> tuple[tuple, tuple]:
        """The function's arguments, and what comes second: directions, or the cotangents of the answer."""
        second = self.second
        if len(args) != len(self.parameters) + (second is not None):
            wanted = list(self.parameters)
            wanted[1:1] = [second] if second else []
            raise ArgumentCountError(f"{self.name} takes ({', '.join(wanted)}), {len(args)} arguments were given")
        if second is None:
            return args, ()
        return (args[0], *args[2:]), (args[1],) if self.single or self.pulled else tuple(args[1])

    def inputs(self, found: tuple) -> Inputs:
        """The function's arguments in a call, of which this is known, checked."""
        kind = OnePoint if self.one_point else EachPoint if self.mapped else Inputs
        return kind(self.name, self.parameters, found, self.shared, self.layout)


def request(
    transform: str,
    f: Callable,
    levels: tuple[str, ...],
    argnums=(),
    shared: tuple = (),
    layout: str = "soa",
    outputs: int | None = None,
    value: bool = False,
    chunk: int | None = None,
    *,
    scalar_only: bool = False,
    one_point: bool = False,
    mapped: bool = False,
    pulled: bool = False,
) -> Request:
    """What a user asks for, checked."""
    f = as_function(f)
    if layout not in LAYOUTS:
        raise ModeError(f'layout={layout!r}: give "soa" (the axis of points last) or "aos" (first)')
    check_count("chunk", chunk)
    check_count("outputs", outputs)
    names = tuple(signature_of(f).parameters)
    selection = select(f, argnums) if levels else None
    if one_point:
        shared = tuple(k for k in range(len(names)) if k not in selection.positions)
    return Request(
        f"{transform}({python_function(f).__name__})",
        f if hasattr(f, "py_func") else njit(f),
        names if outputs is None else names[:-1],
        levels,
        selection.positions if selection else (),
        selection is None or selection.single,
        frozenset(select(f, tuple(shared)).positions if shared else ()),
        layout,
        outputs,
        value,
        chunk,
        scalar_only,
        one_point,
        mapped,
        pulled,
    )


def check_count(name: str, given) -> None:
    """Raise unless a number from 1 on, or None, was given."""
    if given is not None and (not isinstance(given, int) or isinstance(given, bool) or given < 1):
        raise OptionError(f"{name}={given!r}: give a number from 1 on, or None")
