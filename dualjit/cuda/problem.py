"""What is computed at each point: the function, its arguments as they lie in memory, and which derivative.

One idea: everything that a kernel depends on is in one frozen `Problem`, so that kernels are kept by it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from numba import types

from dualjit.numbers.points import UNIT, Answer, Point, Shape
from dualjit.numbers.types import Dual

# What is computed, as the levels of the dual numbers say it: see dualjit.numbers.points.
VALUE: tuple[str, ...] = ()


@dataclass(frozen=True)
class Argument:
    """One argument of the function.

    Attributes
    ----------
    name : str
    type : numba type
        Of what the kernel is given: for all points, or the same for each.
    size : int or None
        How many numbers one point has: None where the argument is the same for all points, and no point has columns.
    first : int or None
        The first of its columns; None where it is not differentiated.
    is_vector : bool
        Does a point have a vector, or one number?
    shared : bool
        Is it the same for all points, though each has columns?
    """

    name: str
    type: types.Type
    size: int | None = None
    first: int | None = None
    is_vector: bool = False
    shared: bool = False


class Columns:
    """What the arguments of a problem, of either mode, say of its columns."""

    arguments: tuple[Argument, ...]

    @cached_property
    def differentiated(self) -> tuple[Argument, ...]:
        """The arguments that have columns, in the order of these."""
        return tuple(sorted((a for a in self.arguments if a.first is not None), key=lambda a: a.first))

    @cached_property
    def columns(self) -> int:
        """How many columns there are in all."""
        return sum(a.size for a in self.differentiated)


@dataclass(frozen=True)
class Problem(Columns):
    """A function, its arguments and a derivative.

    Attributes
    ----------
    function : callable
        A dispatcher.
    arguments : tuple of Argument
    levels : tuple of str
        How each level of the dual numbers is seeded, innermost first.
    points_last : bool
        Whether the axis of points is the last one of all arrays, or the first.
    outputs : int or None
        How many components the function writes to its last argument; None where it returns them.
    scalar : numba type
        The floats of the arguments.
    valued : bool
        Are the function's values wanted beside the derivatives?
    one_point : bool
        Is there one point alone, and no axis of points?
    """

    function: Callable
    arguments: tuple[Argument, ...]
    levels: tuple[str, ...]
    points_last: bool
    outputs: int | None
    scalar: types.Float
    valued: bool
    one_point: bool = False

    def number(self, lanes: tuple[int, ...]) -> types.Type:
        """The numbers that the function computes with."""
        answer = self.scalar
        for level, n in enumerate(lanes, 1):
            answer = Dual(answer, n, level)
        return answer

    def point(self, argument: Argument, lanes: tuple[int, ...]) -> Point:
        """The type of what the function takes for an argument."""
        shape = Shape((argument.size,), self.points_last, argument.shared)
        if argument.first is None:
            return Point(argument.type.dtype, argument.type.dtype, (), shape)
        return Point(self.scalar, self.number(lanes), self.levels, shape, argument.first, self.columns)

    def answer(self, count: int, scalar: types.Float, lanes: tuple[int, ...]) -> Answer:
        """The type of where ``count`` components go."""
        units = sum(level == UNIT for level in self.levels)
        shape = Shape((count, *(self.columns,) * units), self.points_last)
        return Answer(scalar, self.levels, lanes, self.columns, shape, self.valued)
