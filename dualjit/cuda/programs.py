"""Compiles programs of ours for a device, where kernels call them.

One idea: Numba's CUDA targets make a device function of the Python function behind a dispatcher; the dispatcher of a
program is given a device function of another kind, whose pipeline begins with the program instead of bytecode.

Relies on ``_CUDATypingContext__dispatcher``, under which the targets keep the device function of a dispatcher; on
``compile_cuda`` taking the global ``CUDACompiler``, once, under ``global_compiler_lock``; on names of Numba's passes;
and, where ``numba-cuda`` has classes of its own for Numba's IR, on these being copies of ``numba.core.ir``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy

from dualjit.frontend.emission import emit
from dualjit.frontend.emitted import Emitted

KEPT = {"IRProcessing", "GenericRewrites", "RewriteDynamicRaises"}
"""Passes before type inference that programs of ours have to go through."""


def for_kernels(emitted: Emitted, routines: Mapping[str, Callable]) -> Emitted:
    """``emitted``, which kernels may call from now on; there its routines are ``routines``."""
    from numba.cuda import compiler, dispatcher

    class DeviceProgram(dispatcher.CUDADispatcher):
        """Compiled by a pipeline of its own."""

        def compile_device(self, args, return_type=None):
            with compiler.global_compiler_lock:
                stock = compiler.CUDACompiler

                def begun(*given, **options):
                    compiler.CUDACompiler = stock  # for the functions that the program calls
                    return pipeline_of(emitted, routines, compiler)(*given, **options)

                compiler.CUDACompiler = begun
                try:
                    return super().compile_device(args, return_type)
                finally:
                    compiler.CUDACompiler = stock

    made = DeviceProgram(emitted.py_func, {"device": True, "debug": False, "opt": True})
    emitted._CUDATypingContext__dispatcher = made
    return emitted


def pipeline_of(emitted: Emitted, routines: Mapping[str, Callable], compiler) -> type:
    """The target's pipeline, from a program on."""

    @compiler.register_pass(mutates_CFG=True, analysis_only=False)
    class EmitProgram(compiler.LoweringPass):
        """The program as Numba IR of the target's kind."""

        _name = "dualjit_emit_program_for_device"

        def __init__(self):
            compiler.LoweringPass.__init__(self)

        def run_pass(self, state):
            function_ir = emit(emitted.program, emitted.py_func, routines)
            state.func_ir = of_target(function_ir, state.func_id)
            # Intrinsics for the program's rules may have been made a moment ago.
            state.typingctx.refresh()
            state.targetctx.refresh()
            state.nargs = len(state.args)
            return True

    class ProgramCompiler(compiler.CUDACompiler):
        """The stock pipeline without what makes IR of bytecode."""

        def define_pipelines(self):
            (pm,) = super().define_pipelines()
            names = [getattr(found, "__name__", found) for found, _ in pm.passes]
            typing = names.index("NopythonTypeInference")
            kept = [p for name, p in zip(names[:typing], pm.passes[:typing], strict=True) if name in KEPT]
            pm.passes = [(EmitProgram, "emit a program"), *kept, *pm.passes[typing:]]
            pm._finalized = False
            pm.finalize()
            return [pm]

    return ProgramCompiler


def of_target(function_ir, func_id):
    """Numba IR in the classes of the target."""
    try:
        from numba.cuda.core import ir, ir_utils
    except ImportError:  # the target built into Numba has no copies
        return function_ir
    blocks = Copies(ir).of(function_ir.blocks)
    names = function_ir.arg_names
    made = ir.FunctionIR(blocks, False, func_id, Copies(ir).of(function_ir.loc), {}, len(names), names)
    made._definitions = ir_utils.build_definitions(blocks)
    return made


class Copies:
    """Copies of statements and all that is in them, in the classes of another module."""

    def __init__(self, module):
        self.module = module
        self.made: dict[int, object] = {}

    def of(self, x):
        if type(x) in (list, tuple):
            return type(x)(map(self.of, x))
        if isinstance(x, dict):
            return self.filled(x, copy(x), lambda made: made.update({k: self.of(v) for k, v in x.items()}))
        if type(x).__module__ != "numba.core.ir":
            return x
        if type(x).__name__ == "UndefinedType":
            return self.module.UNDEFINED
        made = object.__new__(getattr(self.module, type(x).__name__))
        return self.filled(x, made, lambda made: vars(made).update({k: self.of(v) for k, v in vars(x).items()}))

    def filled(self, x, made, fill):
        """One copy of each object: scopes know their variables, which know their scopes."""
        if id(x) not in self.made:
            self.made[id(x)] = made
            fill(made)
        return self.made[id(x)]
