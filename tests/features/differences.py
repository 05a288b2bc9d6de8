"""Jacobians by central differences of fourth order: the reference that knows nothing of the engine.

The formula is (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12h, with an error of h^4 (Fornberg 1988).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .structure import copied, duplicate, leaves, replaced

STEP = {np.dtype(np.float64): 1e-3, np.dtype(np.float32): 3e-2}


def differences(f: Callable, arguments: tuple, argnums: tuple[int, ...], precision: np.dtype) -> list[np.ndarray]:
    """One block of shape ``out.shape + in.shape`` for each output, and in it for each input, in order."""

    def values(changed):
        return [np.asarray(leaf, float) for leaf in leaves(f(*copied(changed)))]

    shapes = [value.shape for value in values(arguments)]
    columns = [
        block_columns(values, arguments, argnum, position, STEP[precision])
        for argnum in argnums
        for position in range(len(leaves(arguments[argnum])))
    ]
    return [
        np.array([column[output] for column in inputs]).reshape(-1, int(np.prod(shape))).T.reshape(shape + in_shape)
        for output, shape in enumerate(shapes)
        for inputs, in_shape in columns
    ]


def block_columns(values: Callable, arguments: tuple, argnum: int, position: int, step: float):
    """Derivatives of all outputs in each element of one leaf of one argument, and that leaf's shape."""
    leaf = leaves(arguments[argnum])[position]
    columns = []
    for index in np.ndindex(np.shape(leaf)):

        def shifted(distance, index=index):
            changed = replaced(arguments[argnum], position, moved(leaf, index, distance))
            return values((*arguments[:argnum], changed, *arguments[argnum + 1 :]))

        h = step
        near, far = (shifted(h), shifted(-h)), (shifted(2 * h), shifted(-2 * h))
        columns.append([(8 * (a - b) - (c - d)) / (12 * h) for a, b, c, d in zip(*near, *far, strict=True)])
    return columns, np.shape(leaf)


def moved(leaf, index: tuple, distance: float):
    """The leaf with one element moved."""
    if not isinstance(leaf, np.ndarray):
        return type(leaf)(leaf + distance)
    changed = duplicate(leaf)
    changed[index] += distance
    return changed
