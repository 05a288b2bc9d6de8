"""The array work of a driver, a piece an intrinsic: copy into duals, seed columns, take values, store columns.

One idea: a driver is compiled anew for every function and every combination of types, so its source is a handful of
calls; the loops over elements are generated here as LLVM code, without typing and lowering Python loops.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.imputils import impl_ret_borrowed, impl_ret_new_ref
from numba.core.typing import signature
from numba.extending import intrinsic
from numba.np.arrayobj import _empty_nd_impl, load_item, make_array, store_item

from dualjit.numbers.intrinsics import floats_in, store_lanes, value_of_number
from dualjit.numbers.types import Dual


class Operand:
    """An array while code is generated: its shape, and pointers to its elements."""

    def __init__(self, context, builder, type, value):
        self.context, self.builder, self.type = context, builder, type
        array = make_array(type)(context, builder, value)
        self.array, self.data = array, array.data
        self.shape = cgutils.unpack_tuple(builder, array.shape, type.ndim)
        self.strides = cgutils.unpack_tuple(builder, array.strides, type.ndim)

    def pointer(self, indices):
        return cgutils.get_item_pointer2(
            self.context, self.builder, self.data, self.shape, self.strides, self.type.layout, indices
        )

    def load(self, indices):
        return load_item(self.context, self.builder, self.type, self.pointer(indices))


def in_own_memory(array: types.Array, number: types.Type) -> types.Array:
    """The type of a fresh array like another, of these numbers: F order stays, all else is C order."""
    return types.Array(number, array.ndim, "F" if array.layout == "F" else "C")


def mapped(context, builder, sources, answer: types.Array, element, store=store_item):
    """A fresh array of ``element(*numbers)`` over parallel operands."""
    out = _empty_nd_impl(context, builder, answer, sources[0].shape)
    target = Operand(context, builder, answer, out._getvalue())
    order = "F" if answer.layout == "F" else "C"
    with cgutils.loop_nest(builder, target.shape, target.shape[0].type if target.shape else None, order) as indices:
        number = element(*(s.load(indices) for s in sources))
        store(context, builder, answer, number, target.pointer(indices))
    return impl_ret_new_ref(context, builder, answer, out._getvalue())


@intrinsic
def dual_copy(typingctx, x, T):
    """A fresh array of type ``T`` numbers with the values of array ``x``; partials which it lacks are zero."""
    number = T.instance_type
    answer = in_own_memory(x, number)

    def generate(context, builder, sig, args):
        source = Operand(context, builder, x, args[0])
        return mapped(context, builder, [source], answer, lambda v: context.cast(builder, v, x.dtype, number))

    return signature(answer, x, T), generate


@intrinsic
def paired(typingctx, x, direction, T):
    """A fresh array of dual numbers with one partial: values ``x``, partials ``direction``, of the same shape."""
    number = T.instance_type
    answer = in_own_memory(x, number)

    def generate(context, builder, sig, args):
        sources = [Operand(context, builder, t, v) for t, v in zip(sig.args[:2], args[:2], strict=True)]

        def element(v, d):
            return [context.cast(builder, q, s.type.dtype, number.base) for q, s in zip((v, d), sources, strict=True)]

        return mapped(context, builder, sources, answer, element, store_pair)

    return signature(answer, x, direction, T), generate


def store_pair(context, builder, answer: types.Array, pair, pointer):
    """Store value and partial one after the other: vectors of one float would keep the loop from being vectorised."""
    place = builder.bitcast(pointer, pair[0].type.as_pointer())
    for k, number in enumerate(pair):
        builder.store(number, builder.gep(place, [ir.IntType(32)(k)]))


@intrinsic
def values(typingctx, y):
    """A fresh array of the values of an array of duals, one level down."""
    answer = in_own_memory(y, y.dtype.below)

    def generate(context, builder, sig, args):
        source = Operand(context, builder, y, args[0])
        return mapped(context, builder, [source], answer, lambda d: value_of_number(context, builder, y.dtype, d))

    return signature(answer, y), generate


@intrinsic
def tangents(typingctx, y):
    """A fresh array of the first partials of an array of duals."""
    answer = in_own_memory(y, y.dtype.base)

    def generate(context, builder, sig, args):
        split = context.data_model_manager[y.dtype].split

        def element(d):
            partials = split(builder, d)[1]
            if isinstance(partials.type, ir.VectorType):
                return builder.extract_element(partials, ir.IntType(32)(0))
            return builder.extract_value(partials, 0)

        return mapped(context, builder, [Operand(context, builder, y, args[0])], answer, element)

    return signature(answer, y), generate


@intrinsic
def seed_columns(typingctx, d, lane, unit):
    """Partial ``lane + k`` of element k of ``d``, counted in C order, becomes ``unit``, wherever it is one of the n."""
    return signature(types.none, d, types.intp, d.dtype.scalar), seeding(d.dtype)


@intrinsic
def seed_columns_below(typingctx, d, lane, unit):
    """The same for the partials one level down, of the elements' values."""
    return signature(types.none, d, types.intp, d.dtype.scalar), seeding(d.dtype.base)


