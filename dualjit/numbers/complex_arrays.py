"""Arrays of marked complex numbers: their parts as views, and array rows that mean something else for them.

One idea: the rows of `COMPLEX`, and all generic ones, move elements or add and multiply them, and so hold as they
stand; each row which has another meaning for complex numbers has an implementation here; every other row is refused.

Relied on: ``ArrayAttribute._resolve_real_imag`` types ``a.real`` and ``a.imag``; of two implementations of an attribute
the one registered later is taken.
"""

from __future__ import annotations

from functools import wraps

import numpy as np
from numba.core import types
from numba.core.imputils import impl_ret_borrowed, lower_getattr
from numba.core.typing.arraydecl import ArrayAttribute
from numba.extending import register_jitable
from numba.np.arrayobj import array_imag_part, array_real_part, make_array, populate_array

from dualjit.numbers.arrays.registry import implements_complex
from dualjit.numbers.types import Marked, MarkedComplex

MAKING = ("array", "asarray", "astype", "empty_like", "full", "full_like", "ones_like", "zeros_like")
MOVING = ("append", "broadcast_arrays", "extract", "select", "tril", "triu", "where")
ADDING = ("cumprod", "cumsum", "ediff1d", "kron", "mean", "outer", "prod", "sum", "trace")
LOOKING = ("all", "allclose", "any", "argwhere", "array_equal", "count_nonzero", "flatnonzero", "isclose", "nonzero")
COMPLEX = frozenset((*MAKING, *MOVING, *ADDING, *LOOKING, "stop_gradient"))
"""Names of rows that mean the same for complex numbers and whose implementation is right for them."""


def _accepting_marked(resolve):
    @wraps(resolve)
    def resolve_part(self, array, attr):
        if isinstance(array.dtype, MarkedComplex):
            return array.copy(dtype=array.dtype.part, layout="A")
        if isinstance(array.dtype, Marked) and attr == "real":
            return array
        return resolve(self, array, attr)

    return resolve_part


ArrayAttribute._resolve_real_imag = _accepting_marked(ArrayAttribute._resolve_real_imag)


@lower_getattr(types.Array, "real")
def real_part(context, builder, type, value):
    if isinstance(type.dtype, MarkedComplex):
        return _part(context, builder, type, value, 0)
    if isinstance(type.dtype, Marked):
        return impl_ret_borrowed(context, builder, type, value)
    return array_real_part(context, builder, type, value)


@lower_getattr(types.Array, "imag")
def imag_part(context, builder, type, value):
    if isinstance(type.dtype, MarkedComplex):
        return _part(context, builder, type, value, 1)
    return array_imag_part(context, builder, type, value)


def _part(context, builder, type, value, position):
    """A view of one of the parts of all elements."""
    source, answer = make_array(type)(context, builder, value), type.copy(dtype=type.dtype.part, layout="A")
    view = make_array(answer)(context, builder)
    number = context.get_data_type(answer.dtype)
    data = builder.gep(builder.bitcast(source.data, number.as_pointer()), [context.get_constant(types.int32, position)])
    itemsize = context.get_constant(types.intp, context.get_abi_sizeof(number))
    populate_array(view, data, source.shape, source.strides, itemsize, source.meminfo, source.parent)
    return impl_ret_borrowed(context, builder, answer, view._getvalue())


@implements_complex(np.real)
def real(val):
    return lambda val: val.real


@implements_complex(np.imag)
def imag(val):
    return lambda val: val.imag


@implements_complex("conj")
def conj(arr):
    return lambda arr: np.conjugate(arr)


DEGREES = float(180 / np.pi)


@register_jitable
def angle_of(z, deg):
    if deg:
        return np.arctan2(z.imag, z.real) * DEGREES
    return np.arctan2(z.imag, z.real)


@implements_complex(np.angle)
def angle(z, deg=False):
    if not isinstance(z, types.Array):
        return lambda z, deg=False: angle_of(z, deg)
    marked = z.dtype.part

    def impl(z, deg=False):
        answer = np.empty(z.shape, marked)
        for i, v in np.ndenumerate(z):
            answer[i] = angle_of(v, deg)
        return answer

    return impl
