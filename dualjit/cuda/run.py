"""One call of a driver of forward mode: its arguments, checked, and the arrays of its answer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba.np.numpy_support import as_dtype

from dualjit.cuda.call import Call
from dualjit.cuda.kernels import Components
from dualjit.cuda.problem import Argument, Problem
from dualjit.cuda.request import Request
from dualjit.errors import OutputError


class Run(Call):
    """A call.

    Parameters
    ----------
    request : Request
    given : tuple
        What is known of the function's arguments.
    directions : tuple
        Of directions, one for each argument that is differentiated along one.
    returns : callable
        Problem to `Components`: what the function returns.
    """

    def __init__(self, request: Request, given: tuple, directions: tuple, returns: Callable[[Problem], Components]):
        super().__init__(request, given)
        arguments = self.inputs.arguments(request.positions)
        if directions:
            self.inputs.check_directions(request.positions, directions)
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
        self.returns = returns(self.problem)
        if request.scalar_only and not self.returns.single:
            raise OutputError(
                f"{request.name}: the function has {self.returns.count} components; a gradient or a Hessian is that "
                "of a function which returns one number: use batch_jacobian"
            )
        self.dtype = as_dtype(self.returns.scalar)
        self.rows = None if self.returns.single else self.returns.count
        rows = () if self.rows is None else (self.rows,)
        columns = (self.problem.columns,) * request.units
        self.shapes = [self.over_points(rows), self.over_points(rows + columns)]
        self.parts = self.parts_by(request.units, ())

    def parts_by(self, units: int, arguments: tuple[Argument, ...]) -> list | tuple | None:
        """The indices of the parts of a derivative, nested as often as it has axes of columns."""
        if not units:
            return self.indices(*arguments)
        return [self.parts_by(units - 1, (*arguments, a)) for a in self.problem.differentiated]

    # ---- the answer

    def wanted(self, out) -> list:
        """What the user hands over for values and for derivatives."""
        if out is None:
            return [None, None]
        if not self.request.value:
            return [None, out]
        if not isinstance(out, tuple) or len(out) != 2:
            raise OutputError(f"{self.request.name} returns values and derivatives: out= takes a tuple of two arrays")
        return list(out)

    def outputs(self, out, empty: Callable = np.empty) -> list:
        """Arrays for values and derivatives; where no values are wanted, an array of one number stands for them."""
        values, derivatives = self.wanted(out)
        of_values, of_derivatives = self.shapes
        if derivatives is None:
            derivatives = empty(of_derivatives, self.dtype)
        if values is None:
            values = empty(of_values if self.request.value else (1,) * len(of_values), self.dtype)
        return [values, derivatives]

    def returned(self, outputs: list):
        """What the user gets: one part for each argument where he gave a tuple, of a Hessian one for each two."""
        values, derivatives = outputs
        derivatives = self.components(derivatives, lambda found: self.taken(found, self.parts))
        return (values, derivatives) if self.request.value else derivatives

    def taken(self, derivatives, parts: list | tuple | None):
        """These parts."""
        if isinstance(parts, list):
            found = tuple(self.taken(derivatives, part) for part in parts)
            return found[0] if self.request.single else found
        return self.part(derivatives, parts)
