"""Calls a compiled program so that nothing is lost when it raises: neither its tape nor the caller's arrays.

Numba's own callers return at once when a callee has raised; references they hold are never given back.

Relies on ``call_internal_no_propagate`` and ``return_status_propagate`` of Numba's calling convention, on
``add_linking_libs``, and on tuples holding references to their items.
"""

from __future__ import annotations

from numba.core import types
from numba.core.typing import signature
from numba.extending import intrinsic

from dualjit.numbers.tape import free_tape, new_workspace, workspace_type


@intrinsic
def guarded(typingctx, program, args, held):
    """``program(*args, workspace, 0)`` with a tape of its own.

    ``held``: a tuple of variables of the caller that are read after the call; they are given back when the program
    raises.
    """
    if not isinstance(program, types.Dispatcher) or not isinstance(args, types.BaseTuple):
        return None
    given = (*args.types, workspace_type, types.int64)
    resolved = typingctx.resolve_function_type(program, given, {})
    if resolved is None:
        return None

    def generate(context, builder, sig, values):
        _, packed, variables = values
        operands = [builder.extract_value(packed, k) for k in range(len(args.types))]
        operands = [
            context.cast(builder, v, t, u) for v, t, u in zip(operands, args.types, resolved.args, strict=False)
        ]
        workspace = new_workspace(builder)
        operands += [workspace, context.get_constant(types.int64, 0)]
        compiled = program.dispatcher.overloads[resolved.args]
        context.add_linking_libs((compiled.library,))
        status, answer = context.call_internal_no_propagate(builder, compiled.fndesc, compiled.signature, operands)
        free_tape(builder, workspace)
        with builder.if_then(status.is_error, likely=False):
            if context.enable_nrt:
                context.nrt.decref(builder, args, packed)
                for _ in ("of the tuple", "of the variables"):
                    context.nrt.decref(builder, held, variables)
            context.call_conv.return_status_propagate(builder, status)
        return answer

    return signature(resolved.return_type, program, args, held), generate
