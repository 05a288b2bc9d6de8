"""The imaginary part and the angle of real numbers: constants."""

from __future__ import annotations

import numpy as np
from numba.core import types

from dualjit.numbers.arrays.levels import element, primals
from dualjit.numbers.arrays.registry import implements
from dualjit.numbers.intrinsics import lift
from dualjit.numbers.lifting import lifted


@implements(np.imag)
def imag(val):
    marked = element(val)
    if isinstance(val, types.Array):
        return lambda val: np.zeros_like(val)
    return lambda val: lift(0.0, marked)


@implements(np.angle)
def angle(z, deg=False):
    marked = element(z)
    return lambda z, deg=False: lifted(np.angle(primals(z), deg), marked)
