"""Type inference with active arguments, and the fixpoint over allocations around it.

Numba's own inference finds every value that depends on a marked argument: rows of the table mark their answer,
containers, views and iteration carry the marker along.  What it can't know is that ``y = np.zeros(n)`` will receive
marked values; so it runs without raising, the receivers are traced to their allocations, these are given room, and it
runs again (two to four rounds).  When nothing is left to do it runs for good.

Relies on ``TypeInferer`` (``seed_argument``, ``build_constraint``, ``propagate``) and on ``BaseTypeInference``.
"""

from __future__ import annotations

from numba.core import errors, typeinfer
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import NopythonTypeInference

from dualjit.errors import UnsupportedError
from dualjit.frontend.allocation import reallocate
from dualjit.frontend.origins import Receivers, Trace
from dualjit.frontend.refusal import refuse
from dualjit.frontend.whitelist import refuse_unknown
from dualjit.frontend.writes import written_arguments
from dualjit.numbers.types import Marked, marker_of, strip

MAX_ROUNDS = 40


class NeedsMarkedArguments(Exception):
    """Active values are written into these (unmarked) arguments: compile again with them marked.

    Not an error of the user's: the driver answers it by passing marked copies.
    """

    def __init__(self, arguments: dict[int, Marked]):
        self.arguments = arguments
        super().__init__(arguments)


@register_pass(mutates_CFG=True, analysis_only=False)
class ActiveTypeInference(NopythonTypeInference):
    """Infer types with marked arguments, make room in allocations, refuse what is not understood."""

    _name = "dualjit_active_type_inference"

    def run_pass(self, state):
        originals = state.metadata["dualjit_originals"]
        if marker_of(*state.args) is not None:
            make_room(state, originals)
        try:
            super().run_pass(state)
        except errors.TypingError as error:
            raise explain(state, error) from error
        refuse_unknown(state.func_ir, state.typemap, originals)
        state.metadata["dualjit_written"] = written_arguments(state.func_ir, state.typemap, originals)
        return True


def make_room(state, originals) -> None:
    """The fixpoint: until no float container receives a marked value."""
    for _ in range(MAX_ROUNDS):
        typemap = partial_types(state, state.args)[0]
        trace = Trace(state.func_ir, typemap, originals)
        for var, marker in Receivers(state.func_ir, typemap, originals).find():
            trace.follow(var, marker)
        if trace.arguments:
            raise NeedsMarkedArguments(trace.arguments)
        if not trace.sites:
            return
        reallocate(state.func_ir, typemap, originals, trace.sites)
    raise refuse(state.func_ir.loc, "this function", "its allocations could not be settled", "please report it")


def partial_types(state, args):
    """Types found without raising, and the errors met."""
    quiet = errors.WarningsFixer(errors.NumbaWarning)
    infer = typeinfer.TypeInferer(state.typingctx, state.func_ir, quiet)
    with state.typingctx.callstack.register(state.targetctx.target, infer, state.func_ir.func_id, args):
        for index, (name, ty) in enumerate(zip(state.func_ir.arg_names, args, strict=True)):
            infer.seed_argument(name, index, ty)
        infer.build_constraint()
        found = infer.propagate(raise_errors=False)
    return {k: v.type for k, v in infer.typevars.items() if v.defined}, found


def explain(state, error: errors.TypingError) -> Exception:
    """The user's own typing error when the primal has it, too; else what active data has reached."""
    if isinstance(error, UnsupportedError) or marker_of(*state.args) is None:
        return error
    primal_errors = partial_types(state, tuple(map(strip, state.args)))[1]
    if primal_errors:
        return primal_errors[0]
    loc = getattr(error, "loc", None) or state.func_ir.loc
    return refuse(loc, "this statement", first_reason(error))


def first_reason(error: Exception) -> str:
    """The sentence of a Numba typing error that says what did not fit."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [s for s in lines if not s.startswith(("Failed in", "During", "File", "[", "-", "<source", "There are"))]
    return (telling or lines or ["its types do not fit"])[0]
