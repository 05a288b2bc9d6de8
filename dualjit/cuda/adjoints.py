"""The adjoint of a function as kernels call it: on what a thread has, a tape of fixed size or none.

One idea: it is the program that reverse mode compiles for the CPU, with other routines: the tape is a room
(:mod:`dualjit.numbers.room`), shadows that threads share are added to atomically.  What keeps more than a room can hold
is refused when it is compiled, or found when it runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from numba import njit, types

from dualjit.adjoint.bounds import Frames, frames
from dualjit.adjoint.building import Rules, generator, prepared, written
from dualjit.adjoint.cotangents import shadows
from dualjit.adjoint.generation import Generator
from dualjit.adjoint.memory import harmless
from dualjit.adjoint.refusal import refuse
from dualjit.adjoint.runtime import ROUTINES, trips
from dualjit.adjoint.seeds import Cotangents
from dualjit.cuda.programs import for_kernels
from dualjit.cuda.summing import summed
from dualjit.errors import UnsupportedError
from dualjit.frontend.emitted import Emitted
from dualjit.frontend.reading import read
from dualjit.frontend.twin import Twin
from dualjit.frontend.typed import typed
from dualjit.numbers.pulling import is_nothing, plus
from dualjit.numbers.room import reserve_in, same
from dualjit.numbers.tape import ALIGNED
from dualjit.numbers.types import strip
from dualjit.program import nodes as p
from dualjit.program.printer import short
from dualjit.transforms.arguments import python_function
from dualjit.transforms.reverse import active, check_scalar
from dualjit.transforms.source import identifier

MOST_BYTES = 512 << 10
"""Of local memory that a thread can have."""


class ApartRules(Rules):
    """Functions compiled apart have no adjoint in kernels."""

    @staticmethod
    def adjoint(op: p.Call):
        raise refuse(
            op.loc,
            f"the call of {op.callee.name} in a kernel",
            "it is compiled apart (a recursive function, or one with other arithmetic options)",
            'write it as a loop, or use mode="forward"',
        )


class KernelAdjoint:
    """The adjoint of a function that returns one number.

    Parameters
    ----------
    f : callable
    argtypes : tuple of numba types
        Of its arguments.
    positions : tuple of int
        Which of them are differentiated.
    sums : tuple of int
        Which of these are arrays that all points share.
    shapes : mapping
        Positions to shapes, of arrays.
    value : bool
        Is the value wanted?
    tape : int or None
        Bytes of each thread's tape; None where they have to be known when it is compiled.

    Attributes
    ----------
    return_type : numba type
    dispatcher : Emitted
        Takes for each argument the argument and, where that is an array which is differentiated, its shadow; then
        ``seeds`` ones, a zero, the tape and 0.  Returns the value where it is wanted, and the cotangents of arguments
        that are numbers.
    room : int
        Bytes of the tape.
    can_fail : bool
        May it raise?
    """

    def __init__(self, f: Callable, argtypes: tuple, positions, sums, shapes, value: bool, tape: int | None):
        self.name = identifier(python_function(f).__name__)
        source = typed(f, tuple(active(t) if k in positions else t for k, t in enumerate(argtypes)))
        self.return_type = strip(types.unliteral(source.return_type))
        check_scalar(self.return_type, self.name)
        refuse_writes(f, source)
        primal = prepared(read(source, self.name))
        seeds = Cotangents(primal.blocks[primal.exit].end.value.type, value)
        self.seeds = len(seeds.parameters())
        made = generator(primal, seeds, ApartRules, raises=False)
        params = primal.function.params
        names = {bar.name for k in sums for bar in shadows(params[k])}
        program = written(made, f"{self.name}_adjoint")
        program = replace(summed(program, names), scopes=None)
        self.room, checked = room(made, {params[k].name: shape for k, shape in shapes.items()}, self.name, tape)
        self.can_fail = checked or may_raise(program)
        self.checked = self.room if checked else None
        options = {k: v for k, v in Twin.of(f).kept_options.items() if k != "parallel"}
        self.dispatcher = Emitted(
            program.name, len(program.params), routines(self.checked, added), {**options, "error_model": "numpy"}
        )
        self.dispatcher.program = program

    def for_device(self, cuda) -> Emitted:
        """The dispatcher, which kernels may call from now on."""

        @cuda.jit(device=True)
        def add(bar, index, term):
            cuda.atomic.add(bar, index, term)

        return for_kernels(self.dispatcher, routines(self.checked, add))


def refuse_writes(f: Callable, source) -> None:
    """An array of the caller's is not a thread's to write to."""
    for k in source.written:
        code = python_function(f).__code__
        loc, name = source.stores.get(k), code.co_varnames[k]
        place = (loc.filename, loc.line) if loc is not None else (code.co_filename, code.co_firstlineno)
        raise UnsupportedError(
            f"a write to '{name}' in a kernel", "its memory is the caller's", "write to a tuple or a number", *place
        )


def room(made: Generator, shapes, name: str, tape: int | None) -> tuple[int, bool]:
    """Bytes of the tape, and whether each use has to look if they are enough."""
    kept = frames(made, shapes)
    for region in made.plan.acting:
        for v in made.kept(region):
            if v not in made.plain(region):
                raise refuse_loop(made, region, name, f"keeps '{short(v.name)}', which is no number,", "")
    needed = sum(found.bytes * found.rounds for found in kept)
    if needed <= (MOST_BYTES if tape is None else tape):
        return int(needed), False
    if tape is not None:
        return tape, True
    worst = max(kept, key=lambda found: found.bytes * found.rounds)
    raise refuse_loop(made, worst.region, name, *too_much(worst))


def too_much(found: Frames) -> tuple[str, str]:
    numbers = found.bytes // 8
    keeps = f"keeps {numbers} number{'s' * (numbers > 1)} per round"
    bytes_ = f"tape=BYTES ({found.bytes} for each round)"
    if found.rounds < float("inf"):
        return f"{keeps} and has up to {found.rounds:.0f} rounds, too many for a thread's memory:", bytes_
    return f"{keeps}, and the number of rounds is not known when it is compiled:", bytes_


def refuse_loop(made: Generator, region, name: str, reason: str, remedy: str) -> UnsupportedError:
    loc = made.plan.blocks[region.header].end.loc
    give = f"give each thread a tape of fixed size, {remedy}, or " if remedy else ""
    return UnsupportedError(
        f"this loop of {name} by reverse mode in a kernel", f"its reverse {reason}", f'{give}use mode="forward"',
        loc.file, loc.line,
    )  # fmt: skip


def may_raise(program: p.Function) -> bool:
    """Is there anything in it that may raise?"""
    ends = any(isinstance(block.end, p.Raise) for block in program.blocks.values())
    return ends or any(
        (isinstance(op, p.Call) and not harmless(op))
        or (isinstance(op, p.Do) and isinstance(op.routine, p.Ref))
        or (is_range(op) and not getattr(op.args[2], "value", 0))
        for _, op in program.ops()
    )


def is_range(op: p.Op) -> bool:
    """Does it count the rounds of a range, whose step may be zero?"""
    return isinstance(op, p.Do) and op.routine == p.Routine("trips")


def routines(checked: int | None, add: Callable) -> dict:
    """What the program calls; it looks whether ``checked`` bytes of tape are enough."""

    @njit
    def unless_zero(bar, index, term):
        if not is_nothing(term):
            bar[index] = plus(bar[index], term)

    @njit
    def add_unless_zero(bar, index, term):
        if not is_nothing(term):
            add(bar, index, term)

    return {
        **ROUTINES,
        "tape": same,
        "reserve": reserve_in(checked),
        "write": ALIGNED.write,
        "read": ALIGNED.read,
        "advance": ALIGNED.advance,
        "retreat": ALIGNED.retreat,
        "trips": njit(trips),
        "accumulate_unless_zero": unless_zero,
        "add_at_once": add,
        "add_at_once_unless_zero": add_unless_zero,
    }


@njit
def added(bar, index, term):
    """What is an atomic addition on a device."""
    bar[index] = plus(bar[index], term)
