"""One call of a driver of reverse mode: its arguments, checked, and the arrays of its answer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba.np.numpy_support import as_dtype

from dualjit.cuda.arrays import FLOATS, Inputs, Memory, Other
from dualjit.cuda.call import Call
from dualjit.cuda.request import Request
from dualjit.cuda.reverse_kernels import ReverseKernel
from dualjit.cuda.reverse_problem import ReverseProblem
from dualjit.errors import CudaError, DeviceArrayError, DTypeError, OutputError, ShapeError, TapeError

STATUS = np.dtype(np.int64)


class ReverseRun(Call):
    """A call.

    Parameters
    ----------
    request : Request
    tape : int or None
        Bytes of each thread's tape.
    given : tuple
        What is known of the function's arguments.
    cotangents : tuple
        Of the cotangents of its answer, where there are any.
    kernel : callable
        Problem to its `ReverseKernel`.

    Attributes
    ----------
    reports : bool
        Is it looked at what went wrong?
    """

    def __init__(self, request: Request, tape: int | None, given: tuple, cotangents: tuple, kernel: Callable):
        super().__init__(request, given)
        self.sums = sums_of(request)
        self.problem = problem_of(request, self.inputs, tape)
        self.kernel: ReverseKernel = kernel(self.problem)
        self.dtype = as_dtype(self.kernel.scalar)
        self.check_answer()
        for found in cotangents:
            self.check_cotangents(found)
        self.rows = self.kernel.rows if self.kernel.row_axis else None
        self.shapes = self.shapes_of_answer()
        self.reports = self.kernel.adjoint.can_fail or not self.inputs.on_device
        count = len(self.shapes)
        self.parts = [None if a.first is None else self.indices(a) for a in self.problem.arguments]
        self.zeroed = range(count - len(self.sums), count + self.reports)  # the last says what went wrong

    def check_answer(self) -> None:
        answer = self.kernel.adjoint.answer
        if self.request.scalar_only and not answer.single:
            raise OutputError(
                f"{self.request.name}: the function has {answer.count} components; a gradient is that of one number: "
                "use batch_vjp or batch_jacobian"
            )
        if self.sums and self.kernel.row_axis:
            raise OutputError(
                f"{self.request.name}: the function has {answer.count} components; sums over points, by shared "
                "arguments, are gradients of one number: use batch_vjp"
            )

    def check_cotangents(self, found: Memory | Other) -> None:
        """Raise unless the cotangents have the shape of the values."""
        wanted, name = self.answer_shape, self.request.name
        if isinstance(found, Other) or found.on_device != self.inputs.on_device:
            where = "on the device" if self.inputs.on_device else "a NumPy array"
            raise DeviceArrayError(f"{name}: the cotangents must be {where}, as the arguments are")
        if found.shape != wanted:
            raise ShapeError("the cotangents", found.shape, wanted)
        if found.dtype != self.dtype:
            raise DTypeError(f"{name}: the cotangents have dtype {found.dtype}, expected {self.dtype}")
        if found.on_device and not found.contiguous:
            raise ShapeError(f"{name}: the cotangents are not contiguous: copy them")

    def shapes_of_answer(self) -> list[tuple[int, ...]]:
        """The shapes of values, of columns and of sums, as far as there are any."""
        rows = () if self.rows is None else (self.rows,)
        columns = [self.over_points((*rows, self.problem.columns))] if self.problem.differentiated else []
        sums = [self.inputs.memories[k].shape for k in self.sums]
        return [self.answer_shape] * self.request.value + columns + sums

    @property
    def answer_shape(self) -> tuple[int, ...]:
        """Of the function's values at all points."""
        answer = self.kernel.adjoint.answer
        return self.over_points(() if answer.single else (answer.count,))

    # ---- the answer

    def wanted(self, out) -> list:
        """What the user hands over for values, columns and sums."""
        count = len(self.shapes)
        if out is None:
            return [None] * count
        given = list(out) if count > 1 and isinstance(out, tuple) else [out]
        if len(given) != count:
            raise OutputError(f"{self.request.name} returns {count} arrays: out= takes a tuple of these")
        return given

    def outputs(self, out, empty: Callable = np.empty) -> list:
        """Arrays for the answer, and for what went wrong."""
        pairs = zip(self.wanted(out), self.shapes, strict=True)
        made = [empty(shape, self.dtype) if given is None else given for given, shape in pairs]
        return [*made, empty((1,), STATUS)]

    def check_status(self, status, stream) -> None:
        """Raise what a thread could not raise."""
        if stream:
            stream.synchronize()
        point = abs(int(status[0])) - 1
        if status[0] > 0:
            raise TapeError(f"{self.request.name}: the tape of {self.problem.tape} bytes is too small at point {point}")
        if status[0] < 0:
            raise CudaError(
                f"{self.request.name}: the function raised an error at point {point}; .on_cpu with that point shows it"
            )

    def returned(self, outputs: list):
        """What the user gets: one part for each argument where he gave a tuple."""
        values, rest = outputs[: self.request.value], outputs[self.request.value :]
        columns, sums = (rest[0], rest[1:]) if self.problem.differentiated else (None, rest)
        sums = dict(zip(self.sums, sums, strict=True))
        derivative = self.components(columns, lambda found: self.taken(found, sums))
        return (values[0], derivative) if self.request.value else derivative

    def taken(self, columns, sums: dict):
        """The part of each argument, of the columns or one of the sums."""
        wanted = self.request.positions
        parts = tuple(sums[k] if k in sums else self.part(columns, self.parts[k]) for k in wanted)
        return parts[0] if self.request.single else parts


def sums_of(request: Request) -> tuple[int, ...]:
    """Arguments by which derivatives are sums over points."""
    return () if request.mapped else tuple(k for k in request.positions if k in request.shared)


def problem_of(request: Request, inputs: Inputs, tape: int | None) -> ReverseProblem:
    """What is computed in a call with these arguments."""
    sums = sums_of(request)
    arguments = inputs.arguments(tuple(k for k in request.positions if k not in sums))
    check_sums(inputs, sums, [a.type.dtype for a in arguments if a.first is not None])
    shapes = [m.shape if m and k in request.shared else None for k, m in enumerate(inputs.memories)]
    return ReverseProblem(
        request.function,
        arguments,
        tuple(request.parameters[k] for k in sums),
        tuple(shapes),
        inputs.points_last,
        arguments[request.positions[0]].type.dtype,
        request.value,
        request.pulled,
        tape,
    )


def check_sums(inputs: Inputs, sums: tuple[int, ...], others: list) -> None:
    """Raise unless the shared arguments can be differentiated."""
    found = {}
    for k in sums:
        name, m = inputs.names[k], inputs.memories[k]
        if m is None or m.dtype not in FLOATS:
            given = inputs.found[k].name if m is None else f"an array of {m.dtype}"
            raise DTypeError(f"{inputs.name}: '{name}' is {given}, expected an array of float64 or float32")
        found[name] = m.dtype
    if len({*found.values(), *map(as_dtype, others)}) > 1:
        raise DTypeError(f"{inputs.name}: differentiated arguments of different dtypes, {found}: convert to one")
