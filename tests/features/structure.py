"""Numbers and arrays inside nested tuples, named tuples and lists."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba.typed import List


def leaves(structure) -> list:
    """The numbers and arrays of a structure, in order."""
    if isinstance(structure, (tuple, list, List)):
        return [leaf for item in structure for leaf in leaves(item)]
    return [structure]


def copied(structure, copy: Callable | None = None):
    """The structure with every number and array passed through ``copy``; arrays keep their layout."""
    copy = copy or duplicate
    if isinstance(structure, tuple):
        items = [copied(item, copy) for item in structure]
        return type(structure)(*items) if hasattr(structure, "_fields") else tuple(items)
    if isinstance(structure, List):
        return List([copied(item, copy) for item in structure])
    if isinstance(structure, list):
        return [copied(item, copy) for item in structure]
    return copy(structure)


def duplicate(leaf):
    """A copy of an array with the same strides, so that Numba sees the same type; other things as they are."""
    if not isinstance(leaf, np.ndarray) or leaf.flags.c_contiguous or leaf.flags.f_contiguous:
        return leaf.copy(order="K") if isinstance(leaf, np.ndarray) else leaf
    room = np.empty(tuple(2 * n for n in leaf.shape), leaf.dtype)
    strided = room[tuple(slice(None, None, 2) for _ in leaf.shape)]
    strided[...] = leaf
    return strided


def replaced(structure, position: int, leaf):
    """The structure with another leaf at a position in the order of :func:`leaves`."""
    order = iter(range(len(leaves(structure))))
    return copied(structure, lambda old: leaf if next(order) == position else duplicate(old))
