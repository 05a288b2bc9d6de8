"""What is computed at each point by reverse mode: the function, its arguments as they lie in memory, what is wanted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import prod

from numba import types

from dualjit.cuda.adjoints import KernelAdjoint
from dualjit.cuda.problem import Argument, Columns
from dualjit.cuda.totals import MOST_BYTES
from dualjit.numbers.columns import Column, Place

NUMBER = 8
"""Bytes of a sum, at most."""


@dataclass(frozen=True)
class ReverseProblem(Columns):
    """Everything that a kernel depends on.

    Attributes
    ----------
    function : callable
        A dispatcher.
    arguments : tuple of Argument
        Those with columns are differentiated at each point.
    sums : tuple of str
        Names of differentiated arguments that all points share.
    shapes : tuple
        Of each argument that is an array which all points share; of others None.
    points_last : bool
    scalar : numba type
        The floats of the differentiated arguments.
    valued : bool
        Are values wanted?
    pulled : bool
        Are there cotangents of the function's answer, or is the gradient of each of its components wanted?
    tape : int or None
        Bytes of each thread's tape.
    """

    function: Callable
    arguments: tuple[Argument, ...]
    sums: tuple[str, ...]
    shapes: tuple[tuple[int, ...] | None, ...]
    points_last: bool
    scalar: types.Float
    valued: bool
    pulled: bool
    tape: int | None

    @property
    def summed(self) -> list[tuple[str, tuple[int, ...]]]:
        """Names and shapes of the arrays that all points share and which are differentiated."""
        shapes = {a.name: shape for a, shape in zip(self.arguments, self.shapes, strict=True)}
        return [(name, shapes[name]) for name in self.sums]

    @cached_property
    def own_sums(self) -> bool:
        """Has each thread sums of its own?"""
        return bool(self.sums) and sum(prod(shape) for _, shape in self.summed) * NUMBER <= MOST_BYTES

    def place(self, a: Argument) -> Place:
        """Of an argument."""
        return Place(0, a.size, a.size, self.points_last)

    def shadow_place(self, a: Argument) -> Place:
        """Of its columns of the gradient."""
        return Place(a.first, a.size, self.columns, self.points_last)

    def adjoint(self) -> KernelAdjoint:
        """The adjoint of the function."""
        names = [a.name for a in self.arguments]
        sums = tuple(map(names.index, self.sums))
        columns = tuple(k for k, a in enumerate(self.arguments) if a.first is not None)
        shapes = {k: shape for k, shape in enumerate(self.shapes) if shape is not None}
        shapes |= {k: (a.size,) for k, a in enumerate(self.arguments) if a.size is not None and a.is_vector}
        argtypes = tuple(map(self.argument_type, self.arguments))
        in_place = () if self.own_sums else sums
        return KernelAdjoint(self.function, argtypes, (*columns, *sums), in_place, shapes, self.valued, self.tape)

    def argument_type(self, a: Argument) -> types.Type:
        """What the function is given."""
        if a.size is None or a.shared:
            return a.type
        return Column(a.type.dtype, self.place(a)).array if a.is_vector else a.type.dtype
