"""Arrays of all points: on the host or on the device, checked before anything is compiled.

Whatever has ``__cuda_array_interface__`` (CuPy, PyTorch, Numba) is on the device, and is used where it lies.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numba import from_dtype, typeof, types

from dualjit.cuda.problem import Argument
from dualjit.errors import DeviceArrayError, DTypeError, ShapeError

FLOATS = (np.dtype(np.float32), np.dtype(np.float64))
LAYOUTS = {"soa": True, "aos": False}


class Memory(NamedTuple):
    """What is known of an array, but for its numbers: a tuple, since tuples are compared in no time."""

    dtype: np.dtype
    shape: tuple[int, ...]
    contiguous: bool
    on_device: bool


class Other(NamedTuple):
    """What is known of an argument that is no array: Numba's type, or why it has none, and the name of Python's."""

    type: types.Type | str
    name: str


def memory(x) -> Memory | None:
    """What is known of an array; None for what is none."""
    interface = getattr(x, "__cuda_array_interface__", None)
    if interface is not None:
        dtype, shape, strides = _dtype(interface["typestr"]), tuple(interface["shape"]), interface.get("strides")
        return Memory(dtype, shape, strides is None or _is_contiguous(strides, shape, dtype.itemsize), True)
    if isinstance(x, np.ndarray):
        return Memory(x.dtype, x.shape, x.flags.c_contiguous, False)
    return None


def described(x) -> Memory | Other:
    """What is known of an argument."""
    found = memory(x)
    if found is not None:
        return found
    try:
        return Other(typeof(x), type(x).__name__)
    except ValueError as error:
        return Other(str(error), type(x).__name__)


_dtype = cache(np.dtype)


def _is_contiguous(strides, shape, itemsize) -> bool:
    if 0 in shape:
        return True
    for extent, stride in zip(reversed(shape), reversed(strides), strict=True):
        if extent != 1 and stride != itemsize:
            return False
        itemsize *= extent
    return True


@cache
def array_type(dtype: np.dtype, ndim: int, layout: str) -> types.Array:
    """Of Numba's; made once, since making one takes as long as all else that a call looks at."""
    return types.Array(from_dtype(dtype), ndim, layout)


