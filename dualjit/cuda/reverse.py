"""Derivatives at many points by reverse mode: a kernel compiled for the types of a call, and its launch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from numba import njit, types

from dualjit.cuda.assembly import resources
from dualjit.cuda.call import Calls
from dualjit.cuda.chunks import Choice
from dualjit.cuda.launch import Stopwatch, as_stream, in_order, launch
from dualjit.cuda.refusal import refused
from dualjit.cuda.request import Request
from dualjit.cuda.reverse_kernels import ReverseKernel
from dualjit.cuda.reverse_problem import ReverseProblem
from dualjit.cuda.reverse_run import ReverseRun
from dualjit.cuda.target import HOPPER, numba_target
from dualjit.errors import DeviceArrayError

UNROLL = False  # no zeros are to be found, and inputs may be many: libNVVM unrolls short loops by itself


class ReverseBatch:
    """The gradient of one function, or the product of its transposed Jacobian, at many points, by reverse mode.

    Made by `batch_gradient` and `batch_vjp`; call it with arrays over all points.
    """

    def __init__(self, request: Request, tape: int | None):
        self.request, self.tape = request, tape
        self._kernels: dict[ReverseProblem, ReverseKernel] = {}
        self._compiled: dict = {}
        self._calls = Calls(request, self.call)

    def __repr__(self):
        return f"<{self.request.name} at many points, by reverse mode>"

    def __call__(self, *args, out=None, stream=0):
        """The derivative at all points, on the GPU; parameters as those of `Batch`.

        ``out=`` is, where there are several arrays, a tuple of the values (with ``value=True``), of the columns of all
        arguments with an axis of points, and of one array for each shared argument.

        Raises
        ------
        CudaError
            There is no GPU, no driver or no compiler; or the function raised an error at some point.
        TapeError
            The tape of some point was too small.
        """
        target = numba_target()
        target.capability()
        run, given = self._calls.of(args)
        run.check_outputs(out)
        stream = as_stream(target.module, stream)
        *outputs, status = launch(target.module, *self.launcher(run, target), run, given, out, stream)
        if run.reports:
            run.check_status(status.copy_to_host(stream=stream) if run.inputs.on_device else status, stream)
        return run.returned(outputs)

    def on_cpu(self, *args, out=None):
        """The same kernel, compiled for the CPU, in a loop over points; takes NumPy arrays."""
        run, given = self._calls.of(args)
        if run.inputs.on_device:
            raise DeviceArrayError(f"{self.request.name}: on_cpu takes NumPy arrays; copy arrays from the device")
        run.check_outputs(out)
        key = run.problem, "cpu"
        if key not in self._compiled:
            compiled = njit(types.void(*run.kernel.argument_types), error_model="numpy")
            self._compiled[key] = compiled(run.kernel.for_host())
        outputs = run.outputs(out)
        for k in run.zeroed:
            outputs[k][...] = 0
        self._compiled[key](run.inputs.points, *run.arrays(given, in_order), *outputs)
        return run.returned(outputs[:-1])

    def inspect(self, *args, cc: tuple[int, int] = HOPPER) -> Choice:
        """The kernel for arguments like these, which may be NumPy arrays: registers, spills, PTX.

        Needs the compiler, but no GPU.
        """
        return self.choice(self.run(args).kernel, numba_target(), cc)

    def tune(self, *args) -> Choice:
        """Time sizes of blocks on the current device, and keep the fastest; of sums over points numbers of blocks, too.

        Calls with arguments of these types use it from then on.

        Raises
        ------
        CudaError, TapeError
            As a call does.
        """
        target = numba_target()
        cc = target.capability()
        run, given = self._calls.of(args)
        stopwatch = Stopwatch(target.module, run, given)
        compiled, kernel = self.launcher(run, target)
        seconds, fastest = stopwatch.fastest(compiled, kernel.with_other_blocks(run.inputs.points))
        if run.reports:
            run.check_status(stopwatch.outputs[-1].copy_to_host(), 0)
        self._kernels[run.problem] = fastest
        self._calls.forget()
        return replace(self.choice(fastest, target, cc), seconds=seconds)

    # ---- what is compiled

    def launcher(self, run: ReverseRun, target) -> tuple[Callable, ReverseKernel]:
        """The kernel to launch, compiled, and what it was compiled from."""
        device = target.device()
        if device not in run.launchers:
            key = run.problem, device
            if key not in self._compiled:
                with refused(self.request.function):
                    kernel = run.kernel.for_device(target.module)
                    self._compiled[key] = target.kernel(kernel, run.kernel.argument_types, UNROLL)
            run.launchers[device] = self._compiled[key], run.kernel
        return run.launchers[device]

    def choice(self, kernel: ReverseKernel, target, cc: tuple[int, int]) -> Choice:
        """A kernel, and what it takes of a device of this capability."""
        with refused(self.request.function):
            ptx = target.ptx(kernel.for_device(target.module), kernel.argument_types, cc, UNROLL)
        blocks = kernel.blocks if kernel.problem.own_sums else None
        return Choice((), kernel.rows, resources(ptx, cc), ptx, kernel.threads, blocks)

    def run(self, args: tuple) -> ReverseRun:
        """A call, checked, with its kernel."""
        return self._calls.of(args)[0]

    def call(self, given: tuple, cotangents: tuple) -> ReverseRun:
        """A call of whose arguments this is known."""
        return ReverseRun(self.request, self.tape, given, cotangents, self.kernel)

    def kernel(self, problem: ReverseProblem) -> ReverseKernel:
        """The kernel of a problem."""
        if problem not in self._kernels:
            with refused(self.request.function):
                self._kernels[problem] = ReverseKernel(problem, problem.adjoint())
        return self._kernels[problem]
