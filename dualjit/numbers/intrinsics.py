"""What compiled code can do with dual numbers beyond arithmetic: make them, take them apart, look at their memory.

All are for ``@njit`` code only.  A type argument ``T`` is a Numba type which the caller has as a constant (a closure
variable); where a dual type is asked for, a float type stands for the dual number without levels.

One idea: the memory of n dual numbers is a float array with one more axis; `as_floats` and `as_duals` are two views of
the same memory.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.imputils import impl_ret_borrowed
from numba.core.typing import signature
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array

from dualjit.numbers.algebra import Algebra
from dualjit.numbers.complex_algebra import ComplexAlgebra
from dualjit.numbers.forms import leaf_of
from dualjit.numbers.types import Dual, MarkedComplex

INT32, INT64 = ir.IntType(32), ir.IntType(64)


def _number_type(reference):
    type = getattr(reference, "instance_type", None)
    return type if isinstance(type, (Dual, MarkedComplex, types.Float)) else None


@intrinsic
def lift(typingctx, x, T):
    """``x`` as a number of type ``T``; partials which it lacks are zero."""
    target = _number_type(T)
    if target is None or not typingctx.can_convert(x, target):
        return None

    def generate(context, builder, sig, args):
        return context.cast(builder, args[0], sig.args[0], target)

    return signature(target, x, T), generate


@intrinsic
def value(typingctx, d):
    """The value of a number, one level down; of a complex one, of both its parts."""
    if not isinstance(d, (Dual, MarkedComplex)):
        return None

    def generate(context, builder, sig, args):
        return value_of_number(context, builder, d, args[0])

    return signature(d.below, d), generate


def value_of_number(context, builder, d, number):
    """The LLVM value of type ``d.below`` for one of type ``d``."""
    parts = context.data_model_manager[d].split(builder, number)
    if isinstance(d, Dual):
        return parts[0]
    real, imag = (value_of_number(context, builder, d.part, x) for x in parts)
    if isinstance(d.below, MarkedComplex):
        return context.data_model_manager[d.below].join(builder, real, imag)
    answer = context.make_complex(builder, d.below)
    answer.real, answer.imag = real, imag
    return answer._getvalue()


@intrinsic
def primal(typingctx, d):
    """The innermost value; numbers which are not dual are their own."""
    if isinstance(d, MarkedComplex):
        return signature(d.scalar, d), _complex_primal
    if not isinstance(d, Dual):
        return (signature(d, d), lambda context, builder, sig, args: args[0]) if isinstance(d, types.Number) else None

    def generate(context, builder, sig, args):
        return leaf_of(Algebra(context, builder, d.scalar).unpack(d, args[0])).ir

    return signature(d.scalar, d), generate


def _complex_primal(context, builder, sig, args):
    algebra = ComplexAlgebra(Algebra(context, builder, sig.args[0].part.scalar))
    return algebra.typed(algebra.unpack(sig.args[0], args[0]).map(leaf_of), sig.return_type)


@intrinsic
def partial(typingctx, d, i):
    """Partial derivative number ``i`` (at run time) of the highest level."""
    if not (isinstance(d, Dual) and isinstance(i, types.Integer)):
        return None

    def generate(context, builder, sig, args):
        partials = context.data_model_manager[d].split(builder, args[0])[1]
        if isinstance(partials.type, ir.VectorType):
            return builder.extract_element(partials, args[1])
        memory = cgutils.alloca_once_value(builder, partials)
        return builder.load(cgutils.gep_inbounds(builder, memory, 0, args[1]))

    return signature(d.base, d, types.intp), generate


@intrinsic
def seed(typingctx, T, v, i):
    """Number of type ``T`` with value ``v`` and partial 1 at position ``i``, none when ``i`` is outside 0..n-1."""
    target = _number_type(T)
    if not isinstance(target, Dual) or not typingctx.can_convert(v, target.base):
        return None

    def generate(context, builder, sig, args):
        _, v, i = args
        algebra = Algebra(context, builder, target.scalar)
        one, zero = (algebra.pack(target.base, algebra.const(x)) for x in (1.0, 0.0))
        partials_type = context.data_model_manager[target].partials_type
        if isinstance(partials_type, ir.VectorType):
            return _join(context, builder, target, v, _unit_vector(builder, i, one, zero, target.n))
        partials = ir.Constant(partials_type, ir.Undefined)
        for k in range(target.n):
            here = builder.icmp_signed("==", i, i.type(k))
            partials = builder.insert_value(partials, builder.select(here, one, zero), k)
        return _join(context, builder, target, v, partials)

    return signature(target, T, target.base, types.intp), generate


def _unit_vector(builder, i, one, zero, n):
    index = splat(builder, i, n)
    here = builder.icmp_signed("==", index, ir.Constant(index.type, list(range(n))))
    vector = ir.VectorType(one.type, n)
    return builder.select(here, ir.Constant(vector, [one] * n), ir.Constant(vector, [zero] * n))


def _join(context, builder, type, value, partials):
    return context.data_model_manager[type].join(builder, value, partials)


@intrinsic
def from_partials(typingctx, T, v, p):
    """Number of type ``T`` with value ``v`` and partials ``p[0]``, ..., ``p[n-1]`` of a one-dimensional array."""
    target = _number_type(T)
    if not isinstance(target, Dual) or not typingctx.can_convert(v, target.base):
        return None
    if not (isinstance(p, types.Array) and p.ndim == 1 and typingctx.can_convert(p.dtype, target.base)):
        return None

    def generate(context, builder, sig, args):
        array = make_array(p)(context, builder, args[2])
        stride = builder.extract_value(array.strides, 0)
        partials = ir.Constant(context.data_model_manager[target].partials_type, ir.Undefined)
        vector = isinstance(partials.type, ir.VectorType)
        for k in range(target.n):
            pointer = cgutils.pointer_add(builder, array.data, builder.mul(stride, stride.type(k)))
            element = context.unpack_value(builder, p.dtype, pointer)
            element = context.cast(builder, element, p.dtype, target.base)
            if vector:
                partials = builder.insert_element(partials, element, INT32(k))
            else:
                partials = builder.insert_value(partials, element, k)
        return _join(context, builder, target, args[1], partials)

    return signature(target, T, target.base, p), generate


@intrinsic
def store_partials(typingctx, d, out, start, lo, hi):
    """``out[start:start+hi-lo] = partials[lo:hi]``; ``out`` is one-dimensional and contiguous, of the base type."""
    if not (isinstance(d, Dual) and isinstance(out, types.Array)):
        return None
    if (out.ndim, out.layout, out.dtype) != (1, "C", d.base):
        return None

    def generate(context, builder, sig, args):
        number, array, start, lo, hi = args
        data = make_array(out)(context, builder, array).data
        store_lanes(context, builder, d, number, builder.gep(data, [start]), lo, hi)
        return context.get_dummy_value()

    return signature(types.none, d, out, types.intp, types.intp, types.intp), generate


def store_lanes(context, builder, d, number, pointer, lo, hi):
    """Store partials ``lo`` to ``hi - 1`` of an LLVM number of type ``d`` at ``pointer`` and behind."""
    partials = context.data_model_manager[d].split(builder, number)[1]
    first = builder.gep(pointer, [builder.neg(lo)])  # where partial 0 would go
    whole = builder.and_(
        builder.icmp_signed("==", lo, lo.type(0)),
        builder.icmp_signed("==", hi, lo.type(d.n)),
    )
    with builder.if_else(whole, likely=True) as (all_of_them, some):
        with all_of_them:
            _store_all(context, builder, d, partials, first)
        with some:
            _store_range(context, builder, d, partials, first, lo, hi)


def _store_all(context, builder, d, partials, first):
    if isinstance(partials.type, ir.VectorType):
        builder.store(partials, builder.bitcast(first, partials.type.as_pointer()), align=1)
        return
    for k in range(d.n):
        context.pack_value(builder, d.base, builder.extract_value(partials, k), builder.gep(first, [INT64(k)]))


def _store_range(context, builder, d, partials, first, lo, hi):
    if isinstance(partials.type, ir.VectorType):
        _store_masked(builder, partials, first, lo, hi)
        return
    memory = builder.bitcast(cgutils.alloca_once_value(builder, partials), partials.type.element.as_pointer())
    with cgutils.for_range_slice(builder, lo, hi, lo.type(1)) as (k, _):
        element = builder.load(builder.gep(memory, [k]))
        context.pack_value(builder, d.base, element, builder.gep(first, [k]))


def _store_masked(builder, vector, first, lo, hi):
    """One instruction where the processor has masked stores: LLVM's llvm.masked.store."""
    n = vector.type.count
    index = ir.Constant(ir.VectorType(INT64, n), list(range(n)))
    inside = builder.and_(
        builder.icmp_signed(">=", index, splat(builder, lo, n)), builder.icmp_signed("<", index, splat(builder, hi, n))
    )
    pointer = builder.bitcast(first, vector.type.as_pointer())
    name = f"llvm.masked.store.v{n}f{32 if isinstance(vector.type.element, ir.FloatType) else 64}.p0"
    signature_ = ir.FunctionType(ir.VoidType(), [vector.type, pointer.type, INT32, inside.type])
    store = cgutils.get_or_insert_function(builder.module, signature_, name)
    builder.call(store, [vector, pointer, INT32(1), inside])


