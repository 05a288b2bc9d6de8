"""Compiles programs of ours: a dispatcher whose pipeline begins with a program instead of bytecode.

Relies on ``DefaultPassBuilder`` (names and order of Numba's passes).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import llvmlite.binding as llvm
from numba.core import errors, ir
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import FunctionPass, PassManager, register_pass
from numba.core.registry import CPUDispatcher
from numba.core.typed_passes import NopythonTypeInference
from numba.core.untyped_passes import GenericRewrites, IRProcessing

from dualjit.frontend.callees import InlineCallees
from dualjit.frontend.emission import emit
from dualjit.frontend.inference import ActiveTypeInference, first_reason, noting_needs
from dualjit.frontend.refusal import refuse
from dualjit.frontend.restoration import RestoreOriginals
from dualjit.frontend.substitution import ResolveRows
from dualjit.frontend.twin import Twin
from dualjit.numbers.types import marker_of
from dualjit.program import nodes as p


@register_pass(mutates_CFG=True, analysis_only=False)
class EmitProgram(FunctionPass):
    """The program as Numba IR."""

    _name = "dualjit_emit_program"

    def __init__(self):
        FunctionPass.__init__(self)

    def run_pass(self, state):
        emitted = state.pipeline.emitted
        state.func_ir = emit(emitted.program, emitted.py_func, emitted.routines)
        state.func_id = state.func_ir.func_id
        # Intrinsics for the program's rules may have been made a moment ago.
        state.typingctx.refresh()
        state.targetctx.refresh()
        state.nargs = len(state.args)
        return True


@cache
def set_llvm_options() -> None:
    """Options of LLVM's loop vectoriser, for the whole process.  Relies on ``llvmlite.binding.set_option``.

    Loops of a few rounds are treated like longer ones, not vectorised by masks: the two cost models may disagree about
    such a loop, and an assertion ends the process (``computeBestVF``, LLVM 20 and later); adjoints, in which lengths of
    shadows become constants late, meet it.

    Whether arrays overlap is asked before each inner loop, not once before the loop around it: all rows of a shadow do,
    to which a stencil adds, where one row and its neighbours don't.
    """
    llvm.set_option("dualjit", "-vectorizer-min-trip-count=0")
    llvm.set_option("dualjit", "-hoist-runtime-checks=false")


class EmittedCompiler(CompilerBase):
    """Numba's pipeline from type inference on."""

    emitted = None

    @property
    def twin(self):
        """The dispatcher that compiles, for the passes that know active arguments."""
        return self.emitted

    def define_pipelines(self):
        set_llvm_options()
        self.state.flags.no_cpython_wrapper = True
        self.state.flags.no_cfunc_wrapper = True
        pm = PassManager("dualjit_emitted")
        pm.add_pass(EmitProgram, "emit a program")
        pm.add_pass(IRProcessing, "processing IR")
        marked = marker_of(*self.state.args) is not None
        if marked:
            pm.add_pass(InlineCallees, "inline pullbacks")
        pm.add_pass(GenericRewrites, "nopython rewrites")
        if marked:
            pm.add_pass(ResolveRows, "resolve rows")
        for compiler_pass, name in DefaultPassBuilder.define_typed_pipeline(self.state).passes:
            if marked and compiler_pass is NopythonTypeInference:
                pm.add_pass(ActiveTypeInference, "infer types with active arguments")
                pm.add_pass(RestoreOriginals, "restore inactive calls")
            else:
                pm.add_pass(compiler_pass, name)
        pm.passes.extend(DefaultPassBuilder.define_nopython_lowering_pipeline(self.state).passes)
        pm.finalize()
        return [pm]


class Emitted(CPUDispatcher):
    """The compiled form of a program.

    Parameters
    ----------
    name : str
        An identifier.
    parameters : int
        How many the program has.
    routines : mapping
        What the routines of the program are.
    options : dict
        Numba's target options.
    """

    def __init__(self, name: str, parameters: int, routines: Mapping[str, Callable], options: dict):
        self.routines = routines
        self.program: p.Function | None = None  # set when it is written: it may call itself
        self.needs: dict[tuple, dict] = {}
        pipeline = type("EmittedCompilerOf", (EmittedCompiler,), {"emitted": self})
        super().__init__(
            stub_of(name, parameters), targetoptions={"nopython": True, **options}, pipeline_class=pipeline
        )

    of = staticmethod(Twin.of)

    def get_call_template(self, args, kws):
        with noting_needs(self, args):
            return super().get_call_template(args, kws)

    def compile(self, sig):
        try:
            return super().compile(sig)
        except errors.ForceLiteralArg:
            raise
        except errors.NumbaError as error:
            place = self.program.loc
            loc = getattr(error, "loc", None) or ir.Loc(place.file, place.line)
            reason = f"its adjoint can't be compiled: {first_reason(error)}"
            remedy = "forward mode (jvp, jacfwd) may do; please report it"
            raise refuse(loc, "this statement", reason, remedy) from error


def stub_of(name: str, parameters: int) -> Callable:
    """A function with so many parameters; ``name`` may be that of a lambda, which is no identifier."""
    namespace: dict = {}
    exec(f"def stub({', '.join(f'p{i}' for i in range(parameters))}): pass", namespace)
    stub = namespace["stub"]
    stub.__name__ = stub.__qualname__ = name
    return stub
