"""Shadows: zeros of the shape and the layout of an array, or of a list's length.

One idea: every gradient makes some, so they are generated here: ``np.zeros`` would be the larger part of the
compilation of a small gradient.
"""

from __future__ import annotations

from numba.core import cgutils, types
from numba.core.imputils import impl_ret_new_ref
from numba.core.typing import signature
from numba.np.arrayobj import _empty_nd_impl, make_array

from dualjit.numbers.arity import intrinsic_of
from dualjit.numbers.types import Marked, complex_of, is_complex


def fresh_zeros(context, builder, answer: types.Array, shape):
    """The array struct of a fresh array of zeros; of one with any strides the elements are in C order."""
    layout = "F" if answer.layout == "F" else "C"
    fresh = _empty_nd_impl(context, builder, answer.copy(layout=layout), shape)
    cgutils.memset(builder, fresh.data, builder.mul(fresh.nitems, fresh.itemsize), 0)
    return fresh


def shadow_element(element: types.Type, zero: types.Type) -> types.Type:
    """The number that shadows are made of: the cotangent's, in the precision of the primal where it is plain."""
    zero = types.unliteral(zero)
    if isinstance(zero, types.Float) and not isinstance(element, Marked):
        return element
    return complex_of(zero) if is_complex(element) else zero


def _shadow(value, zero):
    if isinstance(value, types.Array):
        return _of_array(value, zero)
    if isinstance(value, types.List | types.ListType) and value.is_precise():  # else typed again, with its items' type
        return _of_list(value, zero)
    return None


shadow = intrinsic_of("shadow", 2, _shadow)
"""``(value, zero)``: zeros of the shape of an array; of a list, one for each number, and a shadow for each array."""


def _of_array(value, zero):
    answer = types.Array(shadow_element(value.dtype, zero), value.ndim, value.layout)

    def generate(context, builder, sig, args):
        shape = cgutils.unpack_tuple(builder, make_array(value)(context, builder, args[0]).shape, value.ndim)
        fresh = fresh_zeros(context, builder, answer, shape)
        return impl_ret_new_ref(context, builder, answer, fresh._getvalue())

    return signature(answer, value, zero), generate


def _of_list(value, zero):
    item = value.item_type if isinstance(value, types.ListType) else value.dtype
    if isinstance(item, types.Array):
        answer = types.List(types.Array(shadow_element(item.dtype, zero), item.ndim, item.layout))

        def impl(value, zero):
            return [shadow(v, zero) for v in value]

    elif is_complex(item):
        answer = types.List(complex_of(types.unliteral(zero)))

        def impl(value, zero):
            return [complex(zero, zero) for _ in value]

    else:
        answer = types.List(types.unliteral(zero))

        def impl(value, zero):
            return [zero for _ in value]

    sig = signature(answer, value, zero)
    return sig, lambda context, builder, sig, args: context.compile_internal(builder, impl, sig, args)
