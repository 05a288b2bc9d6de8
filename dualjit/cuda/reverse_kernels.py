"""Writes the kernel of a gradient by reverse mode: one thread computes the gradient at one point.

The vector of a point, and the shadow of it, are views of the caller's arrays: a thread adds to its own column of the
gradient, where neighbouring threads have theirs.  Shadows of arrays that all points share are sums of a thread's own
(:mod:`dualjit.cuda.totals`) where these are small, and else the sums themselves.

As in :mod:`dualjit.cuda.kernels`, the body is Python source, compiled for a device and in a loop for the CPU.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np
from numba import types
from numba.np.numpy_support import as_dtype

from dualjit.cuda.adjoints import KernelAdjoint
from dualjit.cuda.kernels import THREADS
from dualjit.cuda.problem import Argument
from dualjit.cuda.totals import MOST_BLOCKS, MOST_BYTES, add_on_device, add_on_host
from dualjit.frontend.attempt import attempt, attempt_raising
from dualjit.numbers.columns import Column, Place, Shaped, column, shaped
from dualjit.numbers.room import address, slots
from dualjit.transforms.source import Writer, build

NUMBER = 8  # bytes of a sum, at most
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

    @property
    def summed(self) -> list[tuple[str, tuple[int, ...]]]:
        """Names and shapes of the arrays that all points share and which are differentiated."""
        shapes = {a.name: shape for a, shape in zip(self.arguments, self.shapes, strict=True)}
        return [(name, shapes[name]) for name in self.sums]

    @property
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
        ranks += [len(shape) for _, shape in problem.summed]
        outputs = [types.Array(self.scalar, rank, "C") for rank in ranks]
        return (types.int64, *[a.type for a in problem.arguments], *outputs, types.Array(types.int64, 1, "C"))

    def configuration(self, points: int) -> tuple[tuple[int, ...], int]:
        """Blocks and threads of a launch."""
        blocks = -(-points // THREADS)
        return (min(blocks, MOST_BLOCKS) if self.problem.own_sums else blocks,), THREADS

    @property
    def names(self) -> list[str]:
        """Of the parameters."""
        problem = self.problem
        outputs = [VALUES] * problem.valued + [COLUMNS] * bool(problem.columns) + [total(name) for name in problem.sums]
        return [POINTS, *[a.name for a in problem.arguments], *outputs, STATUS]

    def for_device(self, cuda) -> Callable:
        """The kernel: a thread for each point, or for some where threads have sums of their own."""
        w = Writer()
        device = w.bind("cuda", cuda)
        self.adjoint.for_device(cuda)
        make, run = f"{device}.local.array", w.bind("attempt", attempt)
        if not self.problem.own_sums:
            self.name_sums(w)
            w(f"_dj_i = {device}.grid(1)")
            with w.block(f"if _dj_i < {POINTS}:"):
                self.body(w, make, run)
            return self.function(w)
        self.begin_sums(w, make)
        with w.block(f"for _dj_i in range({device}.grid(1), {POINTS}, {device}.gridsize(1)):"):
            self.body(w, make, run)
        self.add_sums(w, w.bind("add", add_on_device(cuda)))
        return self.function(w)

    def for_host(self) -> Callable:
        """The same in a loop over points."""
        w = Writer()
        make, run = w.bind("empty", np.empty), w.bind("attempt", attempt_raising)
        if self.problem.own_sums:
            self.begin_sums(w, make)
        else:
            self.name_sums(w)
        with w.block(f"for _dj_i in range({POINTS}):"):
            self.body(w, make, run)
        if self.problem.own_sums:
            self.add_sums(w, w.bind("add", add_on_host))
        return self.function(w)

    def name_sums(self, w: Writer) -> None:
        """Shadows that are the sums."""
        for name in self.problem.sums:
            w(f"{bar(name)} = {total(name)}")

    def begin_sums(self, w: Writer, make: str) -> None:
        """Shadows that are sums of a thread's own."""
        number = w.bind("number", as_dtype(self.scalar).type)
        for name, shape in self.problem.summed:
            size = prod(shape)
            w(f"{own(name)} = {make}({max(size, 1)}, {number})")
            with w.block(f"for _dj_k in range({size}):"):
                w(f"{own(name)}[_dj_k] = 0.0")
            w(f"{bar(name)} = {self.shaped(w, shape, own(name))}")

    def add_sums(self, w: Writer, add: str) -> None:
        """Add a thread's own sums to those of all."""
        for name, shape in self.problem.summed:
            w(f"{add}({self.shaped(w, (prod(shape),), total(name))}, {own(name)})")

    def shaped(self, w: Writer, shape: tuple[int, ...], array: str) -> str:
        return f"{w.bind('shaped', shaped)}({w.bind('S', Shaped(self.scalar, shape))}, {array})"

    def body(self, w: Writer, make: str, run: str) -> None:
        """One point; ``make`` makes an array of a thread's own, ``run`` runs the adjoint."""
        problem = self.problem
        given = [x for a in problem.arguments for x in self.operands(w, a)]
        one, zero = (w.bind("number", as_dtype(self.scalar).type(x)) for x in (1.0, 0.0))
        given += [one] * self.adjoint.seeds + [zero]
        w(f"_dj_room = {make}({slots(self.adjoint.room)}, {w.bind('float64', np.float64)})")
        given += [f"{w.bind('address', address)}(_dj_room)", "0"]
        adjoint = w.bind("adjoint", self.adjoint.dispatcher)
        w(f"_dj_answer = {run}({adjoint}, ({', '.join(given)}), _dj_room, {STATUS}, _dj_i)")
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


def own(name: str) -> str:
    """A thread's own sums by an argument, flat."""
    return f"{name}_dj_own"


def total(name: str) -> str:
    """The sums over all points by an argument."""
    return f"{name}_dj_total"
