"""Writes the kernel of a gradient by reverse mode: one thread computes the gradient at one point.

The vector of a point, and the shadow of it, are views of the caller's arrays: a thread adds to its own column of the
gradient, where neighbouring threads have theirs.  Shadows of arrays that all points share are the sums themselves.

As in :mod:`dualjit.cuda.kernels`, the body is Python source, compiled for a device and in a loop for the CPU.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import types
from numba.np.numpy_support import as_dtype

from dualjit.cuda.adjoints import KernelAdjoint
from dualjit.cuda.kernels import THREADS
from dualjit.cuda.problem import Argument
from dualjit.frontend.attempt import attempt
from dualjit.numbers.columns import Column, Place, column
from dualjit.numbers.room import address, slots
from dualjit.transforms.source import Writer, build

POINTS, VALUES, COLUMNS, STATUS = "_dj_points", "_dj_values", "_dj_columns", "_dj_status"


@dataclass(frozen=True)
class ReverseProblem:
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
    tape: int | None

    @property
    def differentiated(self) -> tuple[Argument, ...]:
        """The arguments that have columns, in the order of these."""
        return tuple(sorted((a for a in self.arguments if a.first is not None), key=lambda a: a.first))

    @property
    def columns(self) -> int:
        return sum(a.size for a in self.differentiated)

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
        return KernelAdjoint(self.function, argtypes, (*columns, *sums), sums, shapes, self.valued, self.tape)

    def argument_type(self, a: Argument) -> types.Type:
        """What the function is given."""
        if a.size is None:
            return a.type
        return Column(a.type.dtype, self.place(a)).array if a.is_vector else a.type.dtype


class ReverseKernel:
    """The source of the kernel of a problem."""

    def __init__(self, problem: ReverseProblem, adjoint: KernelAdjoint):
        self.problem, self.adjoint = problem, adjoint
        self.scalar = max(problem.scalar, adjoint.return_type, key=lambda t: t.bitwidth)

    @property
    def argument_types(self) -> tuple[types.Type, ...]:
        """Points, arguments, values, columns, sums, status."""
        problem = self.problem
        ranks = [1] * problem.valued + [2] * bool(problem.columns)
        ranks += [a.type.ndim for name in problem.sums for a in problem.arguments if a.name == name]
        outputs = [types.Array(self.scalar, rank, "C") for rank in ranks]
        return (types.int64, *[a.type for a in problem.arguments], *outputs, types.Array(types.int64, 1, "C"))

    def configuration(self, points: int) -> tuple[tuple[int, ...], int]:
        """Blocks and threads of a launch."""
        return (-(-points // THREADS),), THREADS

    @property
    def names(self) -> list[str]:
        """Of the parameters."""
        problem = self.problem
        outputs = [VALUES] * problem.valued + [COLUMNS] * bool(problem.columns) + [bar(name) for name in problem.sums]
        return [POINTS, *[a.name for a in problem.arguments], *outputs, STATUS]

    def for_device(self, cuda) -> Callable:
        """The kernel: a thread for each point."""
        w = Writer()
        device = w.bind("cuda", cuda)
        self.adjoint.for_device(cuda)
        w(f"_dj_i = {device}.grid(1)")
        with w.block(f"if _dj_i < {POINTS}:"):
            self.body(w, f"{device}.local.array")
        return self.function(w)

    def for_host(self) -> Callable:
        """The same in a loop over points."""
        w = Writer()
        with w.block(f"for _dj_i in range({POINTS}):"):
            self.body(w, w.bind("empty", np.empty))
        return self.function(w)

    def body(self, w: Writer, make: str) -> None:
        """One point; ``make`` makes an array of a thread's own."""
        problem = self.problem
        given = [x for a in problem.arguments for x in self.operands(w, a)]
        one, zero = (w.bind("number", as_dtype(self.scalar).type(x)) for x in (1.0, 0.0))
        given += [one] * self.adjoint.seeds + [zero]
        w(f"_dj_room = {make}({slots(self.adjoint.room)}, {w.bind('float64', np.float64)})")
        given += [f"{w.bind('address', address)}(_dj_room)", "0"]
        run = f"{w.bind('attempt', attempt)}({w.bind('adjoint', self.adjoint.dispatcher)}"
        w(f"_dj_answer = {run}, ({', '.join(given)}), _dj_room, {STATUS}, _dj_i)")
        if problem.valued:
            w(f"{VALUES}[_dj_i] = _dj_answer[0]")
        numbers = [a for a in problem.arguments if a.first is not None and not a.is_vector]
        for k, a in enumerate(numbers, problem.valued):
            w(f"{self.column(w, COLUMNS, self.scalar, problem.shadow_place(a))}[0] = _dj_answer[{k}]")

    def operands(self, w: Writer, a: Argument) -> list[str]:
        """An argument, with its shadow where that is an array."""
        if a.size is None:
            return [a.name, bar(a.name)] if a.name in self.problem.sums else [a.name]
        if not a.is_vector:
            return [f"{a.name}[_dj_i]"]
        found = self.column(w, a.name, a.type.dtype, self.problem.place(a))
        if a.first is None:
            return [found]
        shadow = bar(a.name)
        w(f"{shadow} = {self.column(w, COLUMNS, self.scalar, self.problem.shadow_place(a))}")
        with w.block(f"for _dj_k in range({a.size}):"):
            w(f"{shadow}[_dj_k] = 0.0")
        return [found, shadow]

    def column(self, w: Writer, array: str, scalar: types.Float, place: Place) -> str:
        return f"{w.bind('column', column)}({w.bind('C', Column(scalar, place))}, {array}, _dj_i, {POINTS})"

    def function(self, w: Writer) -> Callable:
        """The function whose body has been written."""
        return build("kernel", w.text(f"def kernel({', '.join(self.names)}):"), w.names)


def bar(name: str) -> str:
    """The shadow of an argument."""
    return f"{name}_dj_bar"
