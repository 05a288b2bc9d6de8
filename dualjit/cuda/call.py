"""What calls with arguments of the same types and shapes have in common, checked once: it holds no arrays.

One idea: looking whether the arrays of a call are like those of an earlier one takes a few microseconds, and everything
that follows from their types and shapes is known then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dualjit.cuda.arrays import Memory, Other, check_output, described
from dualjit.cuda.problem import Argument, Columns
from dualjit.cuda.request import Request

KEPT = 64
"""Calls that are remembered, with other types, shapes or numbers of points each."""


class Call:
    """A call, of either mode.

    Parameters
    ----------
    request : Request
    given : tuple
        What is known of the function's arguments: `Memory` or `Other`.

    Attributes
    ----------
    inputs : Inputs
    dtype : numpy.dtype
        Of the answer.
    shapes : list of tuple
        Of the arrays of the answer.
    rows : int or None
        How many components derivatives have along an axis; None where there is no such axis.
    zeroed : sequence of int
        Which of the kernel's arrays for the answer have to be zeros before.
    launchers : dict
        For each device the compiled kernel, and what it was compiled from.
    """

    problem: Columns
    dtype: np.dtype
    rows: int | None = None
    shapes: list[tuple[int, ...]]
    zeroed: Sequence[int] = ()

    def __init__(self, request: Request, given: tuple[Memory | Other, ...]):
        self.request, self.inputs = request, request.inputs(given)
        self.launchers: dict[Any, tuple[Callable, Any]] = {}

    def arrays(self, objects: tuple, moved: Callable) -> list:
        """The kernel's arguments: arrays as ``moved`` makes them, numbers as they are; what comes second is last."""
        memories = self.inputs.memories
        found = [x if m is None else moved(x) for x, m in zip(objects, memories, strict=False)]
        return [*found, *map(moved, objects[len(memories) :])]

    def over_points(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """A shape of one point, with the axis of points."""
        points = () if self.request.one_point else (self.inputs.points,)
        return (*shape, *points) if self.inputs.points_last else (*points, *shape)

    def wanted(self, out) -> list:
        """What the user hands over for each of `shapes`; None for what is to be made."""
        raise NotImplementedError

    def indices(self, *arguments: Argument) -> tuple | None:
        """Where these arguments are along the axes of columns, one for each; None where they are all there is.

        The columns of a number have no axis.
        """
        if all(a.is_vector and a.size == self.problem.columns for a in arguments):
            return None
        before = self.rows is not None and not self.request.mapped
        before += not (self.inputs.points_last or self.request.one_point)
        columns = (slice(a.first, a.first + a.size) if a.is_vector else a.first for a in arguments)
        return (*(slice(None),) * before, *columns)

    @staticmethod
    def part(derivative, where: tuple | None):
        """The part at these indices, a view."""
        return derivative if where is None else derivative[where]

    def components(self, derivative, taken: Callable):
        """What is taken of a derivative, or of that of each component, as the user has them."""
        if self.rows is None or not self.request.mapped:
            return taken(derivative)
        before = () if self.inputs.points_last else (slice(None),)
        return tuple(taken(derivative[(*before, k)]) for k in range(self.rows))

    def check_outputs(self, out) -> None:
        """Raise unless ``out`` can take the answer."""
        if out is None:
            return
        for given, shape in zip(self.wanted(out), self.shapes, strict=True):
            if given is not None:
                check_output(given, Memory(self.dtype, shape, True, self.inputs.on_device), self.request.name)


class Calls:
    """What is made of a call, by what is known of its arguments.

    Parameters
    ----------
    request : Request
    make : callable
        Takes what is known of the function's arguments and of what comes second, and the rest of the key.
    """

    def __init__(self, request: Request, make: Callable):
        self.request, self.make = request, make
        self.known: dict[tuple, Any] = {}

    def of(self, args: tuple, *key) -> tuple[Any, tuple]:
        """What is made of this call, and its arguments in the order of the kernel's."""
        given, beside = self.request.split(args)
        found = tuple(map(described, given)), tuple(map(described, beside)), *key
        made = self.known.get(found)
        if made is None:
            made = self.make(*found)
            if len(self.known) >= KEPT:
                self.known.clear()
            self.known[found] = made
        return made, (*given, *beside)

    def forget(self) -> None:
        """Make all anew."""
        self.known.clear()
