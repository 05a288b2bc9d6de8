"""One call of a driver: its arguments, checked, and the arrays of its answer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba.np.numpy_support import as_dtype

from dualjit.cuda.arrays import check_output
from dualjit.cuda.kernels import Components
from dualjit.cuda.problem import Argument, Problem
from dualjit.cuda.request import Request
from dualjit.errors import ArgumentCountError, OutputError
from dualjit.numbers.points import ALONG


class Run:
    """A call.

    Parameters
    ----------
    request : Request
    args : tuple
        As the user gave them: the direction of a product comes second.
    components : callable
        Problem to `Components`: what the function returns.
    """

    zeroed = ()
    """Which arrays of the answer have to be zeros before."""

    def __init__(self, request: Request, args: tuple, components: Callable[[Problem], Components]):
        self.request, self.units = request, request.units
        given, directions = self.split(list(args))
        self.inputs = request.inputs(given)
        arguments = self.inputs.arguments(request.positions)
        self.given_directions = self.inputs.directions(request.positions, directions) if directions else []
        first, *_ = [a for a in arguments if a.first is not None or (not request.levels and a.size is not None)]
        self.problem = Problem(
            request.function,
            arguments,
            request.levels,
            self.inputs.points_last,
            request.outputs,
            first.type.dtype,
            request.value,
            request.one_point,
        )
        self.components = components(self.problem)
        if request.scalar_only and not self.components.single:
            raise OutputError(
                f"{request.name}: the function has {self.components.count} components; a gradient or a Hessian is that "
                "of a function which returns one number: use batch_jacobian"
            )

    def split(self, args: list) -> tuple[list, list]:
        """The function's arguments, and the directions."""
        if ALONG not in self.request.levels:
            return args, []
        first, *others = self.request.parameters
        if len(args) != len(others) + 2:
            wanted = ", ".join([first, "direction", *others])
            raise ArgumentCountError(f"{self.request.name} takes ({wanted}), {len(args)} arguments were given")
        directions = args.pop(1)
        return args, [directions] if self.request.single else list(directions)

    # ---- arrays

    @property
    def dtype(self) -> np.dtype:
        """Of the answer."""
        return as_dtype(self.components.scalar)

    def arrays(self, moved: Callable) -> list:
        """The kernel's arguments: arrays as ``moved`` makes them, numbers as they are."""
        pairs = [(x, m is not None) for x, m in zip(self.inputs.given, self.inputs.memories, strict=True)]
        pairs += [(v, True) for v in self.given_directions]
        return [moved(x) if is_array else x for x, is_array in pairs]

    def shapes(self) -> list[tuple[int, ...]]:
        """The shapes of values and of derivatives."""
        components = () if self.components.single else (self.components.count,)
        return [self.over_points(components), self.over_points(components + (self.problem.columns,) * self.units)]

    def over_points(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        points = () if self.request.one_point else (self.inputs.points,)
        return (*shape, *points) if self.inputs.points_last else (*points, *shape)

    def wanted(self, out) -> list:
        """What the user hands over for values and for derivatives; None where it is to be made."""
        if out is None:
            return [None, None]
        if not self.request.value:
            return [None, out]
        if not isinstance(out, tuple) or len(out) != 2:
            raise OutputError(f"{self.request.name} returns values and derivatives: out= takes a tuple of two arrays")
        return list(out)

    def check_outputs(self, out) -> None:
        """Raise unless ``out`` can take the answer."""
        for given, shape in zip(self.wanted(out), self.shapes(), strict=True):
            if given is not None:
                check_output(given, shape, self.dtype, self.inputs.on_device, self.request.name)

    def outputs(self, out, empty: Callable = np.empty) -> list:
        """Arrays for values and derivatives; where no values are wanted, an array of one number stands for them."""
        values, derivatives = self.wanted(out)
        shapes = self.shapes()
        if derivatives is None:
            derivatives = empty(shapes[1], self.dtype)
        if values is None:
            values = empty(shapes[0] if self.request.value else (1,) * len(shapes[0]), self.dtype)
        return [values, derivatives]

    # ---- the answer

    def returned(self, outputs: list):
        """What the user gets: one part for each argument where he gave a tuple."""
        values, derivatives = outputs
        if self.units:
            parts = tuple(self.part(derivatives, a) for a in self.problem.differentiated)
            derivatives = parts[0] if self.request.single else parts
        return (values, derivatives) if self.request.value else derivatives

    def part(self, derivatives, a: Argument):
        """The columns of one argument, a view; those of a number have no axis."""
        if a.is_vector and a.size == self.problem.columns:
            return derivatives
        columns = slice(a.first, a.first + a.size) if a.is_vector else a.first
        before = (not self.components.single) + (not self.inputs.points_last and not self.request.one_point)
        return derivatives[(slice(None),) * before + (columns,) * self.units]
