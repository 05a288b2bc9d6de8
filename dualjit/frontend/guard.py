"""Calls a compiled program with a workspace, and frees the tape also when the program raises.

Relies on ``call_internal_no_propagate`` and ``return_status_propagate`` of Numba's calling convention, and on ``add_linking_libs``.
"""

from __future__ import annotations

from numba.core import types
from numba.core.typing import signature
from numba.extending import intrinsic

from dualjit.numbers.tape import free_tape, new_workspace, workspace_type


@intrinsic
def guarded(typingctx, program, args):
    """``program(*args, workspace)`` with a workspace of its own."""
    if not isinstance(program, types.Dispatcher) or not isinstance(args, types.BaseTuple):
        return None
    given = (*args.types, workspace_type)
    resolved = typingctx.resolve_function_type(program, given, {})
    if resolved is None:
        return None

    def generate(context, builder, sig, values):
        _, packed = values
        workspace = new_workspace(builder)
        operands = [builder.extract_value(packed, k) for k in range(len(args.types))]
        operands = [
            context.cast(builder, v, t, u) for v, t, u in zip(operands, args.types, resolved.args, strict=False)
        ]
        compiled = program.dispatcher.overloads[resolved.args]
        context.add_linking_libs((compiled.library,))
        status, answer = context.call_internal_no_propagate(
            builder, compiled.fndesc, compiled.signature, [*operands, workspace]
        )
        with builder.if_then(status.is_error, likely=False):
            free_tape(builder, workspace)
            context.call_conv.return_status_propagate(builder, status)
        return answer

    return signature(resolved.return_type, program, args), generate
