"""Small arrays without an allocation each: on the stack of a driver, or side by side in one piece of memory.

One idea: the Jacobian of a few numbers costs less than the memory its driver asks for (0.1 us a piece).  What lives as
long as the driver's call can be on its stack; blocks that are returned together can share one allocation.
"""

from __future__ import annotations

from functools import reduce

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.imputils import impl_ret_borrowed, impl_ret_new_ref
from numba.core.typing import signature
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array

from dualjit.numbers.shadowing import fresh_zeros

ROOM = 2048
"""Bytes of the stack that one array may take."""
SHARED = 256
"""Numbers in one piece of memory at the most: what keeps one block alive keeps all of them."""
ALIGNMENT = 64


def _product(builder, numbers):
    return reduce(builder.mul, numbers, ir.IntType(64)(1))


def _c_strides(builder, shape, itemsize):
    """Strides of a contiguous array in C order."""
    strides = [itemsize]
    for extent in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], extent))
    return strides[: len(shape)]


def _chosen(context, builder, answer: types.Array, small, place, shape):
    """The array that ``place`` puts somewhere where it is small, else a fresh one of zeros."""
    found = cgutils.alloca_once(builder, context.get_value_type(answer))
    with builder.if_else(small) as (then, otherwise):
        with then:
            builder.store(place(), found)
        with otherwise:
            builder.store(fresh_zeros(context, builder, answer, shape)._getvalue(), found)
    return builder.load(found)


def _unset(builder, number, size: int):
    """Memory on the stack; unlike that of ``cgutils.alloca_once`` it is not filled with zeros at each call."""
    with builder.goto_entry_block():
        return builder.alloca(ir.ArrayType(number, size))


@intrinsic(prefer_literal=True)
def local_array(typingctx, size, dtype):
    """An array of so many numbers, a constant, on the stack; nothing is set."""
    if not isinstance(size, types.IntegerLiteral):
        return None
    answer = types.Array(dtype.dtype, 1, "C")

    def generate(context, builder, sig, args):
        number = context.get_data_type(answer.dtype)
        itemsize = ir.IntType(64)(context.get_abi_sizeof(number))
        memory = builder.bitcast(_unset(builder, number, size.literal_value), number.as_pointer())
        made = make_array(answer)(context, builder)
        populate_array(made, memory, [ir.IntType(64)(size.literal_value)], [itemsize], itemsize, meminfo=None)
        return made._getvalue()

    return signature(answer, size, dtype), generate


@intrinsic
def local_zeros(typingctx, x, zero):
    """Zeros like ``zero`` in the shape of a C array ``x``, on the stack where that is small: not to be returned."""
    answer = types.Array(types.unliteral(zero), x.ndim, "C")

    def generate(context, builder, sig, args):
        shape = cgutils.unpack_tuple(builder, make_array(x)(context, builder, args[0]).shape, x.ndim)
        number = context.get_data_type(answer.dtype)
        itemsize = context.get_constant(types.intp, context.get_abi_sizeof(number))
        size = builder.mul(_product(builder, shape), itemsize)
        room = _unset(builder, ir.IntType(8), ROOM)
        room.align = ALIGNMENT

        def place():
            cgutils.memset(builder, builder.bitcast(room, ir.IntType(8).as_pointer()), size, 0)
            array = make_array(answer)(context, builder)
            data = builder.bitcast(room, number.as_pointer())
            populate_array(array, data, shape, _c_strides(builder, shape, itemsize), itemsize, None)
            return array._getvalue()

        small = builder.icmp_signed("<=", size, size.type(ROOM))
        return impl_ret_new_ref(context, builder, answer, _chosen(context, builder, answer, small, place, shape))

    return signature(answer, x, zero), generate


@intrinsic
def block_of(typingctx, memory, start, shape):
    """Zeros of this shape: a part of ``memory``, from ``start`` on, or fresh where ``memory`` is empty."""
    answer = types.Array(memory.dtype, len(shape), "C")

    def generate(context, builder, sig, args):
        source = make_array(memory)(context, builder, args[0])
        extents = cgutils.unpack_tuple(builder, args[2], answer.ndim)

        def place():
            view = make_array(answer)(context, builder)
            data = builder.gep(source.data, [args[1]])
            strides = _c_strides(builder, extents, source.itemsize)
            populate_array(view, data, extents, strides, source.itemsize, source.meminfo, source.parent)
            return impl_ret_borrowed(context, builder, answer, view._getvalue())

        shared = builder.icmp_signed(">", source.nitems, source.nitems.type(0))
        return _chosen(context, builder, answer, shared, place, extents)

    return signature(answer, memory, types.intp, shape), generate