def seeding(number: Dual):
    """Code that seeds the elements' numbers of a type, with which their memory begins."""

    def generate(context, builder, sig, args):
        array = Operand(context, builder, sig.args[0], args[0])
        _, lane, unit = args
        size, zero = array.array.nitems, lane.type(0)
        first = largest(builder, builder.sub(zero, lane), zero)
        last = smallest(builder, builder.sub(lane.type(number.n), lane), size)
        with cgutils.for_range_slice(builder, first, last, lane.type(1)) as (k, _):
            store_partial(builder, array, number, k, builder.add(lane, k), unit)
        return context.get_dummy_value()

    return generate


@intrinsic
def load_columns(typingctx, d, columns, row, column):
    """Partial i of element k of ``d`` becomes ``columns[row + k, column + i]``, zero behind the last column."""
    number = d.dtype

    def generate(context, builder, sig, args):
        array, matrix = (Operand(context, builder, t, v) for t, v in zip(sig.args[:2], args[:2], strict=True))
        _, _, row, column = args
        zero = context.get_constant(number.scalar, 0.0)
        size, lanes = array.array.nitems, row.type(number.n)
        with cgutils.for_range(builder, size) as loop, cgutils.for_range(builder, lanes) as lane:
            at = builder.add(column, lane.index)
            inside = builder.icmp_signed("<", at, matrix.shape[1])
            with builder.if_else(inside) as (there, beyond):
                with there:
                    entry = matrix.load([builder.add(row, loop.index), at])
                    entry = context.cast(builder, entry, columns.dtype, number.scalar)
                    store_partial(builder, array, number, loop.index, lane.index, entry)
                with beyond:
                    store_partial(builder, array, number, loop.index, lane.index, zero)
        return context.get_dummy_value()

    return signature(types.none, d, columns, types.intp, types.intp), generate


def store_partial(builder, array: Operand, number: Dual, k, i, x):
    """Partial ``i`` of the ``number`` that the array's element ``k`` begins with becomes the float ``x``."""
    floats = builder.bitcast(array.pointer(unravel(builder, array.shape, k)), x.type.as_pointer())
    # As in as_floats: the memory of a dual is that of its value, then those of its partials.
    offset = builder.mul(builder.add(i, i.type(1)), i.type(floats_in(number.base)))
    builder.store(x, builder.gep(floats, [offset]), align=1)


def unravel(builder, shape, k):
    """Indices of element ``k``, counted in C order."""
    if not shape:
        return []
    indices = []
    for extent in reversed(shape[1:]):
        indices.insert(0, builder.srem(k, extent))
        k = builder.sdiv(k, extent)
    return [k, *indices]


@intrinsic
def jacobian_block(typingctx, y, x, base, zeros):
    """A fresh array of shape ``y.shape + x.shape`` (a number has no axes), of zeros where ``zeros`` is true."""
    number = base.instance_type
    ndim = sum(t.ndim for t in (y, x) if isinstance(t, types.Array))
    answer = types.Array(number, ndim, "C")

    def generate(context, builder, sig, args):
        parts = [(t, v) for t, v in zip(sig.args[:2], args[:2], strict=True) if isinstance(t, types.Array)]
        shape = [n for t, v in parts for n in Operand(context, builder, t, v).shape]
        out = _empty_nd_impl(context, builder, answer, shape)
        with builder.if_then(args[3]):
            size = builder.mul(out.nitems, out.itemsize)
            cgutils.memset(builder, out.data, size, 0)
        return impl_ret_new_ref(context, builder, answer, out._getvalue())

    return signature(answer, y, x, base, types.boolean), generate


@intrinsic
def store_columns(typingctx, y, J, size, lane):
    """Partials of ``y`` into a Jacobian block with rows of ``size`` columns, the first of which is partial ``lane``.

    Only what is among the n partials is stored; ``y`` is a dual number or an array of them, ``J`` is contiguous.
    """
    array = isinstance(y, types.Array)
    number = y.dtype if array else y

    def generate(context, builder, sig, args):
        y_value, block, size, lane = args
        data = make_array(J)(context, builder, block).data
        lo = largest(builder, lane, lane.type(0))
        hi = smallest(builder, builder.add(lane, size), lane.type(number.n))

        def store(dual, row):
            start = builder.add(builder.mul(row, size), builder.sub(lo, lane))
            store_lanes(context, builder, number, dual, builder.gep(data, [start]), lo, hi)

        with builder.if_then(builder.icmp_signed("<", lo, hi)):
            if not array:
                store(y_value, size.type(0))
            else:
                source = Operand(context, builder, y, y_value)
                with cgutils.loop_nest(builder, source.shape, size.type) as indices:
                    row = size.type(0)
                    for index, extent in zip(indices, source.shape, strict=True):
                        row = builder.add(builder.mul(row, extent), index)
                    store(source.load(indices), row)
        return context.get_dummy_value()

    return signature(types.none, y, J, types.intp, types.intp), generate


