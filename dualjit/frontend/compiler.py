"""The compiler pipeline of a function with active arguments: Numba's own, with six passes of ours.

    bytecode → IR → inline closures → rewrites → bind function arguments → inline callees → resolve rows
        → SSA → active type inference → restore inactive calls → Numba's optimisation and lowering

Relies on ``DefaultPassBuilder`` (names and order of Numba's passes) and on ``CompilerBase.define_pipelines``.
"""

from __future__ import annotations

from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.typed_passes import NopythonTypeInference
from numba.core.untyped_passes import InlineInlinables, LiteralPropagationSubPipelinePass, MakeFunctionToJitFunction

from dualjit.frontend.callees import InlineAlways, InlineCallees
from dualjit.frontend.inference import ActiveTypeInference
from dualjit.frontend.restoration import RestoreOriginals
from dualjit.frontend.substitution import BindFunctionArguments, ResolveRows


class ActiveCompiler(CompilerBase):
    """Compiles the user's function for argument types some of which are marked.

    Sub-classes made by :class:`dualjit.frontend.twin.Twin` set ``twin``, the dispatcher that compiles.
    """

    twin = None

    def define_pipelines(self):
        # Arrays of duals can't be boxed: internal dispatchers have no Python wrapper.
        self.state.flags.no_cpython_wrapper = True
        self.state.flags.no_cfunc_wrapper = True
        pm = DefaultPassBuilder.define_nopython_pipeline(self.state, "dualjit_active")
        pm.add_pass_after(BindFunctionArguments, MakeFunctionToJitFunction)
        pm.add_pass_after(InlineCallees, InlineInlinables)
        pm.add_pass_after(ResolveRows, LiteralPropagationSubPipelinePass)
        pm.add_pass_after(RestoreOriginals, NopythonTypeInference)
        for k, (compiler_pass, _) in enumerate(pm.passes):
            if compiler_pass is NopythonTypeInference:
                pm.passes[k] = (ActiveTypeInference, "infer types with active arguments")
            elif compiler_pass is InlineInlinables:
                pm.passes[k] = (InlineAlways, "inline functions with inline=")
        pm.finalize()
        return [pm]
