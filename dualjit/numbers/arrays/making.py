"""Arrays made from numbers: literals, fills, ranges, conversions."""

from __future__ import annotations

import math

import numpy as np
from numba.core import types
from numba.core.errors import TypingError
from numba.core.typing.npydecl import parse_dtype
from numba.extending import intrinsic, register_jitable
from numba.np.arrayobj import (
    _empty_nd_impl,
    assign_sequence_to_array,
    check_sequence_shape,
    compute_sequence_shape,
)

from dualjit.numbers.arrays.levels import element, is_none, meet, primals, scalar_of
from dualjit.numbers.arrays.registry import implements
from dualjit.numbers.intrinsics import lift
from dualjit.numbers.lifting import lifted
from dualjit.numbers.types import Marked, mark
from dualjit.rules.arrays import making

array_of = making.array


def target_type(marked, dtype):
    """The numbers of an array for which the caller asks ``dtype``; None when they carry no derivative."""
    asked = scalar_of(marked) if is_none(dtype) or isinstance(dtype, types.Omitted) else parse_dtype(dtype)
    if isinstance(asked, Marked):
        return meet(marked, asked)
    if isinstance(asked, types.Float | types.Complex):
        return mark(asked, marked)
    if isinstance(asked, (types.Integer, types.Boolean)):
        return None
    raise TypingError(f"active values become {asked}, which carries no derivatives")


@intrinsic
def array_from(typingctx, sequence, marked):
    """A nested sequence of numbers as an array of ``marked``."""
    dtype, ndim, inner = marked.instance_type, 0, sequence
    while isinstance(inner, (types.Sequence, types.BaseTuple)):
        inner, ndim = inner.dtype if isinstance(inner, types.Sequence) else inner[0], ndim + 1
    answer = types.Array(dtype, ndim, "C")

    def code(context, builder, sig, args):
        shapes = compute_sequence_shape(context, builder, ndim, sequence, args[0])
        check_sequence_shape(context, builder, sequence, args[0], shapes)
        made = _empty_nd_impl(context, builder, answer, shapes)
        assign_sequence_to_array(context, builder, made.data, shapes, made.strides, answer, sequence, args[0])
        return made._getvalue()

    return answer(sequence, marked), code


@implements(np.array)
def array(object, dtype=None):
    target = target_type(element(object), dtype)
    if target is None:
        return None
    if isinstance(object, types.Array):
        if object.dtype == target:
            return lambda object, dtype=None: object.copy()
        return lambda object, dtype=None: lifted(object, target)
    if isinstance(object, types.ListType):
        return lambda object, dtype=None: array_of([v for v in object], dtype)  # noqa: C416 (Numba has no list() of these)
    if isinstance(object, (types.Sequence, types.BaseTuple)):
        return lambda object, dtype=None: array_from(object, target)

    def scalar(object, dtype=None):
        answer = np.empty((), target)
        answer[()] = lift(object, target)
        return answer

    return scalar


@implements(np.asarray)
def asarray(a, dtype=None):
    if isinstance(a, types.Array) and target_type(a.dtype, dtype) == a.dtype:
        return lambda a, dtype=None: a
    return lambda a, dtype=None: array_of(a, dtype)


@implements(np.asarray_chkfinite)
def asarray_chkfinite(a, dtype=None):
    def impl(a, dtype=None):
        answer = making.asarray(a, dtype)
        for v in answer.flat:
            if not np.isfinite(v):
                raise ValueError("array must not contain infs or NaNs")
        return answer

    return impl


@implements("astype")
def astype(a, dtype):
    target = target_type(a.dtype, dtype)
    if target is None:
        kind = parse_dtype(dtype)
        return lambda a, dtype: primals(a).astype(kind)
    transposed = a.layout == "F"

    def impl(a, dtype):
        answer = np.empty(a.shape[::-1], target).T if transposed else np.empty(a.shape, target)
        for i, v in np.ndenumerate(a):
            answer[i] = lift(v, target)
        return answer

    return impl


@implements(np.full)
def full(shape, fill_value, dtype=None):
    target = target_type(element(fill_value), dtype)
    if target is None:
        return None

    def impl(shape, fill_value, dtype=None):
        answer = np.empty(shape, target)
        answer[...] = fill_value
        return answer

    return impl


@implements(np.full_like)
def full_like(a, fill_value, dtype=None):
    target = target_type(meet(a, fill_value), dtype)
    if target is None:
        return None

    def impl(a, fill_value, dtype=None):
        answer = np.empty_like(a, target)
        answer[...] = fill_value
        return answer

    return impl


def like(function):
    """Builder for arrays of a constant in the shape of another: duals when the caller asks for them by dtype."""

    def build(a, dtype=None):
        asked = a.dtype.scalar if is_none(dtype) else parse_dtype(dtype)
        return lambda a, dtype=None: function(a, asked)

    return build


implements(np.zeros_like)(like(np.zeros_like))
implements(np.ones_like)(like(np.ones_like))
implements(np.empty_like)(like(np.empty_like))


@implements(np.linspace)
def linspace(start, stop, num=50):
    marked = meet(start, stop, types.float64)

    def impl(start, stop, num=50):
        answer = np.empty(num, marked)
        first, last = start * 1.0, stop * 1.0
        if num == 0:
            return answer
        if num > 1:
            step = np.divide(last - first, num - 1)
            for i in range(num):
                answer[i] = first + i * step
            answer[-1] = last
        else:
            answer[0] = first
        return answer

    return impl


@implements(np.arange)
def arange(start, stop=None, step=None, dtype=None):
    given = [t for t in (start, stop, step) if not is_none(t)]
    target = target_type(meet(*given, types.float64), dtype)
    if target is None:
        return None
    if is_none(stop):
        return lambda start, stop=None, step=None, dtype=None: ranged(0, start, 1, target)
    if is_none(step):
        return lambda start, stop=None, step=None, dtype=None: ranged(start, stop, 1, target)
    return lambda start, stop=None, step=None, dtype=None: ranged(start, stop, step, target)


@register_jitable
def ranged(start, stop, step, marked):
    """``start + i step``, as many as the primal has."""
    if step == 0:
        raise ValueError("Maximum allowed size exceeded")
    count = max(math.ceil((stop - start) / step), 0)
    answer = np.empty(count, marked)
    for i in range(count):
        answer[i] = start + (i * step)
    return answer
