"""Type inference with active arguments, and the fixpoint over allocations around it.

Numba's own inference finds every value that depends on a marked argument: rows of the table mark their answer,
containers, views and iteration carry the marker along.  What it can't know is that ``y = np.zeros(n)`` will receive
marked values; so it runs without raising, the receivers are traced to their allocations, these are given room, and it
runs again (two to four rounds).  When nothing is left to do it runs for good.

Relies on ``TypeInferer`` (``seed_argument``, ``build_constraint``, ``propagate``) and on ``BaseTypeInference``.
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import pairwise

from numba import njit
from numba.core import errors, typeinfer, types
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import NopythonTypeInference

from dualjit.errors import UnsupportedError
from dualjit.frontend.allocation import level_tuples, reallocate
from dualjit.frontend.arguments import spread_tuples
from dualjit.frontend.definitions import expressions, static_value
from dualjit.frontend.origins import Receivers, Trace
from dualjit.frontend.refusal import describe, refuse
from dualjit.frontend.whitelist import refuse_unknown
from dualjit.frontend.writes import shares_arguments, stored_arguments, written_arguments
from dualjit.numbers.types import Marked, marker_of, strip
from dualjit.rules.arrays import refusal_of

MAX_ROUNDS = 40


class NeedsMarkedArguments(Exception):
    """Active values are written into these (unmarked) arguments: compile again with them marked.

    Not an error of the user's: the driver answers it by passing marked copies.
    """

    def __init__(self, arguments: dict[int, Marked]):
        self.arguments = arguments
        super().__init__(arguments)


@contextmanager
def noting_needs(dispatcher, args: tuple):
    """What a call of ``dispatcher`` needs is its caller's business: noted in ``dispatcher.needs`` (see Receivers)."""
    try:
        yield
    except NeedsMarkedArguments as needed:
        dispatcher.needs[tuple(map(types.unliteral, args))] = needed.arguments
        raise errors.TypingError(
            f"arguments {sorted(needed.arguments)} of {dispatcher.__name__} receive active values"
        ) from None


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
        program = state.func_ir, state.typemap
        state.metadata["dualjit_written"] = written_arguments(*program, originals)
        state.metadata["dualjit_stores"] = stored_arguments(*program, state.calltypes, originals)
        state.metadata["dualjit_shares"] = shares_arguments(*program, originals)
        return True


def make_room(state, originals) -> None:
    """The fixpoint: until no float container receives a marked value and no phi is marked too late."""
    seeds: dict[str, Marked] = {}
    for _ in range(MAX_ROUNDS):
        typemap, failed = partial_types(state, seeds)
        if spread_tuples(state.func_ir, typemap):
            continue
        trace = Trace(state.func_ir, typemap, originals)
        for var, marker in Receivers(state.func_ir, typemap, originals).find():
            trace.follow(var, marker)
        if trace.arguments:
            raise NeedsMarkedArguments(trace.arguments)
        if trace.sites:
            reallocate(state.func_ir, typemap, originals, trace.sites)
            continue
        if level_tuples(state.func_ir, typemap):
            continue
        late = marked_phis(state.func_ir, typemap) if failed else {}
        if late.keys() <= seeds.keys():
            state.locals = {**state.locals, **seeds}
            return
        seeds |= late
    raise refuse(state.func_ir.loc, "this function", "its allocations could not be settled", "please report it")


def marked_phis(func_ir, typemap) -> dict[str, Marked]:
    """Numbers that become marked where control flow meets.

    Inference sees them as floats first (``x = 1.0; for ...: x = x * p``), and types built on that, such as the
    array of ``np.array([x, x])``, do not grow later; told at the start, they are right.
    """
    names = [assign.target.name for assign, _ in expressions(func_ir, "phi")]
    return {name: typemap[name] for name in names if isinstance(typemap.get(name), Marked)}


def partial_types(state, seeds: dict[str, Marked]) -> tuple[dict, bool]:
    """Types found without raising, and whether something could not be typed."""
    quiet = errors.WarningsFixer(errors.NumbaWarning)
    infer = typeinfer.TypeInferer(state.typingctx, state.func_ir, quiet)
    with state.typingctx.callstack.register(state.targetctx.target, infer, state.func_ir.func_id, state.args):
        for index, (name, ty) in enumerate(zip(state.func_ir.arg_names, state.args, strict=True)):
            infer.seed_argument(name, index, ty)
        for name, ty in {**state.locals, **seeds}.items():
            infer.seed_type(name, ty)
        infer.build_constraint()
        failed = infer.propagate(raise_errors=False)
    return {k: v.type for k, v in infer.typevars.items() if v.defined}, bool(failed)


def explain(state, error: errors.TypingError) -> Exception:
    """The user's own typing error when the primal has it, too; else what active data has reached."""
    if isinstance(error, UnsupportedError) or marker_of(*state.args) is None:
        return error
    refused = refusal_behind(error)
    if refused is not None:
        return refused
    primal_error = primal_typing_error(state.pipeline.twin, tuple(map(strip, state.args)))
    if primal_error is not None:
        primal_error.of_primal = True
        return primal_error
    loc = getattr(error, "loc", None) or state.func_ir.loc
    return unknown_call(state.func_ir, loc) or refuse(loc, "this statement", first_reason(error))


def refusal_behind(error: BaseException | None) -> UnsupportedError | None:
    """The refusal of a callee that led to a typing error."""
    while error is not None and not isinstance(error, UnsupportedError):
        error = error.__cause__ or error.__context__
    return error


def unknown_call(func_ir, loc):
    """The error for a call on this line of a function which the table refuses, if there is one."""
    for _, call in expressions(func_ir, "call"):
        reason = refusal_of(static_value(func_ir, call.func))
        if call.loc.line == loc.line and reason:
            return refuse(call.loc, describe(func_ir, call), reason)
    return None


def primal_typing_error(twin, argtypes) -> errors.TypingError | None:
    """Why the function can't be typed without duals, by our pipeline or by Numba's; None if it can."""
    failure = None
    for compiler in (twin, njit(twin.py_func)):
        try:
            compiler.compile(argtypes)
        except errors.TypingError as error:
            failure = error
        except Exception:
            return None  # what it needs is not there without marks
        else:
            return None
    return failure


def first_reason(error: Exception) -> str:
    """The sentence of a Numba typing error that says what did not fit."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    raised = [s.removeprefix("TypingError: ") for s in lines if s.startswith("TypingError: ") and "Failed in" not in s]
    nested = [then for s, then in pairwise(lines) if s.startswith("TypingError: Failed in")]
    telling = [s for s in lines if not s.startswith(("Failed in", "During", "File", "[", "-", "<source", "There are"))]
    return (raised or nested or telling or lines or ["its types do not fit"])[0]
