"""Calls functions in a kernel, where nobody is there to catch an error: what a thread could not compute is NaN.

Relies on ``call_internal_no_propagate`` and ``return_status_propagate`` of Numba's calling convention, and on
``add_linking_libs``.
"""

from __future__ import annotations

from numba.core.typing import signature
from numba.extending import intrinsic

from dualjit.frontend.raising import may_raise
from dualjit.numbers.room import calling_convention
from dualjit.numbers.storing import poison


@intrinsic
def guarded(typingctx, function, args, answer):
    """``function(*args)``; where it raises, all that goes to ``answer`` in this pass is NaN."""
    resolved = resolved_call(typingctx, function, args)
    if resolved is None:
        return None

    def generate(context, builder, sig, values):
        raised, found = called(context, builder, function, resolved, args, values[1])
        with builder.if_then(raised.is_error, likely=False):
            if may_raise(function.dispatcher.overloads[resolved.args]):
                poison(context, builder, answer, values[2])
            calling_convention(context).return_status_propagate(builder, raised)
        return found

    return signature(resolved.return_type, function, args, answer), generate


def resolved_call(typingctx, function, args):
    """The signature of a call of a dispatcher; None of anything else."""
    return typingctx.resolve_function_type(function, args.types, {}) if hasattr(function, "dispatcher") else None


def called(context, builder, function, resolved, args, packed):
    """Whether the function raised, and what it returned."""
    operands = [builder.extract_value(packed, k) for k in range(len(args.types))]
    operands = [context.cast(builder, v, t, u) for v, t, u in zip(operands, args.types, resolved.args, strict=True)]
    compiled = function.dispatcher.overloads[resolved.args]
    context.add_linking_libs((compiled.library,))
    return context.call_internal_no_propagate(builder, compiled.fndesc, compiled.signature, operands)
