"""In-place operators on arrays of duals: Numba's own rule does not know their elements.

Overloads of the CPU target come before Numba's generic templates.  Exchanging the operator in the IR would hide
reductions from ``prange``.
"""

from __future__ import annotations

import operator

import numpy as np
from numba.core import types
from numba.extending import overload

from dualjit.numbers.types import marker_of


def define(inplace, plain):
    def build(a, b):
        if not isinstance(a, types.Array) or marker_of(a) is None:
            return None
        if not isinstance(b, types.Array):

            def impl(a, b):
                for i, v in np.ndenumerate(a):
                    a[i] = plain(v, b)
                return a

        else:

            def impl(a, b):
                a[...] = plain(a, b)
                return a

        return impl

    overload(inplace, target="cpu")(build)


for _inplace, _plain in (
    (operator.iadd, operator.add),
    (operator.isub, operator.sub),
    (operator.imul, operator.mul),
    (operator.itruediv, operator.truediv),
    (operator.ifloordiv, operator.floordiv),
    (operator.imod, operator.mod),
    (operator.ipow, operator.pow),
):
    define(_inplace, _plain)
