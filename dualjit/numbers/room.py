"""A tape of fixed size in memory of a thread's own: a *room*, an array which one round of a kernel has.

One idea: how much a program tapes is known when a kernel is compiled, or else each reservation looks whether there is
room, and raises where there is none; nothing is ever written beside it.  The last number of a room says whether that
has happened.

Relies on the layout of arrays, and on ``return_user_exc`` of Numba's calling convention, which ``numba-cuda`` keeps
with the function that is being compiled.
"""

from __future__ import annotations

from functools import cache

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.typing import signature
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

from dualjit.errors import TapeError
from dualjit.numbers.tape import ALIGNED

INT8P, INT64 = ir.IntType(8).as_pointer(), ir.IntType(64)
SLOT = 8
"""Bytes of a number in a room."""


def calling_convention(context):
    """How the function that is being compiled returns and raises."""
    return getattr(getattr(context, "fndesc", None), "call_conv", None) or context.call_conv


def slots(capacity: int) -> int:
    """How many numbers a room of so many bytes has."""
    return -(-capacity // SLOT) + 1


def mark_of(context, builder, room: types.Array, value):
    """Where a room says that it was too small."""
    made = make_array(room)(context, builder, value)
    return builder.bitcast(builder.gep(made.data, [builder.sub(made.nitems, INT64(1))]), INT64.as_pointer())


@intrinsic
def address(typingctx, room):
    """The address of a room, in which nothing is taped."""
    if not isinstance(room, types.Array):
        return None

    def generate(context, builder, sig, args):
        builder.store(INT64(0), mark_of(context, builder, room, args[0]))
        return builder.bitcast(make_array(room)(context, builder, args[0]).data, INT8P)

    return signature(types.voidptr, room), generate


@intrinsic
def same(typingctx, x):
    """``x``: the tape of a room is the room."""
    return signature(x, x), lambda context, builder, sig, args: args[0]


@cache
def reserve_in(capacity: int | None):
    """The intrinsic that looks whether there is room for frames; None: there is."""

    @intrinsic
    def reserve(typingctx, room, base, top, count, frame):
        def generate(context, builder, sig, args):
            if capacity is not None:
                _check(context, builder, args, ALIGNED.size(context, frame), slots(capacity) - 1)
            return args[1]

        return signature(types.voidptr, types.voidptr, types.voidptr, types.int64, types.int64, frame), generate

    return reserve


def _check(context, builder, args, size: int, numbers: int) -> None:
    """Raise unless so many frames of ``size`` bytes are left of a room."""
    room, _, top, count, _ = args
    left = builder.sdiv(builder.sub(INT64(numbers * SLOT), top), INT64(size))
    with builder.if_then(builder.icmp_signed(">", count, left), likely=False):
        mark = builder.gep(room, [INT64(numbers * SLOT)])
        builder.store(INT64(1), builder.bitcast(mark, INT64.as_pointer()))
        reason = f"the tape of {numbers * SLOT} bytes is too small: give more, tape=BYTES"
        calling_convention(context).return_user_exc(builder, TapeError, (reason,))


def was_too_small(context, builder, room: types.Array, value):
    """Is that why a program raised?"""
    return cgutils.is_not_null(builder, builder.load(mark_of(context, builder, room, value)))
