"""What a function reads of a `Point`: items, which are seeded there and then, all one after another, length, slices.

A slice is the same type with another start, step and length.  They are numbers of the running kernel, which the
compiler knows where they are constants.

Relies on ``slice`` objects and their arithmetic, :mod:`numba.cpython.slicing`.
"""

from __future__ import annotations

import operator

from numba.core import cgutils, types
from numba.core.datamodel import models, register_default
from numba.core.imputils import lower_builtin, lower_getattr
from numba.core.typing import signature
from numba.core.typing.templates import AbstractTemplate, AttributeTemplate, infer_getattr, infer_global
from numba.cpython import slicing
from numba.extending import intrinsic

from dualjit.numbers.algebra import Algebra
from dualjit.numbers.forms import Pair
from dualjit.numbers.points import ALONG, INDEX, Answer, Point, PointIterator, from_the_end, passes
from dualjit.numbers.room import calling_convention
from dualjit.numbers.tangents import ListTangent
from dualjit.numbers.types import Dual


@intrinsic(prefer_literal=False)
def item(typingctx, point, index):
    """``point[index]``."""
    if not (isinstance(point, Point) and isinstance(index, types.Integer)):
        return None
    return signature(point.number, point, types.int64), _item


@infer_global(operator.getitem)
class _GetItem(AbstractTemplate):
    def generic(self, args, kws):
        if len(args) != 2 or not isinstance(args[0], Point):
            return None
        if isinstance(args[1], types.SliceType):
            return signature(*args[:1], *args)
        return signature(args[0].number, args[0], types.int64) if isinstance(args[1], types.Integer) else None


@lower_builtin(operator.getitem, Point, types.Integer)
def _item(context, builder, sig, args):
    point = sig.args[0]
    source = cgutils.create_struct_proxy(point)(context, builder, value=args[0])
    index = from_the_end(builder, args[1], source.length)
    index = builder.add(source.start, builder.mul(index, source.step))
    offset = point.shape.offset(builder, index, source.i, source.points)
    algebra = Algebra(context, builder, point.scalar)
    number = algebra.leaf(builder.load(builder.gep(source.values, [offset])))
    this_pass = [source.inner, source.outer][: len(point.levels)]
    for level, (kind, lanes, first) in enumerate(zip(point.levels, _lanes(point.number), this_pass, strict=True), 1):
        if kind == ALONG:
            tangent = [algebra.leaf(builder.load(builder.gep(source.more, [offset])))]
        else:
            ahead = builder.sub(builder.add(index, INDEX(point.first)), first)
            step = passes(point.columns, lanes)
            tangent = [_unit(algebra, ahead, k * step) for k in range(lanes)]
        number = Pair(level, number, ListTangent(algebra, tangent))
    return algebra.pack(point.number, number)


@lower_builtin(operator.getitem, Point, types.SliceType)
def _slice(context, builder, sig, args):
    point, kind = sig.args
    made = cgutils.create_struct_proxy(point)(context, builder, value=args[0])
    bounds = context.make_helper(builder, kind, args[1])
    if kind.has_step:
        with builder.if_then(builder.icmp_signed("==", bounds.step, INDEX(0)), likely=False):
            calling_convention(context).return_user_exc(builder, ValueError, ("slice step cannot be zero",))
    slicing.fix_slice(builder, bounds, made.length)
    made.start = builder.add(made.start, builder.mul(bounds.start, made.step))
    made.step = builder.mul(made.step, bounds.step)
    made.length = slicing.get_slice_length(builder, bounds)
    return made._getvalue()


@register_default(PointIterator)
class _IteratorModel(models.StructModel):
    """The point, and where the number of the next item is."""

    def __init__(self, dmm, fe_type):
        super().__init__(dmm, fe_type, [("point", fe_type.point), ("next", types.CPointer(types.int64))])


@lower_builtin("getiter", Point)
def _iterator(context, builder, sig, args):
    made = cgutils.create_struct_proxy(sig.return_type)(context, builder)
    made.point = args[0]
    made.next = cgutils.alloca_once_value(builder, INDEX(0))
    return made._getvalue()


@lower_builtin("iternext", PointIterator)
def _next(context, builder, sig, args):
    """The next item, and whether there is one; what ``iternext_impl`` makes is Numba's, which numba-cuda leaves out."""
    point = sig.args[0].point
    source = cgutils.create_struct_proxy(sig.args[0])(context, builder, value=args[0])
    length = cgutils.create_struct_proxy(point)(context, builder, value=source.point).length
    index = builder.load(source.next)
    pair = context.make_helper(builder, sig.return_type)
    pair.second = builder.icmp_signed("<", index, length)
    with builder.if_then(pair.second):
        pair.first = _item(context, builder, signature(point.number, point, types.int64), [source.point, index])
        builder.store(builder.add(index, INDEX(1)), source.next)
    return pair._getvalue()


def _unit(algebra, ahead, column: int):
    one, zero = (algebra.real(algebra.const(x)) for x in (1.0, 0.0))
    here = algebra.builder.icmp_signed("==", ahead, INDEX(column))
    return algebra.leaf(algebra.builder.select(here, one, zero))


def _lanes(number):
    """Partials by level, innermost first."""
    return list(number.lanes.values()) if isinstance(number, Dual) else []


@infer_global(len)
class _Len(AbstractTemplate):
    def generic(self, args, kws):
        return signature(types.intp, *args) if len(args) == 1 and isinstance(args[0], (Point, Answer)) else None


@lower_builtin(len, Point)
def _point_length(context, builder, sig, args):
    return _length(context, builder, *sig.args, *args)


@lower_builtin(len, Answer)
def _answer_length(context, builder, sig, args):
    return context.get_constant(types.intp, sig.args[0].count)


@infer_getattr
class _PointAttributes(AttributeTemplate):
    """What functions ask of a vector."""

    key = Point

    def resolve_size(self, point):
        return types.intp

    def resolve_shape(self, point):
        return types.UniTuple(types.intp, 1)


@lower_getattr(Point, "size")
def _length(context, builder, point, value):
    return cgutils.create_struct_proxy(point)(context, builder, value=value).length


@lower_getattr(Point, "shape")
def _shape(context, builder, point, value):
    return context.make_tuple(builder, types.UniTuple(types.intp, 1), [_length(context, builder, point, value)])
