"""Joining arrays and numbers of which some are dual: what Numba joins only when all are arrays of one kind."""

from __future__ import annotations

import numpy as np
from numba.core import types

from dualjit.numbers.arrays.levels import is_none, meet
from dualjit.numbers.arrays.registry import implements
from dualjit.numbers.lifting import lifted
from dualjit.rules.arrays import making

asarray = making.asarray


@implements(np.append)
def append(arr, values, axis=None):
    if is_none(axis):
        return lambda arr, values, axis=None: np.concatenate((np.ravel(asarray(arr)), np.ravel(asarray(values))))
    return lambda arr, values, axis=None: np.concatenate((arr, values), axis)


@implements(np.insert)
def insert(arr, obj, values, axis=None):
    marked = meet(arr, values)
    if not is_none(axis):
        return None
    return lambda arr, obj, values, axis=None: np.insert(lifted(arr, marked), obj, np.ravel(asarray(values)))


@implements(np.broadcast_arrays)
def broadcast_arrays(*args):
    marked = meet(*args)
    if not all(isinstance(t, types.Array) for t in args) or len(args) > 3:
        return None
    if all(t.dtype == marked for t in args):
        return lambda *args: np.broadcast_arrays(*args)
    if len(args) == 2:
        return lambda a, b: np.broadcast_arrays(lifted(a, marked), lifted(b, marked))
    return lambda a, b, c: np.broadcast_arrays(lifted(a, marked), lifted(b, marked), lifted(c, marked))
