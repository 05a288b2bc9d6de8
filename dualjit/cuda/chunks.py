"""How many partials a thread's numbers have: as many as the registers hold.

One idea: the assembler says what each choice takes, and it needs no device.  The choices are tried in the order of the
work that they do, which more passes repeat, and the first one that spills nothing is taken.  Where threads are passes
of one point alone, there have to be enough of them first: see `lanes_to_try`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod

from dualjit.cuda.assembly import Resources, resources
from dualjit.cuda.kernels import Components, Kernel
from dualjit.cuda.problem import Problem
from dualjit.cuda.target import Target
from dualjit.errors import UnsupportedError
from dualjit.numbers import points
from dualjit.numbers.points import UNIT

MOST_LANES = 16
MOST_BLOCKS = 65535  # along y and z
THREADS_TO_FILL = 1 << 14  # a warp for each of the four schedulers of 128 multiprocessors
MOST_FLOATS = 36  # in one number: a function has a few numbers at a time, a thread 127 registers of 64 bits


@dataclass(frozen=True)
class Choice:
    """A kernel, and what it takes.

    Attributes
    ----------
    lanes : tuple of int
        Partials of each level of the numbers, innermost first.
    passes : int
        How many threads each point has.
    taken : Resources or None
        None where no assembler is at hand.
    ptx : str
        Its assembly code.
    threads : int or None
        Of a block; None: as many as usual.
    blocks : int or None
        How many there are at most, where each thread has sums over points of its own; else None.
    seconds : float or None
        What `tune` measured.
    """

    lanes: tuple[int, ...]
    passes: int
    taken: Resources | None
    ptx: str
    threads: int | None = None
    blocks: int | None = None
    seconds: float | None = None


def lanes_to_try(problem: Problem) -> list[tuple[int, ...]]:
    """Partials by level, in the order of the work that they make.

    Of one point alone first those that make threads enough to fill a device, then the others, most threads first: while
    schedulers have nothing to do, more partials in fewer threads take longer.
    """
    choices = [_splits(problem.columns) if kind == UNIT else [1] for kind in problem.levels]
    found = [lanes for lanes in product(*choices) if floats(lanes) <= MOST_FLOATS or max(lanes) == 1]
    return sorted(found, key=lambda lanes: (idle(problem, lanes), work(problem, lanes), passes(problem, lanes)))


def idle(problem: Problem, lanes: tuple[int, ...]) -> int:
    """How many threads a device lacks that computes one point."""
    return max(0, THREADS_TO_FILL - passes(problem, lanes)) if problem.one_point else 0


def _splits(columns: int) -> list[int]:
    """The least numbers of partials for one pass, two passes, and so on."""
    most = max(columns, 1)
    return sorted({n for k in range(1, most + 1) if (n := -(-most // k)) <= MOST_LANES}, reverse=True)


def floats(lanes: tuple[int, ...]) -> int:
    """How many floats a number has."""
    return prod(n + 1 for n in lanes)


def work(problem: Problem, lanes: tuple[int, ...]) -> int:
    """How many floats all passes of a point compute for each of the function's numbers."""
    return floats(lanes) * passes(problem, lanes)


def passes(problem: Problem, lanes: tuple[int, ...]) -> int:
    """How many passes compute all columns."""
    units = [n for kind, n in zip(problem.levels, lanes, strict=True) if kind == UNIT]
    return prod(points.passes(problem.columns, n) for n in units)


def tried(target: Target, problem: Problem, components: Components, cc: tuple[int, int]) -> Iterator[Choice]:
    """All choices, compiled one by one."""
    for lanes in lanes_to_try(problem):
        yield compiled(target, Kernel(problem, components, lanes), cc)


def compiled(target: Target, kernel: Kernel, cc: tuple[int, int]) -> Choice:
    """A kernel compiled and assembled."""
    if max(kernel.configuration(1)[0][1:]) > MOST_BLOCKS:
        raise UnsupportedError(
            f"by so many columns in one kernel: {kernel.passes[0]} x {kernel.passes[1]} passes for each point",
            f"a device has no more than {MOST_BLOCKS} blocks along an axis",
            "ask for a greater chunk, or for one point at a time by dualjit.cuda.jacobian",
        )
    ptx = target.ptx(kernel.for_device(target.module), kernel.argument_types, cc, kernel.unroll)
    return Choice(kernel.lanes, prod(kernel.passes), resources(ptx, cc), ptx, kernel.threads)


def chosen(target: Target, problem: Problem, components: Components, cc: tuple[int, int]) -> Choice:
    """The first choice that spills nothing, or else the one that spills the least."""
    spilling = []
    for choice in tried(target, problem, components, cc):
        if not choice.taken.spill_bytes:
            return choice
        spilling.append(choice)
    return min(spilling, key=lambda choice: choice.taken.spill_bytes)
