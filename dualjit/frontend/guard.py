"""Calls a compiled program so that nothing is lost when it raises: neither its tape nor the caller's arrays.

Numba's own callers return at once when a callee has raised; references they hold are never given back.

Relies on ``call_internal_no_propagate`` and ``return_status_propagate`` of Numba's calling convention, on
``add_linking_libs``, and on tuples holding references to their items.
"""

from __future__ import annotations

from numba.core import errors, types
from numba.core.typing import signature
from numba.extending import intrinsic

from dualjit.numbers.lifting import lifted
from dualjit.numbers.tape import free_tape, new_workspace, workspace_type
from dualjit.numbers.types import mark


def resolve(typingctx, program: types.Dispatcher, given: tuple):
    """The signature for these arguments; what the program writes active values into is marked first."""
    while True:
        try:
            return typingctx.resolve_function_type(program, given, {})
        except errors.TypingError:
            needed = program.dispatcher.needs.get(tuple(map(types.unliteral, given)))
            if needed is None or not all(isinstance(given[i], types.Array | types.List) for i in needed):
                raise
            given = tuple(mark(t, needed[i]) if i in needed else t for i, t in enumerate(given))


def needs_copy(t: types.Type, wanted: types.Type) -> bool:
    """Has the caller an array or list of plain numbers where the program wants one with room for derivatives?"""
    return isinstance(wanted, types.Array | types.List) and wanted.dtype != t.dtype


def passed(context, builder, value, t: types.Type, wanted: types.Type):
    """An operand as the program wants it; a copy is as good as what the caller has: it does not look at it again."""
    if not needs_copy(t, wanted):
        return context.cast(builder, value, t, wanted)
    element = wanted.dtype
    return context.compile_internal(builder, lambda x: lifted(x, element), signature(wanted, t), (value,))


@intrinsic
def guarded(typingctx, program, args, held):
    """``program(*args, workspace, 0)`` with a tape of its own.

    ``held``: a tuple of variables of the caller that are read after the call; they are given back when the program
    raises.
    """
    if not isinstance(program, types.Dispatcher) or not isinstance(args, types.BaseTuple):
        return None
    resolved = resolve(typingctx, program, (*args.types, workspace_type, types.int64))
    if resolved is None:
        return None

    def generate(context, builder, sig, values):
        _, packed, variables = values
        operands = [builder.extract_value(packed, k) for k in range(len(args.types))]
        operands = [
            passed(context, builder, v, t, u) for v, t, u in zip(operands, args.types, resolved.args, strict=False)
        ]
        copies = [(u, v) for t, u, v in zip(args.types, resolved.args, operands, strict=False) if needs_copy(t, u)]
        workspace = new_workspace(builder)
        operands += [workspace, context.get_constant(types.int64, 0)]
        compiled = program.dispatcher.overloads[resolved.args]
        context.add_linking_libs((compiled.library,))
        status, answer = context.call_internal_no_propagate(builder, compiled.fndesc, compiled.signature, operands)
        free_tape(builder, workspace)
        for t, v in copies:
            context.nrt.decref(builder, t, v)
        with builder.if_then(status.is_error, likely=False):
            if context.enable_nrt:
                context.nrt.decref(builder, args, packed)
                for _ in ("of the tuple", "of the variables"):
                    context.nrt.decref(builder, held, variables)
            context.call_conv.return_status_propagate(builder, status)
        return answer

    return signature(resolved.return_type, program, args, held), generate
