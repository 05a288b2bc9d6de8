"""The adjoint of a function as kernels call it: on what a thread has, a tape of fixed size or none.

One idea: it is the program that reverse mode compiles for the CPU, with other routines: the tape is a room
(:mod:`dualjit.numbers.room`), shadows that threads share are added to atomically.  What keeps more than a room can hold
is refused when it is compiled, or found when it runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from numba import njit, types

from dualjit.adjoint.building import Rules, generator, prepared, written
from dualjit.adjoint.cotangents import shadows
from dualjit.adjoint.memory import harmless
from dualjit.adjoint.refusal import refuse
from dualjit.adjoint.runtime import ROUTINES, accumulate_unless_zero, trips
from dualjit.adjoint.seeds import Cotangents
from dualjit.cuda.programs import for_kernels
from dualjit.cuda.summing import summed
from dualjit.cuda.tapes import tape_of
from dualjit.errors import OutputError, UnsupportedError
from dualjit.frontend.emitted import Emitted
from dualjit.frontend.reading import read
from dualjit.frontend.twin import Twin
from dualjit.frontend.typed import typed
from dualjit.numbers.pulling import is_nothing, plus
from dualjit.numbers.room import reserve_in, same
from dualjit.numbers.tape import ALIGNED
from dualjit.numbers.types import strip
from dualjit.program import nodes as p
from dualjit.transforms.arguments import python_function
from dualjit.transforms.reverse import active, check_scalar
from dualjit.transforms.source import identifier


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
    """The adjoint of a function that returns one number, or a tuple of numbers.

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
    answer : Answer
        What the function returns.
    dispatcher : Emitted
        Takes for each argument the argument and, where that is an array which is differentiated, its shadow; then
        the cotangents of the active components of the answer, a zero, the tape and 0.  Returns the value where it is
        wanted, and the cotangents of arguments that are numbers.
    room : int
        Bytes of the tape.
    can_fail : bool
        May it raise?
    """

    def __init__(self, f: Callable, argtypes: tuple, positions, sums, shapes, value: bool, tape: int | None):
        self.name = identifier(python_function(f).__name__)
        source = typed(f, tuple(active(t) if k in positions else t for k, t in enumerate(argtypes)))
        refuse_writes(f, source)
        primal = prepared(read(source, self.name))
        seeds = Cotangents(primal.blocks[primal.exit].end.value.type, value)
        self.answer = answer_of(source.return_type, seeds.structure(), self.name)
        made = generator(primal, seeds, ApartRules, raises=False)
        params = primal.function.params
        names = {bar.name for k in sums for bar in shadows(params[k])}
        program = written(made, f"{self.name}_adjoint")
        program = replace(summed(program, names), scopes=None)
        self.room, checked = tape_of(made, {params[k].name: shape for k, shape in shapes.items()}, self.name, tape)
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


@dataclass(frozen=True)
class Answer:
    """What a function returns.

    Attributes
    ----------
    count : int
        How many numbers.
    single : bool
        Is it one number, not a tuple?
    active : tuple of int
        Which of them depend on what is differentiated.
    scalar : numba type
        The widest of their floats.
    """

    count: int
    single: bool
    active: tuple[int, ...]
    scalar: types.Float


def answer_of(t: types.Type, cotangents, name: str) -> Answer:
    """What a return type and the cotangents of the answer mean; raises where there is no derivative."""
    t = strip(types.unliteral(t))
    single = not isinstance(t, types.BaseTuple)
    items = [t] if single else [types.unliteral(item) for item in t]
    if single:
        check_scalar(t, name)
    elif not items or not all(isinstance(u, types.Float | types.Integer) for u in items):
        raise OutputError(f"{name} returns {t}: return a number or a tuple of numbers")
    bars = (cotangents,) if single else cotangents or ()
    active = tuple(k for k, bar in enumerate(bars) if bar is not None)
    floats = [u for u in items if isinstance(u, types.Float)]
    return Answer(len(items), single, active, max(floats, key=lambda u: u.bitwidth, default=types.float32))


def refuse_writes(f: Callable, source) -> None:
    """An array of the caller's is not a thread's to write to."""
    for k in source.written:
        code = python_function(f).__code__
        loc, name = source.stores.get(k), code.co_varnames[k]
        place = (loc.filename, loc.line) if loc is not None else (code.co_filename, code.co_firstlineno)
        raise UnsupportedError(
            f"a write to '{name}' in a kernel", "its memory is the caller's", "write to a tuple or a number", *place
        )


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
        "accumulate_unless_zero": njit(accumulate_unless_zero),
        "add_at_once": add,
        "add_at_once_unless_zero": add_unless_zero,
    }


@njit
def added(bar, index, term):
    """What is an atomic addition on a device."""
    bar[index] = plus(bar[index], term)
