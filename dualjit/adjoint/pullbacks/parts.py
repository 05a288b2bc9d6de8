"""Pullbacks of the parts and the angle of numbers: those of reals are constants.

Source: DLMF 1.9.6; Wirtinger derivatives of ``atan2(imag, real)``.
"""

from __future__ import annotations

import numpy as np
from numba import types
from numba.extending import overload, register_jitable

from dualjit.adjoint.pullbacks.registry import pullback
from dualjit.numbers.complex_arrays import DEGREES
from dualjit.numbers.types import has_complex


@pullback("imag", val="")
def imag(y_bar, val_bar):
    pass


@pullback("conj", arr="")
def conj(y_bar, arr_bar):
    arr_bar += np.conjugate(y_bar)


@pullback("angle", z="z")
def angle(z, deg, y_bar, z_bar):
    add_angles(z, DEGREES if deg else 1.0, y_bar, z_bar)


def add_angles(z, unit, y_bar, z_bar):
    """``z_bar += unit * y_bar * i / conj(z)``, of complex numbers; ``z`` comes conjugated."""
    raise NotImplementedError("compiled code")


@overload(add_angles)
def _add_angles(z, unit, y_bar, z_bar):
    if not has_complex(z):
        return lambda z, unit, y_bar, z_bar: None
    if not isinstance(z, types.Array):
        return lambda z, unit, y_bar, z_bar: add_angle(z_bar, (), z, unit * y_bar)

    def impl(z, unit, y_bar, z_bar):
        for i, v in np.ndenumerate(z):
            add_angle(z_bar, i, v, unit * y_bar[i])

    return impl


@register_jitable
def add_angle(z_bar, i, conjugate, bar):
    z_bar[i] += complex(0.0, 1.0) / conjugate * bar
