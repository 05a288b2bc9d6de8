"""Calls a compiled program in a kernel, where nobody is there to catch an error: the host is told which point it was.

Relies on ``call_internal_no_propagate`` and ``return_status_propagate`` of Numba's calling convention, and on
``add_linking_libs``.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import types
from numba.core.typing import signature
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

from dualjit.frontend.guarded import called, resolved_call
from dualjit.numbers.room import calling_convention, was_too_small

INT64 = ir.IntType(64)


def _attempt(raising: bool):
    @intrinsic
    def attempt(typingctx, program, args, room, status, point):
        return _attempted(typingctx, program, args, room, status, raising)

    return attempt


attempt, attempt_raising = _attempt(False), _attempt(True)
"""``program(*args)``, which tapes in ``room``; where it raises, ``status[0]`` is the number of the point.

Points count from 1, upwards where the room was too small and downwards for other errors.  The answer is undefined then;
``attempt_raising`` raises.
"""


def _attempted(typingctx, program, args, room, status, raising: bool):
    """Signature and code."""
    resolved = resolved_call(typingctx, program, args)
    if resolved is None:
        return None

    def generate(context, builder, sig, values):
        _, packed, room_value, status_value, i = values
        raised, answer = called(context, builder, program, resolved, args, packed)
        with builder.if_then(raised.is_error, likely=False):
            number = builder.add(i, INT64(1))
            small = was_too_small(context, builder, room, room_value)
            found = builder.select(small, number, builder.neg(number))
            builder.store(found, make_array(status)(context, builder, status_value).data)
            if raising:
                calling_convention(context).return_status_propagate(builder, raised)
        return answer

    return signature(resolved.return_type, program, args, room, status, types.int64), generate
