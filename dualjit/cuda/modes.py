"""Forward or reverse mode: what a user asks for, or what suits the sizes of a call.

One idea: forward mode keeps nothing, and up to as many inputs as a number has partials it computes the function once;
reverse mode computes it, and its adjoint, once for each component, whatever the number of inputs.
"""

from __future__ import annotations

from dualjit.cuda.adjoints import KernelAdjoint
from dualjit.cuda.arrays import described
from dualjit.cuda.batch import Batch
from dualjit.cuda.call import Calls
from dualjit.cuda.chunks import Choice
from dualjit.cuda.request import Request, check_count
from dualjit.cuda.reverse import ReverseBatch
from dualjit.cuda.reverse_problem import ReverseProblem
from dualjit.cuda.reverse_run import problem_of, sums_of
from dualjit.cuda.tapes import MOST_BYTES
from dualjit.cuda.target import HOPPER
from dualjit.errors import ModeError, OptionError, UnsupportedError

FEW = 8
"""Inputs for each component of the function: for more of them reverse mode is taken."""
SMALL_TAPE = 4096
"""Bytes of a thread's tape: a device with a larger one for each of some 300000 threads has little memory left."""


def in_mode(request: Request, mode: str, tape: int | None = None) -> Batch | ReverseBatch | AutoBatch:
    """The driver of a mode."""
    if mode not in ("forward", "reverse", "auto"):
        raise ModeError(f'mode={mode!r}: give "forward" or "reverse", or "auto"')
    if (tape is not None and mode != "reverse") or (request.chunk is not None and mode != "forward"):
        raise OptionError('tape= is an option of mode="reverse", chunk= one of mode="forward"')
    if mode == "reverse":
        return ReverseBatch(checked(request), checked_tape(tape))
    return Batch(request) if mode == "forward" else AutoBatch(request)


def checked(request: Request) -> Request:
    """A request that reverse mode can fulfil."""
    if request.outputs is not None:
        raise OptionError(
            f'{request.name}: outputs= is an option of mode="forward"; by reverse mode return a tuple of the components'
        )
    return request


def checked_tape(tape: int | None) -> int | None:
    """Bytes of a tape that a thread can have."""
    check_count("tape", tape)
    if tape is not None and tape > MOST_BYTES:
        raise OptionError(f"tape={tape}: a thread of a GPU has no more than {MOST_BYTES} bytes")
    return tape


class AutoBatch:
    """A Jacobian or a gradient at many points, by the mode that suits the sizes of a call.

    Made by `batch_jacobian` and `batch_gradient` with ``mode="auto"``, and by `dualjit.vmap`.
    """

    def __init__(self, request: Request, few: int = FEW):
        self.request, self.few = request, few
        self.forward, self.reverse = Batch(request), ReverseBatch(request, None)
        self._suiting: dict[ReverseProblem, Batch | ReverseBatch] = {}
        self._calls = Calls(request, self.chosen)

    def __repr__(self):
        return f"<{self.request.name} at many points, by either mode>"

    def __call__(self, *args, out=None, stream=0):
        """The derivative at all points, on the GPU; parameters as those of `Batch`."""
        return self.suiting(args)(*args, out=out, stream=stream)

    def on_cpu(self, *args, out=None):
        """The same kernel, compiled for the CPU, in a loop over points; takes NumPy arrays."""
        return self.suiting(args).on_cpu(*args, out=out)

    def inspect(self, *args, cc: tuple[int, int] = HOPPER) -> Choice:
        """The kernel for arguments like these, as of `Batch`."""
        return self.suiting(args).inspect(*args, cc=cc)

    def tune(self, *args) -> Choice:
        """Tune both modes on the current device, as far as a kernel can have them, and keep the fastest."""
        if self.by_sums:
            return self.reverse.tune(*args)
        problem, choices = self.problem(tuple(map(described, self.request.split(args)[0]))), {}
        for batch in (self.forward, self.reverse) if self.adjoint(problem) else (self.forward,):
            choices[batch] = batch.tune(*args)
        self._suiting[problem] = min(choices, key=lambda batch: choices[batch].seconds)
        self._calls.forget()
        return choices[self._suiting[problem]]

    def mode(self, *args) -> str:
        """The mode for arguments like these, "forward" or "reverse"."""
        return "forward" if self.suiting(args) is self.forward else "reverse"

    def suiting(self, args: tuple) -> Batch | ReverseBatch:
        """The driver for arguments like these."""
        return self._calls.of(args)[0]

    def chosen(self, given: tuple, beside: tuple) -> Batch | ReverseBatch:
        """The driver for arguments of which this is known."""
        if self.by_sums:
            return self.reverse
        problem = self.problem(given)
        if problem not in self._suiting:
            self._suiting[problem] = self.reverse if self.suits_reverse(problem) else self.forward
        return self._suiting[problem]

    @property
    def by_sums(self) -> bool:
        """Are derivatives sums over points, which reverse mode alone has?"""
        return bool(sums_of(self.request))

    def problem(self, given: tuple) -> ReverseProblem:
        """What is computed in a call with arguments of which this is known."""
        return problem_of(self.request, self.request.inputs(given), None)

    def suits_reverse(self, problem: ReverseProblem) -> bool:
        """Are there inputs enough, and can a kernel have the adjoint?"""
        adjoint = self.adjoint(problem) if problem.columns > self.few else None
        return adjoint is not None and problem.columns > self.few * adjoint.answer.count

    def adjoint(self, problem: ReverseProblem) -> KernelAdjoint | None:
        """The adjoint of the function; None where a kernel can't have it, or not well."""
        if self.request.outputs is not None:
            return None
        try:
            adjoint = self.reverse.kernel(problem).adjoint
        except UnsupportedError:
            return None
        return adjoint if adjoint.room <= SMALL_TAPE else None