@intrinsic
def store_second(typingctx, y, H, outer, inner):
    """Second partials of ``y``, a dual of duals or an array of them, into the blocks ``H[k]`` of its numbers.

    Those of outer lane j and inner lane i go to ``H[k, outer + j, inner + i]``, where there is such a place.
    """
    array = isinstance(y, types.Array)
    number = y.dtype if array else y

    def generate(context, builder, sig, args):
        y_value, block, outer, inner = args
        blocks = make_array(H)(context, builder, block)
        size = builder.extract_value(blocks.shape, 2)
        hi = smallest(builder, builder.sub(size, inner), size.type(number.base.n))

        def store(dual, k):
            partials = context.data_model_manager[number].split(builder, dual)[1]
            for j in range(number.n):
                row = builder.add(outer, size.type(j))
                with builder.if_then(builder.icmp_signed("<", row, size)):
                    start = builder.add(builder.mul(builder.add(builder.mul(k, size), row), size), inner)
                    place = builder.gep(blocks.data, [start])
                    partial = builder.extract_value(partials, j)
                    store_lanes(context, builder, number.base, partial, place, size.type(0), hi)

        if not array:
            store(y_value, size.type(0))
        else:
            source = Operand(context, builder, y, y_value)
            with cgutils.for_range(builder, source.array.nitems) as loop:
                store(source.load(unravel(builder, source.shape, loop.index)), loop.index)
        return context.get_dummy_value()

    return signature(types.none, y, H, types.intp, types.intp), generate


@intrinsic
def mirror(typingctx, H):
    """What is above the diagonal of each block ``H[k]`` is copied below it."""

    def generate(context, builder, sig, args):
        blocks = Operand(context, builder, H, args[0])
        count, size, _ = blocks.shape
        with cgutils.loop_nest(builder, [count, size, size], size.type) as (k, i, j):
            above = builder.select(builder.icmp_signed("<", j, i), i, j)
            left = builder.select(builder.icmp_signed("<", j, i), j, i)
            store_item(context, builder, H, blocks.load([k, left, above]), blocks.pointer([k, i, j]))
        return context.get_dummy_value()

    return signature(types.none, H), generate


def largest(builder, a, b):
    return builder.select(builder.icmp_signed(">", a, b), a, b)


def smallest(builder, a, b):
    return builder.select(builder.icmp_signed("<", a, b), a, b)


@intrinsic
def present(typingctx, x):
    """What an optional value holds; Numba raises TypeError where it is None.  Other values are what they are."""
    held = x.type if isinstance(x, types.Optional) else x

    def generate(context, builder, sig, args):
        return impl_ret_borrowed(context, builder, held, context.cast(builder, args[0], x, held))

    return signature(held, x), generate


@intrinsic
def store_rows(typingctx, bar, J, lane):
    """Lanes of a shadow into rows of a Jacobian block, the first of which is in lane ``lane``.

    Only rows which are there are stored; ``bar`` is an array of duals or a dual, ``J`` is contiguous, with a whole
    number of rows.
    """
    number = bar.dtype if isinstance(bar, types.Array) else bar

    def generate(context, builder, sig, args):
        block, lane = make_array(J)(context, builder, args[1]), args[2]
        if isinstance(bar, types.Array):
            source = Operand(context, builder, bar, args[0])
            shape, size = source.shape, source.array.nitems
        else:
            shape, size = (), lane.type(1)
        rows = builder.sdiv(block.nitems, largest(builder, size, size.type(1)))
        lo = largest(builder, lane, lane.type(0))
        hi = smallest(builder, builder.add(lane, rows), lane.type(number.n))
        with cgutils.loop_nest(builder, shape, lane.type) as indices:
            index = size.type(0)
            for i, n in zip(indices, shape, strict=True):
                index = builder.add(builder.mul(index, n), i)
            cotangent = source.load(indices) if isinstance(bar, types.Array) else args[0]
            partials = context.data_model_manager[number].split(builder, cotangent)[1]
            memory = cgutils.alloca_once_value(builder, partials)
            with cgutils.for_range_slice(builder, lo, hi, lane.type(1)) as (k, _):
                value = builder.load(lane_pointer(builder, memory, k))
                value = context.cast(builder, value, number.base, J.dtype)
                place = builder.add(builder.mul(builder.sub(k, lane), size), index)
                builder.store(value, builder.gep(block.data, [place]))
        return context.get_dummy_value()

    return signature(types.none, bar, J, types.intp), generate


def lane_pointer(builder, partials, lane):
    """Where one lane of partials that are in memory stands."""
    element = partials.type.pointee.element
    return builder.gep(builder.bitcast(partials, element.as_pointer()), [lane])
