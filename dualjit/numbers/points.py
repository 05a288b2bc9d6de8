"""One point among many: its numbers are seeded as they are read, its derivatives stored as they are written.

One idea: a kernel that computes derivatives at many points never holds an array of dual numbers.  What the function
takes for its vector argument is a `Point`, a pointer into the caller's memory with a stride: reading ``x[i]`` loads a
float and makes its partials on the spot.  What it returns, or writes to an `Answer`, is taken apart into floats of the
caller's arrays.  Everything stays in registers, and with the points along the last axis neighbouring threads access
neighbouring memory.

How derivatives are seeded and stored is told by one word for each level of the dual numbers, innermost first:

========================  ========================================
levels                    what comes out
========================  ========================================
``(UNIT,)``               Jacobian
``(ALONG,)``              its product with a direction
``(UNIT, UNIT)``          Hessian
``(ALONG, UNIT)``         its product with a direction
========================  ========================================

Where all columns are more than a number has partials, several passes compute them.  Pass ``p`` of ``P`` has the columns
``p``, ``p + P``, ``p + 2 P`` and so on: where neighbouring threads are passes, they write to neighbouring memory.

All is compiled for whichever target the code around it is compiled for.

Source: the data-parallel duals of Revels et al. 2018, arXiv:1810.08297 (forward mode fused into kernels).
"""

from __future__ import annotations

import operator
from dataclasses import dataclass

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.datamodel import models, register_default
from numba.core.imputils import lower_builtin, lower_getattr
from numba.core.typing import signature
from numba.core.typing.templates import AbstractTemplate, AttributeTemplate, infer_getattr, infer_global
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

from dualjit.numbers.algebra import Algebra
from dualjit.numbers.forms import Pair, leaf_of
from dualjit.numbers.tangents import ListTangent
from dualjit.numbers.types import Dual

UNIT, ALONG = "unit", "along"
INDEX = ir.IntType(64)