class Inputs:
    """The arguments of a call at many points.

    Parameters
    ----------
    name : str
        Of the transform and the function, for messages.
    names : list of str
        The function's parameters.
    found : tuple
        For each what is known of its argument: `Memory` or `Other`.
    same : set of int
        Positions of arrays that all points have in common.
    layout : str
        "soa": the axis of points is the last one; "aos": the first.
    """

    axes: tuple[int, ...] = (1, 2)
    wanted = "array with an axis of points; batch_gradient(mode='reverse') has sums over points by shared arrays"

    def __init__(self, name: str, names: tuple[str, ...], found: tuple, same: frozenset[int], layout: str):
        self.name, self.names, self.layout, self.points_last = name, names, layout, LAYOUTS[layout]
        self.found = found
        self.memories = [x if isinstance(x, Memory) else None for x in found]
        self.batched = [k for k, m in enumerate(self.memories) if m is not None and k not in same]
        self.on_device = self.device()
        for k in self.batched:
            self.check(names[k], self.memories[k])
        self.points = self.count()

    def device(self) -> bool:
        """Are the arrays on the device?  Either all are, or none."""
        on_device = {self.names[k]: m.on_device for k, m in enumerate(self.memories) if m is not None}
        if len(set(on_device.values())) > 1:
            host = [name for name, there in on_device.items() if not there]
            raise DeviceArrayError(
                f"{self.name}: {', '.join(host)} on the host, other arrays on the device: "
                f"move with numba.cuda.to_device({host[0]}), or pass NumPy arrays alone"
            )
        return all(on_device.values())

    def check(self, name: str, m: Memory) -> None:
        """Raise unless this can be an array over all points."""
        if m.dtype not in FLOATS:
            raise DTypeError(
                f"{self.name}: '{name}' has dtype {m.dtype}, expected float64 or float32: convert it with "
                f"{name}.astype('float64')"
            )
        if len(m.shape) not in self.axes:
            raise ShapeError(f"{self.name}: '{name}' has shape {m.shape}, expected {self.expected()}: {self.hint()}")
        if not m.contiguous and m.on_device:
            raise ShapeError(
                f"{self.name}: '{name}' of shape {m.shape} is not contiguous: copy it{self.instead_of_copying()}"
            )

    def hint(self) -> str:
        return "a point has a number or a vector; hand over an array that all points have in common by shared="

    def instead_of_copying(self) -> str:
        return f", or transpose it and use layout={'aos' if self.points_last else 'soa'!r}"

    def expected(self) -> str:
        return "(n, points) or (points,)" if self.points_last else "(points, n) or (points,)"

    def count(self) -> int:
        """The number of points, which is the same in all arrays."""
        if not self.batched:
            raise ShapeError(f"no argument of {self.name} is an array with an axis of points")
        counts = {self.names[k]: self.memories[k].shape[-1 if self.points_last else 0] for k in self.batched}
        (first, points), *others = counts.items()
        for name, found in others:
            if found != points:
                raise ShapeError(
                    f"{self.name}: '{name}' has {found} points, '{first}' has {points} (layout={self.layout!r}: "
                    f"{self.expected()})"
                )
        return points

    def arguments(self, positions: tuple[int, ...]) -> tuple[Argument, ...]:
        """The arguments as kernels take them, those at ``positions`` with columns in that order."""
        firsts, columns = {}, 0
        for k in positions:
            if k not in self.batched:
                self.check_shared(self.names[k], self.memories[k])
            firsts[k], columns = columns, columns + self.size(k)
        scalars = {self.names[k]: self.memories[k].dtype for k in positions}
        if len(set(scalars.values())) > 1:
            raise DTypeError(f"{self.name}: differentiated arguments of different dtypes, {scalars}: convert to one")
        return tuple(self.argument(k, firsts.get(k)) for k in range(len(self.found)))

    def check_shared(self, name: str, m: Memory | None) -> None:
        """Raise unless points can have derivatives by an argument that is the same for all."""
        raise DTypeError(f"{self.name}: '{name}' is to be differentiated, but is no {self.wanted}")

    def size(self, k: int) -> int:
        """How many numbers a point has."""
        return self.memories[k].shape[0 if self.points_last else 1] if self.is_vector(k) else 1

    def is_vector(self, k: int) -> bool:
        """Does a point have a vector, or one number?"""
        return len(self.memories[k].shape) == max(self.axes)

    def argument(self, k: int, first: int | None) -> Argument:
        found = self.memories[k]
        if found is None:
            of_numba = self.found[k].type
            if isinstance(of_numba, str):
                raise ValueError(f"{self.name}: '{self.names[k]}': {of_numba}")
            return Argument(self.names[k], of_numba)
        in_order = found.contiguous or not found.on_device  # what is on the host is copied in order
        ndim = len(found.shape)
        if k not in self.batched and first is None:
            return Argument(self.names[k], array_type(found.dtype, ndim, "C" if in_order else "A"))
        shared = k not in self.batched
        return Argument(
            self.names[k], array_type(found.dtype, ndim, "C"), self.size(k), first, self.is_vector(k), shared
        )

    def check_directions(self, positions: tuple[int, ...], given: tuple) -> None:
        """Raise unless there is one direction for each differentiated argument, like it in every respect."""
        for k, found in zip(positions, given, strict=True):
            wanted, name = self.memories[k], self.names[k]
            if isinstance(found, Other) or found.on_device != wanted.on_device:
                where = "on the device" if wanted.on_device else "a NumPy array"
                raise DeviceArrayError(f"{self.name}: the direction of '{name}' must be {where}, as '{name}' is")
            if found.shape != wanted.shape:
                raise ShapeError(f"the direction of '{name}'", found.shape, wanted.shape)
            if found.dtype != wanted.dtype:
                raise DTypeError(
                    f"{self.name}: the direction of '{name}' has dtype {found.dtype}, expected {wanted.dtype}"
                )
            if not found.contiguous and found.on_device:
                raise ShapeError(f"{self.name}: the direction of '{name}' is not contiguous: copy it")


class EachPoint(Inputs):
    """Those of a call that has a derivative at each point by vectors which all points share."""

    def check_shared(self, name: str, m: Memory | None) -> None:
        if m is None or len(m.shape) != 1:
            given = "a number" if m is None else f"an array of shape {m.shape}"
            raise ShapeError(
                f"{self.name}: '{name}', the same for all points, is {given}, expected a vector: hand over one for "
                "each point"
            )
        if m.dtype not in FLOATS:
            raise DTypeError(f"{self.name}: '{name}' has dtype {m.dtype}, expected float64 or float32")
        if m.on_device and not m.contiguous:
            raise ShapeError(f"{self.name}: '{name}' is not contiguous: copy it")

    def size(self, k: int) -> int:
        return super().size(k) if k in self.batched else self.memories[k].shape[0]

    def is_vector(self, k: int) -> bool:
        return k not in self.batched or super().is_vector(k)


class OnePoint(Inputs):
    """The arguments of a call at one point: vectors that are differentiated, and whatever else the function takes."""

    axes = (1,)
    wanted = "array"

    def hint(self) -> str:
        return "one point has one vector"

    def instead_of_copying(self) -> str:
        return ""

    def expected(self) -> str:
        return "(n,)"

    def count(self) -> int:
        return 1

    def size(self, k: int) -> int:
        return self.memories[k].shape[0]


def check_output(out, wanted: Memory, name: str) -> None:
    """Raise unless ``out`` can take an answer of this kind."""
    found = memory(out)
    if found == wanted:
        return
    if found is None or found.on_device != wanted.on_device:
        where = "on the device, as the arguments are" if wanted.on_device else "a NumPy array, as the arguments are"
        raise DeviceArrayError(f"{name}: out= must be an array {where}")
    if found.shape != wanted.shape:
        raise ShapeError(f"out= of {name}", found.shape, wanted.shape)
    if found.dtype != wanted.dtype:
        raise DTypeError(f"{name}: out= has dtype {found.dtype}, expected {wanted.dtype}")
    raise ShapeError(f"{name}: out= is not contiguous: hand over a contiguous array of shape {wanted.shape}")
