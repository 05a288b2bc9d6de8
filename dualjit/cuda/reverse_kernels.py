"""Writes the kernel of a gradient by reverse mode: one thread computes the gradient of one number at one point.

The vector of a point is a view of the caller's array.  Its shadow is a thread's own while it is small: in registers,
where its indices are constants.  Else it is a view of the gradient, where a thread adds to its own column and
neighbouring threads have theirs.  Shadows of arrays that all points share are sums of a thread's own
(:mod:`dualjit.cuda.totals`) where these are small, and else the sums themselves.

Threads along x are points.  Of a Jacobian its rows, the gradients of several numbers, are blocks along y.

As in :mod:`dualjit.cuda.kernels`, the body is Python source, compiled for a device and in a loop for the CPU.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from itertools import product
from math import prod

import numpy as np
from numba import types
from numba.np.numpy_support import as_dtype

from dualjit.cuda.adjoints import KernelAdjoint
from dualjit.cuda.kernels import BLOCK_SIZES, THREADS
from dualjit.cuda.problem import Argument
from dualjit.cuda.reverse_problem import ReverseProblem
from dualjit.cuda.totals import MOST_BLOCKS, NUMBERS_OF_BLOCKS, add_on_device, add_on_host
from dualjit.frontend.attempt import attempt, attempt_raising
from dualjit.numbers.columns import Column, Place, Shaped, column, shaped
from dualjit.numbers.local import local_array
from dualjit.numbers.room import address, slots
from dualjit.transforms.source import Writer, build

POINTS, COTANGENTS, VALUES, COLUMNS, STATUS = (
    f"_dj_{name}" for name in ("points", "cotangents", "values", "columns", "status")
)
OWN_SHADOW = 16
"""How many numbers the shadow of a point's vector may have that is a thread's own."""


class ReverseKernel:
    """The source of the kernel of a problem.

    Parameters
    ----------
    problem : ReverseProblem
    adjoint : KernelAdjoint
    threads : int
        Of a block.
    blocks : int
        The most there are of threads with sums of their own.
    """

    def __init__(
        self, problem: ReverseProblem, adjoint: KernelAdjoint, threads: int = THREADS, blocks: int = MOST_BLOCKS
    ):
        self.problem, self.adjoint, self.threads, self.blocks = problem, adjoint, threads, blocks
        self.scalar = max(problem.scalar, adjoint.answer.scalar, key=lambda t: t.bitwidth)

    @property
    def row_axis(self) -> bool:
        """Have derivatives an axis of rows?"""
        return not (self.problem.pulled or self.adjoint.answer.single)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.adjoint.answer.count if self.row_axis else 1

    @property
    def argument_types(self) -> tuple[types.Type, ...]:
        """Points, arguments, cotangents, values, columns, sums, status."""
        problem = self.problem
        rank_of_answer = 1 + (not self.adjoint.answer.single)
        ranks = [rank_of_answer] * (problem.pulled + problem.valued) + [2 + self.row_axis] * bool(
            problem.differentiated
        )
        ranks += [len(shape) for _, shape in problem.summed]
        floats = [types.Array(self.scalar, rank, "C") for rank in ranks]
        return (types.int64, *[a.type for a in problem.arguments], *floats, types.Array(types.int64, 1, "C"))

    def configuration(self, points: int) -> tuple[tuple[int, ...], int]:
        """Blocks and threads of a launch."""
        blocks = -(-points // self.threads)
        blocks = min(blocks, self.blocks) if self.problem.own_sums else blocks
        return (blocks, self.rows) if self.row_axis else (blocks,), self.threads

    def with_other_blocks(self, points: int) -> list[ReverseKernel]:
        """The same with blocks of other sizes and in other numbers, the usual ones first."""
        numbers = NUMBERS_OF_BLOCKS if self.problem.own_sums else [self.blocks]
        pairs = sorted(
            product(BLOCK_SIZES, numbers), key=lambda pair: (pair[0] != self.threads, pair[1] != self.blocks)
        )
        different: dict[tuple, ReverseKernel] = {}
        for threads, blocks in pairs:
            kernel = ReverseKernel(self.problem, self.adjoint, threads, blocks)
            different.setdefault(kernel.configuration(points), kernel)
        return list(different.values())

    @property
    def names(self) -> list[str]:
        """Of the parameters."""
        problem = self.problem
        floats = [COTANGENTS] * problem.pulled + [VALUES] * problem.valued + [COLUMNS] * bool(problem.differentiated)
        floats += [total(name) for name in problem.sums]
        return [POINTS, *[a.name for a in problem.arguments], *floats, STATUS]

    def for_device(self, cuda) -> Callable:
        """The kernel: a thread for each point, or for some where threads have sums of their own."""
        w = Writer()
        device = w.bind("cuda", cuda)
        self.adjoint.for_device(cuda)
        make, run = w.bind("local_array", local_array), w.bind("attempt", attempt)
        if not self.problem.own_sums:
            self.name_sums(w)
            w(f"_dj_i = {device}.grid(1)")
            with w.block(f"if _dj_i < {POINTS}:"):
                if self.row_axis:
                    w(f"_dj_row = {device}.blockIdx.y")
                self.body(w, make, run)
            return self.function(w)
        self.begin_sums(w, make)
        w(f"_dj_i = {device}.grid(1)")
        with w.block(f"while _dj_i < {POINTS}:"):  # a range with such a step divides
            self.body(w, make, run)
            w(f"_dj_i += {device}.gridsize(1)")
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
        with w.block(f"for _dj_i in range({POINTS}):"), w.block(f"for _dj_row in range({self.rows}):"):
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
        for name, shape in self.problem.summed:
            self.own_memory(w, name, prod(shape), make)
            self.clear(w, own(name), prod(shape))
            w(f"{bar(name)} = {self.shaped(w, shape, own(name))}")

    def own_memory(self, w: Writer, name: str, size: int, make: str) -> None:
        """A thread's own shadow of an argument."""
        w(f"{own(name)} = {make}({max(size, 1)}, {w.bind('number', as_dtype(self.scalar).type)})")

    def clear(self, w: Writer, array: str, size: int) -> None:
        with w.block(f"for _dj_k in range({size}):"):
            w(f"{array}[_dj_k] = 0.0")

    def add_sums(self, w: Writer, add: str) -> None:
        """Add a thread's own sums to those of all."""
        for name, shape in self.problem.summed:
            w(f"{add}({self.shaped(w, (prod(shape),), total(name))}, {own(name)})")

    def shaped(self, w: Writer, shape: tuple[int, ...], array: str) -> str:
        return f"{w.bind('shaped', shaped)}({w.bind('S', Shaped(self.scalar, shape))}, {array})"

    def body(self, w: Writer, make: str, run: str) -> None:
        """One point; ``make`` makes an array of a thread's own, ``run`` runs the adjoint."""
        problem = self.problem
        given = [x for a in problem.arguments for x in self.operands(w, a, make)]
        given += [self.seed(w, k) for k in self.adjoint.answer.active] + [self.number(w, 0.0)]
        w(f"_dj_room = {make}({slots(self.adjoint.room)}, {w.bind('float64', np.float64)})")
        given += [f"{w.bind('address', address)}(_dj_room)", "0"]
        adjoint = w.bind("adjoint", self.adjoint.dispatcher)
        w(f"_dj_answer = {run}({adjoint}, ({', '.join(given)}), _dj_room, {STATUS}, _dj_i)")
        if problem.valued:
            with w.block("if _dj_row == 0:") if self.row_axis else nullcontext():
                self.store_values(w)
        numbers = [a for a in problem.arguments if a.first is not None and not a.is_vector]
        for k, a in enumerate(numbers, problem.valued):
            w(f"{self.shadow(w, a)}[0] = _dj_answer[{k}]")
        for a in filter(self.has_own_shadow, problem.arguments):
            stored = f"{a.name}_dj_stored"
            w(f"{stored} = {self.shadow(w, a)}")
            with w.block(f"for _dj_k in range({a.size}):"):
                w(f"{stored}[_dj_k] = {own(a.name)}[_dj_k]")

    def seed(self, w: Writer, k: int) -> str:
        """The cotangent of component ``k`` of the answer."""
        if self.problem.pulled:
            return self.component(COTANGENTS, k)
        one = self.number(w, 1.0)
        return f"({one} if _dj_row == {k} else {self.number(w, 0.0)})" if self.row_axis else one

    def store_values(self, w: Writer) -> None:
        for k in range(self.adjoint.answer.count):
            value = "_dj_answer[0]" if self.adjoint.answer.single else f"_dj_answer[0][{k}]"
            w(f"{self.component(VALUES, k)} = {value}")

    def component(self, array: str, k: int) -> str:
        """Component ``k`` in an array of answers."""
        if self.adjoint.answer.single:
            return f"{array}[_dj_i]"
        return f"{array}[{k}, _dj_i]" if self.problem.points_last else f"{array}[_dj_i, {k}]"

    def number(self, w: Writer, x: float) -> str:
        """A constant of the type of cotangents."""
        return w.bind("number", as_dtype(self.scalar).type(x))

    def has_own_shadow(self, a: Argument) -> bool:
        """Is its shadow a thread's own until the end?  What a tape keeps leaves no registers for it."""
        return a.first is not None and a.is_vector and a.size <= OWN_SHADOW and not self.adjoint.room

    def operands(self, w: Writer, a: Argument, make: str) -> list[str]:
        """An argument, with its shadow where that is an array."""
        if a.size is None:
            return [a.name, bar(a.name)] if a.name in self.problem.sums else [a.name]
        if not a.is_vector:
            return [f"{a.name}[_dj_i]"]
        found = a.name if a.shared else self.column(w, a.name, a.type.dtype, self.problem.place(a), "_dj_i")
        if a.first is None:
            return [found]
        memory = self.shadow(w, a)
        if self.has_own_shadow(a):
            self.own_memory(w, a.name, a.size, make)
            memory = self.shaped(w, (a.size,), own(a.name))
        shadow = bar(a.name)
        w(f"{shadow} = {memory}")
        self.clear(w, shadow, a.size)
        return [found, shadow]

    def shadow(self, w: Writer, a: Argument) -> str:
        """The columns of an argument in this row of the derivative."""
        problem, at = self.problem, "_dj_i"
        if self.row_axis:
            soa, aos = f"_dj_i + _dj_row * {problem.columns} * {POINTS}", f"_dj_i * {self.rows} + _dj_row"
            at = soa if problem.points_last else aos
        return self.column(w, COLUMNS, self.scalar, problem.shadow_place(a), at)

    def column(self, w: Writer, array: str, scalar: types.Float, place: Place, at: str) -> str:
        return f"{w.bind('column', column)}({w.bind('C', Column(scalar, place))}, {array}, {at}, {POINTS})"

    def function(self, w: Writer) -> Callable:
        """The function whose body has been written."""
        return build("kernel", w.text(f"def kernel({', '.join(self.names)}):"), w.names)


def bar(name: str) -> str:
    """The shadow of an argument."""
    return f"{name}_dj_bar"


def own(name: str) -> str:
    """A thread's own shadow of an argument, or its sums by one that all points share, flat."""
    return f"{name}_dj_own"


def total(name: str) -> str:
    """The sums over all points by an argument."""
    return f"{name}_dj_total"