def splat(builder, scalar, n):
    """A vector with one value in all lanes."""
    undefined = ir.Constant(ir.VectorType(scalar.type, n), ir.Undefined)
    first = builder.insert_element(undefined, scalar, INT32(0))
    return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(INT32, n), [0] * n))


def floats_in(type):
    """How many floats a number of this type is made of."""
    return (type.n + 1) * floats_in(type.base) if isinstance(type, Dual) else 1


@intrinsic
def as_floats(typingctx, a):
    """A contiguous array of duals as an array of floats with one more axis: value first, then the partials."""
    if not (isinstance(a, types.Array) and a.layout == "C" and isinstance(a.dtype, Dual)):
        return None
    answer = a.copy(dtype=a.dtype.scalar, ndim=a.ndim + 1)

    def generate(context, builder, sig, args):
        source = make_array(a)(context, builder, args[0])
        itemsize = _sizeof(context, builder, answer.dtype)
        shape = [*cgutils.unpack_tuple(builder, source.shape, a.ndim), itemsize.type(floats_in(a.dtype))]
        strides = [*cgutils.unpack_tuple(builder, source.strides, a.ndim), itemsize]
        return _view(context, builder, sig, source, answer, shape, strides, itemsize)

    return signature(answer, a), generate


@intrinsic
def as_duals(typingctx, a, T):
    """The inverse of `as_floats`: a contiguous array of floats as one of numbers of type ``T``, with one axis less."""
    target = _number_type(T)
    if not (isinstance(target, Dual) and isinstance(a, types.Array) and a.ndim and a.layout == "C"):
        return None
    if a.dtype != target.scalar:
        return None
    answer = a.copy(dtype=target, ndim=a.ndim - 1)

    def generate(context, builder, sig, args):
        source = make_array(a)(context, builder, args[0])
        shape = cgutils.unpack_tuple(builder, source.shape, a.ndim)
        strides = cgutils.unpack_tuple(builder, source.strides, a.ndim)
        fits = builder.icmp_signed("==", shape[-1], shape[-1].type(floats_in(target)))
        with builder.if_then(builder.not_(fits), likely=False):
            message = f"as_duals: the last axis of the array must have length {floats_in(target)}"
            context.call_conv.return_user_exc(builder, ValueError, (message,))
        itemsize = _sizeof(context, builder, target)
        return _view(context, builder, sig, source, answer, shape[:-1], strides[:-1], itemsize)

    return signature(answer, a, T), generate


def _sizeof(context, builder, type):
    return context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(type)))


def _view(context, builder, sig, source, type, shape, strides, itemsize):
    view = make_array(type)(context, builder)
    data = builder.bitcast(source.data, context.get_data_type(type.dtype).as_pointer())
    populate_array(view, data, shape, strides, itemsize, source.meminfo, source.parent)
    return impl_ret_borrowed(context, builder, sig.return_type, view._getvalue())
