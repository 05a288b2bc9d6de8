"""Writing a diagonal in place."""

from __future__ import annotations

import numpy as np
from numba.core import types

from dualjit.numbers.arrays.registry import implements
from dualjit.rules.arrays import making

asarray = making.asarray


@implements(np.fill_diagonal)
def fill_diagonal(a, val, wrap=False):
    if not isinstance(a, types.Array) or a.ndim < 2:
        return None

    def impl(a, val, wrap=False):
        source = asarray(val).flatten()
        if source.size == 0:
            raise ValueError("The size of values must be positive")
        step = a.shape[1] + 1 if a.ndim == 2 else 0
        if a.ndim == 2:
            end = a.size if wrap else min(a.size, a.shape[1] * a.shape[1])
        else:
            for k in range(1, a.ndim):
                if a.shape[k] != a.shape[0]:
                    raise ValueError("All dimensions of input must be of equal length")
                step = step * a.shape[0] + 1
            step, end = step * a.shape[0] + 1, a.size
        flat = a.flat
        for count, i in enumerate(range(0, end, step)):
            flat[i] = source[count % source.size]

    return impl
