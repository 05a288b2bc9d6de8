"""The tape: one growing piece of memory that frames are written to and read from, last in first out.

A frame is a tuple of numbers, stored as it is in memory.  The tape's address is in a register of the adjoint; its
owner is a
*workspace* on the stack of the driver, which frees it also when the adjoint raises.

Relies on the C library's ``realloc`` and ``free`` and on data models' ``as_data`` and ``from_data``.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.typing import signature
from numba.extending import intrinsic, models, register_model
from numba.np.arrayobj import make_array

from dualjit.numbers.arity import intrinsic_of
from dualjit.numbers.scoped import TAPE, in_scope

INT8P, INT64 = ir.IntType(8).as_pointer(), ir.IntType(64)
LEAST = 1 << 12


class WorkspaceType(types.Type):
    """A pointer to (address, capacity in bytes) of the tape, and the same of the states of long loops."""

    def __init__(self):
        super().__init__("dualjit.workspace")


workspace_type = WorkspaceType()
_LAYOUT = ir.LiteralStructType([INT8P, INT64])
_BOTH = ir.ArrayType(_LAYOUT, 2)


@register_model(WorkspaceType)
class WorkspaceModel(models.PrimitiveModel):
    """On the stack of the driver."""

    def __init__(self, dmm, fe_type):
        super().__init__(dmm, fe_type, _LAYOUT.as_pointer())


def _c_function(builder, name, result, *args):
    return cgutils.get_or_insert_function(builder.module, ir.FunctionType(result, args), name)


def new_workspace(builder):
    """A workspace on the stack, without a tape."""
    pointer = cgutils.alloca_once(builder, _BOTH)
    builder.store(ir.Constant(_BOTH, None), pointer)
    return builder.bitcast(pointer, _LAYOUT.as_pointer())


def free_tape(builder, pointer):
    """Free what a workspace holds."""
    for k in range(2):
        address = builder.gep(pointer, [ir.IntType(32)(k), ir.IntType(32)(0)])
        builder.call(_c_function(builder, "free", ir.VoidType(), INT8P), [builder.load(address)])


@intrinsic
def tape(typingctx, w):
    """The address of the tape of a workspace."""

    def generate(context, builder, sig, args):
        return builder.load(cgutils.gep_inbounds(builder, args[0], 0, 0))

    return signature(types.voidptr, w), generate


class Frames:
    """How frames lie in memory, and what writes and reads them.

    Parameters
    ----------
    align : int
        Of a frame: 1 for numbers without padding, 8 for numbers where processors without unaligned loads have them.
    """

    def __init__(self, align: int):
        self.align = align
        self.write, self.read = _writing(self), _reading(self)
        self.advance, self.retreat = _moved(self, 1), _moved(self, -1)

    def struct(self, context, frame):
        """LLVM type of a frame."""
        return ir.LiteralStructType([context.get_data_type(t) for t in frame.types], packed=self.align == 1)

    def size(self, context, frame) -> int:
        """In bytes."""
        return -(-context.get_abi_sizeof(self.struct(context, frame)) // self.align) * self.align

    def place(self, context, builder, base, top, frame):
        """The address of a frame."""
        return builder.bitcast(builder.gep(base, [top]), self.struct(context, frame).as_pointer())

    @property
    def align_of_numbers(self) -> int | None:
        """None for the natural one."""
        return 1 if self.align == 1 else None


def _is_frame(t):
    return isinstance(t, types.BaseTuple)


@intrinsic
def reserve(typingctx, w, base, top, count, frame):
    """The tape's address, after room has been made for ``count`` more frames like ``frame``."""
    if not _is_frame(frame):
        return None

    def generate(context, builder, sig, args):
        pointer, base, top, count, _ = args
        none = ir.Constant(INT64, 0)
        count = builder.select(builder.icmp_signed(">", count, none), count, none)
        needed = builder.add(top, builder.mul(count, ir.Constant(INT64, PACKED.size(context, frame))))
        return _with_room(context, builder, pointer, base, needed)

    return signature(types.voidptr, w, types.voidptr, types.int64, types.int64, frame), generate


def _with_room(context, builder, pointer, base, needed):
    """The address, after the memory has grown to what is needed."""
    capacity = cgutils.gep_inbounds(builder, pointer, 0, 1)
    held = builder.load(capacity)
    entry = builder.block
    with builder.if_then(builder.icmp_unsigned(">", needed, held), likely=False):
        twice = builder.mul(held, ir.Constant(INT64, 2))
        wanted = builder.select(builder.icmp_unsigned(">", twice, needed), twice, needed)
        least = ir.Constant(INT64, LEAST)
        wanted = builder.select(builder.icmp_unsigned(">", wanted, least), wanted, least)
        realloc = _c_function(builder, "realloc", INT8P, INT8P, INT64)
        grown = builder.call(realloc, [base, wanted])
        with builder.if_then(cgutils.is_null(builder, grown), likely=False):
            context.call_conv.return_user_exc(builder, MemoryError, ("no memory for the tape of a derivative",))
        builder.store(grown, cgutils.gep_inbounds(builder, pointer, 0, 0))
        builder.store(wanted, capacity)
        inside = builder.block
    answer = builder.phi(INT8P)
    answer.add_incoming(base, entry)
    answer.add_incoming(grown, inside)
    return answer


