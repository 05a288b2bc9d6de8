"""NumPy's functions of numbers in kernels: those which Numba's CUDA targets know of arrays alone, or not at all.

Functions are written with ``np.exp`` and ``np.sqrt`` as often as with ``math.exp``, and rules of the table round with
``np.rint``.  Each is given, on floats and integers, the meaning of another function that the target has.

Relies on ``overload(..., target="cuda")`` being asked before the target's own typing of a ufunc.
"""

from __future__ import annotations

import math

import numpy as np
from numba import types
from numba.extending import overload


def register(libdevice) -> None:
    """Give the target those functions; ``libdevice`` is the target's module of NVIDIA's functions."""
    for ufunc, function in unary(libdevice).items():
        overload(ufunc, target="cuda")(_unary(function))
    for ufunc, function in binary(libdevice).items():
        overload(ufunc, target="cuda")(_binary(function))


def unary(libdevice) -> dict:
    """Functions of one number."""
    rint, floor, ceil, trunc = libdevice.rint, libdevice.floor, libdevice.ceil, libdevice.trunc
    exp2, cbrt = libdevice.exp2, libdevice.cbrt
    return {
        np.absolute: lambda x: math.fabs(x),
        np.cbrt: lambda x: cbrt(x),
        np.ceil: lambda x: ceil(x),
        np.exp: lambda x: math.exp(x),
        np.exp2: lambda x: exp2(x),
        np.expm1: lambda x: math.expm1(x),
        np.fabs: lambda x: math.fabs(x),
        np.floor: lambda x: floor(x),
        np.isfinite: lambda x: math.isfinite(x),
        np.isinf: lambda x: math.isinf(x),
        np.isnan: lambda x: x != x,
        np.log1p: lambda x: math.log1p(x),
        np.negative: lambda x: -x,
        np.positive: lambda x: +x,
        np.reciprocal: lambda x: 1 / x,
        np.rint: lambda x: rint(x),
        np.sign: lambda x: x if x != x else type(x)((x > 0) - (x < 0)),
        np.signbit: lambda x: math.copysign(1.0, x) < 0,
        np.sqrt: lambda x: math.sqrt(x),
        np.square: lambda x: x * x,
        np.trunc: lambda x: trunc(x),
    }


def binary(libdevice) -> dict:
    """Functions of two numbers."""
    nextafter = libdevice.nextafter
    return {
        np.add: lambda x, y: x + y,
        np.divide: lambda x, y: x / y,
        np.float_power: lambda x, y: x**y,
        np.copysign: lambda x, y: math.copysign(x, y),
        np.floor_divide: lambda x, y: x // y,
        np.fmod: lambda x, y: math.fmod(x, y),
        np.multiply: lambda x, y: x * y,
        np.nextafter: lambda x, y: nextafter(x, y),
        np.power: lambda x, y: x**y,
        np.remainder: lambda x, y: x % y,
        np.subtract: lambda x, y: x - y,
    }


def _unary(function):
    def typed(x):
        return function if isinstance(x, types.Float) else None

    return typed


def _binary(function):
    def typed(x, y):
        return function if isinstance(x, types.Float) and isinstance(y, types.Float) else None

    return typed
