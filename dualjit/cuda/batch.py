"""Derivatives of one function at many points, or at one: a kernel compiled for the types of a call, and its launch.

One idea: one thread for each point and pass, dual numbers in registers; see :mod:`dualjit.numbers.points`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from numba import njit, types

from dualjit.cuda.call import Calls
from dualjit.cuda.chunks import Choice, chosen, compiled, lanes_to_try
from dualjit.cuda.kernels import Components, Kernel
from dualjit.cuda.launch import Stopwatch, in_order, launch
from dualjit.cuda.problem import Problem
from dualjit.cuda.refusal import refused
from dualjit.cuda.request import Request
from dualjit.cuda.run import Run
from dualjit.cuda.target import HOPPER, numba_target
from dualjit.errors import DeviceArrayError, OutputError
from dualjit.numbers.points import ALONG, UNIT
from dualjit.numbers.types import Dual

TUNED = 6


class Batch:
    """A derivative of one function at many points, or of many inputs at one.

    Made by `batch_jacobian` and its siblings, to be called with arrays over all points, and by `jacobian`, to be called
    with those of one.
    """

    def __init__(self, request: Request):
        self.request = request
        self._components: dict = {}
        self._choices: dict = {}
        self._kernels: dict = {}
        self._calls = Calls(request, self.call)

    def __repr__(self):
        return f"<{self.request.name} at {'one point' if self.request.one_point else 'many points'}>"

    # ---- calls

    def __call__(self, *args, out=None, stream=0):
        """The derivative at all points, on the GPU.

        Parameters
        ----------
        *args
            Arrays over all points, on the device or all NumPy arrays, and numbers that all points have in common.
        out : array or tuple of arrays, optional
            Where the answer goes.
        stream : optional
            Of Numba, CuPy or PyTorch, or its handle.

        Raises
        ------
        CudaError
            There is no GPU, no driver or no compiler.
        """
        target = numba_target()
        cc = target.capability()
        run, given = self._calls.of(args, cc)
        run.check_outputs(out)
        return run.returned(launch(target.module, *self.launcher(run, target, cc), run, given, out, stream))

    def on_cpu(self, *args, out=None):
        """The same kernel, compiled for the CPU, in a loop over points: what it computes where there is no GPU.

        Takes NumPy arrays.  It is not fast: `dualjit.vmap` is.
        """
        run, given = self._calls.of(args, None)
        if run.inputs.on_device:
            raise DeviceArrayError(f"{self.request.name}: on_cpu takes NumPy arrays; copy arrays from the device")
        run.check_outputs(out)
        key = ("cpu", run.problem)
        if key not in self._kernels:
            kernel = Kernel(run.problem, run.returns, self.lanes(run.problem))
            with refused(self.request.function):
                self._kernels[key] = njit(types.void(*kernel.argument_types))(kernel.for_host())
        outputs = run.outputs(out)
        self._kernels[key](run.inputs.points, *run.arrays(given, in_order), *outputs)
        return run.returned(outputs)

    def inspect(self, *args, cc: tuple[int, int] = HOPPER) -> Choice:
        """The kernel for arguments like these, which may be NumPy arrays: lanes, registers, spills, PTX.

        Needs the compiler, but no GPU.
        """
        run = self.run(args, cc)
        return self.choice(run.problem, run.returns, numba_target(), cc)

    def tune(self, *args) -> Choice:
        """Time numbers of partials and sizes of blocks on the current device, and keep the fastest.

        Calls with arguments of these types use it from then on.  With ``chunk=`` sizes of blocks alone are timed.

        Notes
        -----
        Cost: a kernel is compiled for each of up to 6 numbers of partials, and run some times with each size of blocks.
        """
        target = numba_target()
        cc = target.capability()
        run, given = self._calls.of(args, cc)
        stopwatch, best = Stopwatch(target.module, run, given), None
        for lanes in self.lanes_to_tune(run.problem):
            kernel = Kernel(run.problem, run.returns, lanes)
            with refused(self.request.function):
                choice, launched = compiled(target, kernel, cc), self.compiled(kernel, target)
            seconds, fastest = stopwatch.fastest(launched, kernel.with_other_blocks(run.inputs.points))
            if best is None or seconds < best.seconds:
                best = replace(choice, threads=fastest.threads, seconds=seconds)
                self.use(best, (launched, fastest), cc, target.device())
        return best

    def lanes_to_tune(self, problem: Problem) -> list[tuple[int, ...]]:
        """Partials of each level that are timed."""
        fixed = self.fixed_lanes(problem)
        return [fixed] if fixed else lanes_to_try(problem)[:TUNED]

    def use(self, choice: Choice, launcher: tuple[Callable, Kernel], cc: tuple[int, int], device: int) -> None:
        """Use a choice from now on, for arguments of these types."""
        _, kernel = launcher
        self._choices[kernel.problem, kernel.components, cc] = choice
        for key in [k for k in self._kernels if k[:2] == ("device", kernel.problem)]:
            del self._kernels[key]
        self._kernels["device", kernel.problem, device] = launcher
        self._calls.forget()

    # ---- what is compiled

    def run(self, args: tuple, cc: tuple[int, int] | None = None) -> Run:
        """A call, checked; for a device of this capability, or for the CPU."""
        return self._calls.of(args, cc)[0]

    def call(self, given: tuple, directions: tuple, cc: tuple[int, int] | None) -> Run:
        """A call of whose arguments this is known."""
        return Run(self.request, given, directions, lambda problem: self.components(problem, cc))

    def components(self, problem: Problem, cc: tuple[int, int] | None) -> Components:
        """What the function returns, as the compiler of the target or of the CPU says."""
        if problem.outputs is not None:
            return Components(problem.outputs, problem.scalar, single=False)
        if problem not in self._components:
            kernel = Kernel(problem, Components(1, problem.scalar, single=True), (1,) * len(problem.levels))
            with refused(self.request.function):
                given = kernel.probe(), kernel.argument_types
                found = host_return_type(*given) if cc is None else numba_target().return_type(*given, cc)
            self._components[problem] = self.checked(problem, found)
        return self._components[problem]

    def checked(self, problem: Problem, found: types.Type) -> Components:
        """What a return type means; raises where it has no derivative."""
        found = types.unliteral(found)
        items = list(found) if isinstance(found, types.BaseTuple) else [found]
        if not items or not all(isinstance(t, (Dual, types.Float, types.Integer)) for t in items):
            raise OutputError(
                f"{self.request.name}: the function returns {found}; return a number or a tuple of numbers, or write "
                "to the last parameter and say outputs="
            )
        floats = [getattr(t, "scalar", t) for t in items if isinstance(t, (Dual, types.Float))]
        scalar = max([*floats, problem.scalar], key=lambda t: t.bitwidth)
        return Components(len(items), scalar, single=found is items[0])

    def lanes(self, problem: Problem) -> tuple[int, ...]:
        """Partials of each level without asking the assembler."""
        return self.fixed_lanes(problem) or next(iter(lanes_to_try(problem)))

    def fixed_lanes(self, problem: Problem) -> tuple[int, ...] | None:
        """Those that the user asks for."""
        chunk, levels = self.request.chunk, self.request.levels
        if chunk is None or UNIT not in levels:
            return None
        n = min(chunk, problem.columns)
        return (*(1 if kind == ALONG else n for kind in levels[:-1]), n)

    def choice(self, problem: Problem, components: Components, target, cc: tuple[int, int]) -> Choice:
        """The kernel for a device of this capability."""
        key = problem, components, cc
        if key not in self._choices:
            lanes = self.fixed_lanes(problem)
            with refused(self.request.function):
                if lanes is None:
                    self._choices[key] = chosen(target, problem, components, cc)
                else:
                    self._choices[key] = compiled(target, Kernel(problem, components, lanes), cc)
        return self._choices[key]

    def launcher(self, run: Run, target, cc: tuple[int, int]) -> tuple[Callable, Kernel]:
        """The kernel to launch, compiled, and what it was compiled from."""
        device = target.device()
        if device not in run.launchers:
            key = "device", run.problem, device
            if key not in self._kernels:
                choice = self.choice(run.problem, run.returns, target, cc)
                kernel = Kernel(run.problem, run.returns, choice.lanes, choice.threads)
                self._kernels[key] = self.compiled(kernel, target), kernel
            run.launchers[device] = self._kernels[key]
        return run.launchers[device]

    @staticmethod
    def compiled(kernel: Kernel, target) -> Callable:
        """A kernel compiled for the current device."""
        return target.kernel(kernel.for_device(target.module), kernel.argument_types, kernel.unroll)


def host_return_type(function: Callable, argtypes: tuple) -> types.Type:
    """What a function returns on the CPU; numbers that no Python object can be made of, too."""
    probe = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
    probe.compile(argtypes)
    return probe.overloads[argtypes].signature.return_type