def _writing(frames: Frames):
    @intrinsic
    def write(typingctx, base, top, frame):
        def generate(context, builder, sig, args):
            place = frames.place(context, builder, args[0], args[1], frame)
            for k, t in enumerate(frame.types):
                value = builder.extract_value(args[2], k)
                data = context.data_model_manager[t].as_data(builder, value)
                number = cgutils.gep_inbounds(builder, place, 0, k)
                in_scope(builder, builder.store(data, number, align=frames.align_of_numbers), TAPE, ())
            return context.get_dummy_value()

        return signature(types.none, types.voidptr, types.int64, frame), generate

    return write


def _reading(frames: Frames):
    @intrinsic
    def read(typingctx, base, top, frame):
        def generate(context, builder, sig, args):
            place = frames.place(context, builder, args[0], args[1], frame)
            answer = cgutils.get_null_value(context.get_value_type(frame))
            for k, t in enumerate(frame.types):
                data = builder.load(cgutils.gep_inbounds(builder, place, 0, k), align=frames.align_of_numbers)
                in_scope(builder, data, TAPE, ())
                answer = builder.insert_value(answer, context.data_model_manager[t].from_data(builder, data), k)
            return answer

        return signature(frame, types.voidptr, types.int64, frame), generate

    return read


def _moved(frames: Frames, sign: int):
    @intrinsic
    def moved(typingctx, top, frame):
        def generate(context, builder, sig, args):
            return builder.add(args[0], ir.Constant(INT64, sign * frames.size(context, frame)))

        return signature(types.int64, types.int64, frame), generate

    return moved


PACKED, ALIGNED = Frames(1), Frames(8)
write, read, advance, retreat = PACKED.write, PACKED.read, PACKED.advance, PACKED.retreat
"""Store a frame at ``top``; the one there, of the type of that given; the places behind and before a frame."""


@intrinsic
def advance_if(typingctx, top, mask, frame):
    """The place behind a frame where the mask is all ones; where it is 0, the same place."""

    def generate(context, builder, sig, args):
        return builder.add(args[0], builder.and_(args[1], ir.Constant(INT64, PACKED.size(context, frame))))

    return signature(types.int64, types.int64, types.int64, frame), generate


# ---- states of long loops


@intrinsic
def states(typingctx, w):
    """The workspace of the states in a workspace."""

    def generate(context, builder, sig, args):
        return builder.gep(args[0], [ir.IntType(32)(1)])

    return signature(w, w), generate


def _bytes_of(context, builder, array, value):
    """Address and size in bytes of a contiguous array."""
    held = make_array(array)(context, builder, value)
    return builder.bitcast(held.data, INT8P), builder.mul(held.nitems, held.itemsize)


def _is_contiguous(t):
    return isinstance(t, types.Array) and t.layout in "CF"


@intrinsic
def save_array(typingctx, w, top, array):
    """Copy the content of an array to ``top``; the place behind it."""
    if not _is_contiguous(array):
        return None

    def generate(context, builder, sig, args):
        pointer, top, value = args
        data, size = _bytes_of(context, builder, array, value)
        behind = builder.add(top, size)
        base = builder.load(cgutils.gep_inbounds(builder, pointer, 0, 0))
        base = _with_room(context, builder, pointer, base, behind)
        cgutils.raw_memcpy(builder, builder.gep(base, [top]), data, size, 1)
        return behind

    return signature(types.int64, w, types.int64, array), generate


@intrinsic
def load_array(typingctx, w, top, array):
    """Copy what is before ``top`` back into an array; the place where it began."""
    if not _is_contiguous(array):
        return None

    def generate(context, builder, sig, args):
        pointer, top, value = args
        data, size = _bytes_of(context, builder, array, value)
        place = builder.sub(top, size)
        base = builder.load(cgutils.gep_inbounds(builder, pointer, 0, 0))
        cgutils.raw_memcpy(builder, data, builder.gep(base, [place]), size, 1)
        return place

    return signature(types.int64, w, types.int64, array), generate


def _of_ints(name: str, count: int, result, write):
    """An intrinsic of integers."""

    def typed(*given):
        return signature(result, *[types.int64] * count), lambda context, builder, sig, args: write(builder, *args)

    return intrinsic_of(name, count, typed)


def _is_due(builder, mask, k, span):
    one = ir.Constant(INT64, 1)
    off = builder.icmp_signed("==", mask, ir.Constant(INT64, 0))
    divisor = builder.select(off, span, one)  # the span is 0 as long as the tape is on
    begins = builder.icmp_signed("==", builder.srem(k, divisor), ir.Constant(INT64, 0))
    return builder.and_(off, begins)


def _still_taping(builder, mask, again, top, budget):
    full = builder.and_(builder.icmp_signed("==", again, ir.Constant(INT64, 0)), builder.icmp_signed(">", top, budget))
    return builder.select(full, ir.Constant(INT64, 0), mask)


def _span_of(builder, mask, span, k):
    none = ir.Constant(INT64, 0)
    ends = builder.and_(builder.icmp_signed("==", mask, none), builder.icmp_signed("==", span, none))
    return builder.select(ends, builder.add(k, ir.Constant(INT64, 1)), span)


def _end_of_span(builder, first, span, trips):
    end = builder.add(first, span)
    return builder.select(builder.icmp_signed("<", end, trips), end, trips)


is_due = _of_ints("is_due", 3, types.boolean, _is_due)
"""Does a span of rounds begin here, with the tape off?"""

still_taping = _of_ints("still_taping", 4, types.int64, _still_taping)
"""The mask: 0 once the tape has taken the budget; rounds that are run again are always taped."""

span_of = _of_ints("span_of", 3, types.int64, _span_of)
"""The number of rounds that were taped, settled when taping ends."""

end_of_span = _of_ints("end_of_span", 3, types.int64, _end_of_span)
"""The round behind a span."""
