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

from dataclasses import dataclass

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.datamodel import models, register_default
from numba.core.typing import signature
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

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
    shared : bool
        Is there no such axis, since all points have the same?
    """

    extents: tuple[int, ...]
    points_last: bool
    shared: bool = False

    @property
    def size(self) -> int:
        """How many numbers belong to one point."""
        size = 1
        for extent in self.extents:
            size *= extent
        return size

    def offset(self, builder, place, i, points):
        """The offset in floats of number ``place`` (in C order) of point ``i``, all LLVM integers."""
        if self.shared:
            return place
        if self.points_last:
            return builder.add(builder.mul(place, points), i)
        return builder.add(builder.mul(i, INDEX(self.size)), place)

    def flat(self, builder, indices):
        """The place in C order of LLVM indices."""
        place = INDEX(0)
        for index, extent in zip(indices, self.extents, strict=True):
            place = builder.add(builder.mul(place, INDEX(extent)), index)
        return place


class Point(types.IterableType):
    """A vector argument at one point, or a slice of it.

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

    @property
    def iterator_type(self):
        return PointIterator(self)


def holds_point(t: types.Type) -> bool:
    """Is it a `Point`, or a tuple with one in it?"""
    return isinstance(t, Point) or (isinstance(t, types.BaseTuple) and any(map(holds_point, t)))


class PointIterator(types.SimpleIteratorType):
    """Goes through the items of a `Point`."""

    def __init__(self, point: Point):
        self.point = point
        super().__init__(f"iter({point})", point.number)


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
        super().__init__(dmm, fe_type, self.members(fe_type))

    @staticmethod
    def members(fe_type) -> list:
        pointer = types.CPointer(fe_type.scalar)
        indices = [(name, types.int64) for name in ("i", "points", "inner", "outer")]
        return [("values", pointer), ("more", pointer), *indices]


class _PointModel(_PlaceModel):
    """And which of the argument's numbers these are: of a slice not all."""

    @staticmethod
    def members(fe_type) -> list:
        return _PlaceModel.members(fe_type) + [(name, types.int64) for name in ("start", "step", "length")]


register_default(Point)(_PointModel)
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
        if isinstance(target, Point):
            made.start, made.step, made.length = INDEX(0), INDEX(1), INDEX(target.shape.size)
        return made._getvalue()

    return signature(target, T, values, more, *[types.int64] * 4), generate


def from_the_end(builder, index, size):
    """A negative index counts from the end, as in arrays."""
    negative = builder.icmp_signed("<", index, INDEX(0))
    return builder.select(negative, builder.add(index, size), index)
