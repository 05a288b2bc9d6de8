"""Views of contiguous arrays whose lengths are known when they are compiled: of a point's vector, of other shapes.

With the axis of points first its numbers are contiguous, with it last they are as many numbers apart as there are
points.

Relies on ``populate_array`` and the layout of arrays.
"""

from __future__ import annotations

from dataclasses import dataclass

from llvmlite import ir
from numba.core import types
from numba.core.typing import signature
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array

INT64 = ir.IntType(64)


@dataclass(frozen=True)
class Place:
    """Where the numbers of a point are.

    Attributes
    ----------
    first, size : int
        Of how many in all they are which.
    total : int
    points_last : bool
        Is the axis of points the last one, or the first?
    """

    first: int
    size: int
    total: int
    points_last: bool


class Column(types.Type):
    """The type of a view at a `Place` of an array of these floats."""

    def __init__(self, scalar: types.Float, place: Place):
        self.scalar, self.place = scalar, place
        super().__init__(name=f"Column({scalar}, {place})")

    @property
    def array(self) -> types.Array:
        """The type of the view."""
        return types.Array(self.scalar, 1, "A" if self.place.points_last else "C")


@intrinsic(prefer_literal=False)
def column(typingctx, T, array, i, points):
    """The numbers of point ``i`` of a contiguous array over all points, at the place that the type ``T`` says."""
    target = getattr(T, "instance_type", None)
    if not isinstance(target, Column) or not (isinstance(array, types.Array) and array.layout == "C"):
        return None

    def generate(context, builder, sig, args):
        _, value, i, points = args
        place, itemsize = target.place, context.get_abi_sizeof(context.get_data_type(target.scalar))
        if place.points_last:
            offset = builder.add(builder.mul(INT64(place.first), points), i)
            stride = builder.mul(points, INT64(itemsize))
        else:
            offset = builder.add(builder.mul(i, INT64(place.total)), INT64(place.first))
            stride = INT64(itemsize)
        view = make_array(target.array)(context, builder)
        data = builder.gep(make_array(array)(context, builder, value).data, [offset])
        populate_array(view, data, [INT64(place.size)], [stride], INT64(itemsize), meminfo=None)
        return view._getvalue()

    return signature(target.array, T, array, types.int64, types.int64), generate


class Shaped(types.Type):
    """The type of a contiguous array of these floats, of a known shape."""

    def __init__(self, scalar: types.Float, shape: tuple[int, ...]):
        self.scalar, self.shape = scalar, shape
        super().__init__(name=f"Shaped({scalar}, {shape})")

    @property
    def array(self) -> types.Array:
        """The type of the view."""
        return types.Array(self.scalar, len(self.shape), "C")


@intrinsic(prefer_literal=False)
def shaped(typingctx, T, array):
    """The first numbers of a contiguous array in the shape that the type ``T`` says."""
    target = getattr(T, "instance_type", None)
    if not isinstance(target, Shaped) or not (isinstance(array, types.Array) and array.layout == "C"):
        return None

    def generate(context, builder, sig, args):
        stride = itemsize = context.get_abi_sizeof(context.get_data_type(target.scalar))
        strides = []
        for extent in reversed(target.shape):
            strides.insert(0, INT64(stride))
            stride *= extent
        view = make_array(target.array)(context, builder)
        data = make_array(array)(context, builder, args[1]).data
        populate_array(view, data, [INT64(n) for n in target.shape], strides, INT64(itemsize), meminfo=None)
        return view._getvalue()

    return signature(target.array, T, array), generate