def passes(columns: int, lanes: int) -> int:
    """How many passes compute all columns; one where there are none, for the values."""
    return max(1, -(-columns // lanes))


@dataclass(frozen=True)
class Shape:
    """How an array over all points lies in memory.

    Attributes
    ----------
    extents : tuple of int
        Of what belongs to one point.
    points_last : bool
        Is the axis of points the last one ("structure of arrays"), or the first?
    """

    extents: tuple[int, ...]
    points_last: bool

    @property
    def size(self) -> int:
        """How many numbers belong to one point."""
        size = 1
        for extent in self.extents:
            size *= extent
        return size

    def offset(self, builder, place, i, points):
        """The offset in floats of number ``place`` (in C order) of point ``i``, all LLVM integers."""
        if self.points_last:
            return builder.add(builder.mul(place, points), i)
        return builder.add(builder.mul(i, INDEX(self.size)), place)

    def flat(self, builder, indices):
        """The place in C order of LLVM indices."""
        place = INDEX(0)
        for index, extent in zip(indices, self.extents, strict=True):
            place = builder.add(builder.mul(place, INDEX(extent)), index)
        return place


class Point(types.Type):
    """A vector argument at one point.

    Parameters
    ----------
    scalar : numba type
        The floats in memory.
    number : numba type
        What its items are: ``scalar``, or a dual number over it.
    levels : tuple of str
        How each level of ``number`` is seeded.
    shape : Shape
        Of the argument.
    first : int
        The column of its first item.
    columns : int
        How many columns there are in all.
    """

    def __init__(
        self,
        scalar: types.Float,
        number: types.Type,
        levels: tuple[str, ...],
        shape: Shape,
        first: int = 0,
        columns: int = 0,
    ):
        self.scalar, self.number, self.levels = scalar, number, levels
        self.shape, self.first, self.columns = shape, first, columns
        super().__init__(name=f"Point({', '.join(map(str, self.key))})")

    @property
    def key(self):
        return self.scalar, self.number, self.levels, self.shape, self.first, self.columns


class Answer(types.Type):
    """Where the derivatives of all components of an answer go.

    Parameters
    ----------
    scalar : numba type
        The floats in memory.
    levels : tuple of str
        What each level of the numbers written means.
    lanes : tuple of int
        How many partials each level has.
    columns : int
        How many columns there are in all.
    shape : Shape
        Of the derivative.
    valued : bool
        Are values stored, too?
    """

    def __init__(
        self,
        scalar: types.Float,
        levels: tuple[str, ...],
        lanes: tuple[int, ...],
        columns: int,
        shape: Shape,
        valued: bool,
    ):
        self.scalar, self.levels, self.lanes, self.columns, self.shape, self.valued = (
            scalar,
            levels,
            lanes,
            columns,
            shape,
            valued,
        )
        super().__init__(name=f"Answer({', '.join(map(str, self.key))})")

    @property
    def key(self):
        return self.scalar, self.levels, self.lanes, self.columns, self.shape, self.valued

    @property
    def count(self) -> int:
        """How many components the answer has."""
        units = sum(level == UNIT for level in self.levels)
        return Shape(self.shape.extents[: len(self.shape.extents) - units], True).size


class _PlaceModel(models.StructModel):
    """Pointers into two arrays of floats, the point, how many there are, and the numbers of this pass."""

    def __init__(self, dmm, fe_type):
        pointer = types.CPointer(fe_type.scalar)
        indices = [(name, types.int64) for name in ("i", "points", "inner", "outer")]
        super().__init__(dmm, fe_type, [("values", pointer), ("more", pointer), *indices])


register_default(Point)(_PlaceModel)
register_default(Answer)(_PlaceModel)


@intrinsic(prefer_literal=False)
def place(typingctx, T, values, more, i, points, inner, outer):
    """A `Point` or an `Answer` of type ``T``.

    ``values`` and ``more`` are contiguous arrays: of an argument the values and the direction, of an answer the values
    and the derivatives.  ``inner`` and ``outer`` are the pass of each level.
    """
    target = getattr(T, "instance_type", None)
    arrays = all(isinstance(a, types.Array) and a.layout == "C" and a.dtype == target.scalar for a in (values, more))
    if not isinstance(target, (Point, Answer)) or not arrays:
        return None

    def generate(context, builder, sig, args):
        made = cgutils.create_struct_proxy(target)(context, builder)
        made.values = make_array(values)(context, builder, args[1]).data
        made.more = make_array(more)(context, builder, args[2]).data
        made.i, made.points, made.inner, made.outer = args[3:]
        return made._getvalue()

    return signature(target, T, values, more, *[types.int64] * 4), generate


# ---- reading


@intrinsic(prefer_literal=False)
def item(typingctx, point, index):
    """``point[index]``."""
    if not (isinstance(point, Point) and isinstance(index, types.Integer)):
        return None
    return signature(point.number, point, types.int64), _item


@infer_global(operator.getitem)
class _GetItem(AbstractTemplate):
    def generic(self, args, kws):
        if len(args) == 2 and isinstance(args[0], Point) and isinstance(args[1], types.Integer):
            return signature(args[0].number, args[0], types.int64)
        return None


@lower_builtin(operator.getitem, Point, types.Integer)
def _item(context, builder, sig, args):
    point = sig.args[0]
    index = _from_the_end(builder, args[1], point.shape.size)
    source = cgutils.create_struct_proxy(point)(context, builder, value=args[0])
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


def _from_the_end(builder, index, size: int):
    """A negative index counts from the end, as in arrays."""
    negative = builder.icmp_signed("<", index, INDEX(0))
    return builder.select(negative, builder.add(index, INDEX(size)), index)


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
    return context.get_constant(types.intp, sig.args[0].shape.size)


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
def _size(context, builder, point, value):
    return context.get_constant(types.intp, point.shape.size)


@lower_getattr(Point, "shape")
def _shape(context, builder, point, value):
    return context.make_tuple(
        builder, types.UniTuple(types.intp, 1), [context.get_constant(types.intp, point.shape.size)]
    )


# ---- writing


@intrinsic(prefer_literal=False)
def store(typingctx, answer, index, number):
    """``answer[index] = number``."""
    if isinstance(answer, Answer) and isinstance(index, types.Integer) and _storable(number):
        return signature(types.none, answer, types.int64, number), _store
    return None


def _storable(number):
    return isinstance(number, (Dual, types.Float, types.Integer))


@infer_global(operator.setitem)
class _SetItem(AbstractTemplate):
    def generic(self, args, kws):
        answer, index, number = args
        if isinstance(answer, Answer) and isinstance(index, types.Integer) and _storable(number):
            return signature(types.none, answer, types.int64, types.unliteral(number))
        return None


@lower_builtin(operator.setitem, Answer, types.Integer, types.Any)
def _store(context, builder, sig, args):
    answer, _, type = sig.args
    component = _from_the_end(builder, args[1], answer.count)
    target = cgutils.create_struct_proxy(answer)(context, builder, value=args[0])
    algebra = Algebra(context, builder, answer.scalar)
    number = algebra.unpack(type, args[2])
    if answer.valued:
        first_pass = builder.icmp_signed("==", builder.or_(target.inner, target.outer), INDEX(0))
        with builder.if_then(first_pass):
            offset = Shape((answer.count,), answer.shape.points_last).offset(
                builder, component, target.i, target.points
            )
            builder.store(algebra.real(leaf_of(number)), builder.gep(target.values, [offset]))
    _Derivatives(algebra, answer, target, component).store(number)
    return context.get_dummy_value()


class _Derivatives:
    """Stores the derivatives of one component: an axis of columns for each level of unit seeds, outermost first."""

    def __init__(self, algebra, answer: Answer, target, component):
        self.algebra, self.answer, self.target, self.component = algebra, answer, target, component
        self.this_pass = [target.inner, target.outer]

    def store(self, number) -> None:
        self.level(number, len(self.answer.levels), [])

    def level(self, number, level: int, columns: list) -> None:
        """The derivatives from ``level`` down; ``columns`` are those of the levels above."""
        answer, builder = self.answer, self.algebra.builder
        if not level:
            self.write(number, columns)
            return
        partials = self.partials(number, level)
        if answer.levels[level - 1] == ALONG:
            self.level(partials[0], level - 1, columns)
            return
        step = passes(answer.columns, len(partials))
        for k, partial in enumerate(partials):
            column = builder.add(self.this_pass[level - 1], INDEX(k * step))
            if (k + 1) * step > answer.columns:
                with builder.if_then(builder.icmp_signed("<", column, INDEX(answer.columns))):
                    self.level(partial, level - 1, [*columns, column])
            else:
                self.level(partial, level - 1, [*columns, column])

    def partials(self, number, level: int) -> list:
        """The partials of one level: zeros where the number does not have it."""
        if number.level == level:
            return number.tangent.elements()
        return [self.algebra.const(0.0)] * self.answer.lanes[level - 1]

    def write(self, number, columns: list) -> None:
        builder, shape = self.algebra.builder, self.answer.shape
        place = self.component
        for column in columns:
            place = builder.add(builder.mul(place, INDEX(self.answer.columns)), column)
        offset = shape.offset(builder, place, self.target.i, self.target.points)
        value = self.algebra.real(leaf_of(number))
        builder.store(value, builder.gep(self.target.more, [offset]))
