"""Writes the kernel of a problem: one thread computes one pass for one point.

The body is Python source which both targets compile: inside a kernel, where a thread has a point, or inside a loop over
all points, for the CPU.  What the tests see on the CPU is therefore the same body that runs on a device.

Threads along x are points, and passes are blocks along y and z.  Where there is one point alone, threads along x are
passes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from numba import types

from dualjit.cuda.problem import Argument, Problem
from dualjit.frontend.guarded import guarded
from dualjit.numbers.points import ALONG, UNIT, passes, place
from dualjit.numbers.reading import item
from dualjit.numbers.storing import store
from dualjit.transforms.source import Writer, build

POINTS, VALUES, DERIVATIVES = "_dj_points", "_dj_values", "_dj_derivatives"
PLACE = "_dj_i, _dj_points, _dj_inner, _dj_outer"
THREADS = 64  # of a block: what registers larger blocks would leave unused, holds another one
SPREAD_THREADS = 32  # of one point: a warp a block, since all multiprocessors are to have some of a few threads
BLOCK_SIZES = (32, 64, 128, 256)  # which are timed


@dataclass(frozen=True)
class Components:
    """What the function returns.

    Attributes
    ----------
    count : int
    scalar : numba type
        The floats of the answer.
    single : bool
        Is it one number, not a tuple?
    """

    count: int
    scalar: types.Float
    single: bool


class Kernel:
    """The source of the kernel of a problem, for numbers of so many partials.

    Parameters
    ----------
    problem : Problem
    components : Components
    lanes : tuple of int
        Partials of each level, innermost first.
    threads : int, optional
        Of a block.
    """

    def __init__(self, problem: Problem, components: Components, lanes: tuple[int, ...], threads: int | None = None):
        self.problem, self.components, self.lanes = problem, components, lanes
        self.threads = threads or (SPREAD_THREADS if problem.one_point else THREADS)

    @cached_property
    def passes(self) -> tuple[int, int]:
        """How many passes compute all columns, in the inner and in the outer level."""
        columns, levels = self.problem.columns, zip(self.problem.levels, self.lanes, strict=True)
        found = [passes(columns, n) if kind == UNIT else 1 for kind, n in levels]
        return (*found, 1, 1)[:2]

    @property
    def unroll(self) -> bool:
        """Are loops to be straight code?  Not where passes have other columns each, and none is known to be zero."""
        return not self.problem.one_point and self.passes == (1, 1)

    def configuration(self, points: int) -> tuple[tuple[int, int, int], int]:
        """Blocks and threads of a launch."""
        inner, outer = self.passes
        if self.problem.one_point:
            return (-(-inner // self.threads), 1, outer), self.threads
        return (-(-points // self.threads), inner, outer), self.threads

    def with_other_blocks(self, points: int) -> list[Kernel]:
        """The same with blocks of other sizes, the usual one first."""
        sizes = sorted(BLOCK_SIZES, key=lambda n: n != self.threads)
        return [Kernel(self.problem, self.components, self.lanes, n) for n in sizes]

    @property
    def argument_types(self) -> tuple[types.Type, ...]:
        """The types of the kernel's arguments: points, arguments, directions, values, derivatives."""
        given = [a.type for a in self.problem.arguments]
        given += [a.type for a in self.problem.differentiated if ALONG in self.problem.levels]
        axes = (not self.problem.one_point) + (not self.components.single)
        units = sum(level == UNIT for level in self.problem.levels)
        scalar = self.components.scalar
        outputs = [types.Array(scalar, axes, "C"), types.Array(scalar, axes + units, "C")]
        return (types.int64, *given, *outputs)

    def for_device(self, cuda) -> Callable:
        """The kernel of a device."""
        w = Writer()
        device = w.bind("cuda", cuda)
        if self.problem.one_point:
            w("_dj_i = 0")
            w(f"_dj_pass = {device}.grid(1)")
            with w.block(f"if _dj_pass < {self.passes[0]}:"):
                self.body(w, "_dj_pass", f"{device}.blockIdx.z")
        else:
            w(f"_dj_i = {device}.grid(1)")
            with w.block(f"if _dj_i < {POINTS}:"):
                self.body(w, f"{device}.blockIdx.y", f"{device}.blockIdx.z")
        return self.function(w)

    def for_host(self) -> Callable:
        """The same in a loop over points and passes."""
        w = Writer()
        inner, outer = self.passes
        with (
            w.block(f"for _dj_i in range({POINTS}):"),
            w.block(f"for _dj_k in range({outer}):"),
            w.block(f"for _dj_pass in range({inner}):"),
        ):
            self.body(w, "_dj_pass", "_dj_k")
        return self.function(w)

    def probe(self) -> Callable:
        """A device function that returns what the function returns."""
        w = Writer()
        w("_dj_i = _dj_inner = _dj_outer = 0")
        w(f"return {self.name(w)}({', '.join(self.operands(w))})")
        return self.function(w)

    def body(self, w: Writer, inner: str, outer: str) -> None:
        """One point and one pass, of these numbers."""
        problem, components = self.problem, self.components
        for name, number, count in zip(("_dj_inner", "_dj_outer"), (inner, outer), self.passes, strict=True):
            w(f"{name} = {number if count > 1 else 0}")
        answer = w.bind("A", problem.answer(components.count, components.scalar, self.lanes))
        w(f"_dj_answer = {w.bind('place', place)}({answer}, {VALUES}, {DERIVATIVES}, {PLACE})")
        given = [*self.operands(w), *(["_dj_answer"] if problem.outputs is not None else [])]
        w(f"_dj_y = {w.bind('guarded', guarded)}({self.name(w)}, ({', '.join(given)},), _dj_answer)")
        if problem.outputs is not None:
            return
        for k in range(components.count):
            component = "_dj_y" if components.single else f"_dj_y[{k}]"
            w(f"{w.bind('store', store)}(_dj_answer, {k}, {component})")

    def name(self, w: Writer) -> str:
        return w.bind("f", self.problem.function)

    def operands(self, w: Writer) -> list[str]:
        """The function's arguments."""
        return [self.argument(w, a) for a in self.problem.arguments]

    def argument(self, w: Writer, a: Argument) -> str:
        if a.size is None:
            return a.name
        more = f"{a.name}_dot" if a.first is not None and ALONG in self.problem.levels else a.name
        point = w.bind("P", self.problem.point(a, self.lanes))
        found = f"{w.bind('place', place)}({point}, {a.name}, {more}, {PLACE})"
        return found if a.is_vector else f"{w.bind('item', item)}({found}, 0)"

    def function(self, w: Writer) -> Callable:
        """The function whose body has been written."""
        names = [a.name for a in self.problem.arguments]
        if ALONG in self.problem.levels:
            names += [f"{a.name}_dot" for a in self.problem.differentiated]
        return build("kernel", w.text(f"def kernel({', '.join([POINTS, *names, VALUES, DERIVATIVES])}):"), w.names)
