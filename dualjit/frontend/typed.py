"""The front end alone: a function's typed program, before any code is generated.

Forward mode goes on from here to Numba's lowering, with ``Dual`` as the marker; an engine of its own reads the program
from here, with ``Active``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from numba.core import errors, ir, types
from numba.core.compiler import Flags, _EarlyPipelineCompletion, compile_extra
from numba.core.compiler_machinery import AnalysisPass, register_pass
from numba.core.registry import cpu_target

from dualjit.errors import UnsupportedError
from dualjit.frontend.compiler import ActiveCompiler
from dualjit.frontend.inference import ActiveTypeInference, NeedsMarkedArguments, first_reason
from dualjit.frontend.refusal import refuse
from dualjit.frontend.substitution import Original
from dualjit.frontend.twin import Twin
from dualjit.numbers.types import mark, marker_of


@dataclass(frozen=True)
class TypedProgram:
    """Numba IR in SSA form with calls resolved to rows, and the type of every variable.

    Attributes
    ----------
    func_ir : numba FunctionIR
    typemap : dict
        Variable names to types; what is active has a marked type.
    calltypes : dict
        Expressions to signatures.
    argtypes, return_type
        Arguments that receive active values are marked, beside those that were given so.
    originals : dict
        Names of function variables to the calls they replaced.
    written : frozenset of int
        Arguments whose memory may be written to.
    stores : dict
        Those of them that a store is seen to reach, to its place.
    shares : bool
        May the answer be memory of an argument?
    """

    func_ir: ir.FunctionIR
    typemap: dict[str, types.Type]
    calltypes: dict
    argtypes: tuple[types.Type, ...]
    return_type: types.Type
    originals: dict[str, Original]
    written: frozenset[int]
    stores: dict[int, ir.Loc]
    shares: bool

    @property
    def active(self) -> frozenset[str]:
        """Names of the variables that depend on the differentiated arguments."""
        return frozenset(name for name, t in self.typemap.items() if marker_of(t) is not None)


@register_pass(mutates_CFG=False, analysis_only=True)
class Capture(AnalysisPass):
    """Ends the pipeline with the typed program as its result."""

    _name = "dualjit_capture"

    def __init__(self):
        AnalysisPass.__init__(self)

    def run_pass(self, state):
        program = TypedProgram(
            state.func_ir,
            dict(state.typemap),
            dict(state.calltypes),
            tuple(state.args),
            state.return_type,
            state.metadata["dualjit_originals"],
            state.metadata["dualjit_written"],
            state.metadata["dualjit_stores"],
            state.metadata["dualjit_shares"],
        )
        raise _EarlyPipelineCompletion(program)


class FrontEnd(ActiveCompiler):
    """The active pipeline up to type inference."""

    def define_pipelines(self):
        (pm,) = super().define_pipelines()
        last = next(k for k, (compiler_pass, _) in enumerate(pm.passes) if compiler_pass is ActiveTypeInference)
        pm.passes = [*pm.passes[: last + 1], (Capture, "capture the typed program")]
        pm._finalized = False
        pm.finalize()
        return [pm]


def typed(f: Callable, argtypes: tuple[types.Type, ...]) -> TypedProgram:
    """Run the front end on ``f`` for argument types some of which are marked."""
    twin = Twin.of(f)
    pipeline = type("FrontEndOfTwin", (FrontEnd,), {"twin": twin})
    flags = Flags()
    cpu_target.options.parse_as_flags(flags, twin.targetoptions)
    context, target = cpu_target.typing_context, cpu_target.target_context
    while True:
        try:
            return compile_extra(context, target, twin.py_func, argtypes, None, flags, {}, pipeline_class=pipeline)
        except (NotImplementedError, errors.LoweringError, KeyError) as error:
            if isinstance(error, UnsupportedError):
                raise
            # Numba compiles some functions while it infers types; there is no code for the marker.
            loc = getattr(error, "loc", None) or location_of(twin.py_func)
            raise refuse(loc, "a call in this function", first_reason(error)) from error
        except NeedsMarkedArguments as needed:
            argtypes = tuple(
                mark(t, needed.arguments[i]) if i in needed.arguments else t for i, t in enumerate(argtypes)
            )


def location_of(function: Callable) -> ir.Loc:
    """Where a function begins."""
    return ir.Loc(function.__code__.co_filename, function.__code__.co_firstlineno)
