"""Jacobians by central differences of fourth order: the reference that knows nothing of the engine.

The formula is (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12h, with an error of h^4 (Fornberg 1988).  It is evaluated
with a sequence of steps; where two neighbours agree best, the smaller step's value is taken (Ridders 1982).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .structure import copied, duplicate, leaves, replaced

STEPS = {
    np.dtype(np.float64): (1e-3, 3e-4, 1e-4, 1e-5),
    np.dtype(np.float32): (3e-2, 1e-2),
}


def differences(f: Callable, arguments: tuple, argnums: tuple[int, ...], precision: np.dtype) -> list[np.ndarray]:
    """One block of shape ``out.shape + in.shape`` for each output, and in it for each input, in order."""

    def values(changed):
        return [np.asarray(leaf, float) for leaf in leaves(f(*copied(changed)))]

    shapes = [value.shape for value in values(arguments)]
    columns = [
        block_columns(values, arguments, argnum, position, STEPS[precision])
        for argnum in argnums
        for position in range(len(leaves(arguments[argnum])))
    ]
    return [
        np.array([column[output] for column in inputs]).reshape(-1, int(np.prod(shape))).T.reshape(shape + in_shape)
        for output, shape in enumerate(shapes)
        for inputs, in_shape in columns
    ]


def block_columns(values: Callable, arguments: tuple, argnum: int, position: int, steps: tuple[float, ...]):
    """Derivatives of all outputs in each element of one leaf of one argument, and that leaf's shape."""
    leaf = leaves(arguments[argnum])[position]
    columns = []
    for index in np.ndindex(np.shape(leaf)):

        def shifted(distance, index=index):
            changed = replaced(arguments[argnum], position, moved(leaf, index, distance))
            return values((*arguments[:argnum], changed, *arguments[argnum + 1 :]))

        columns.append(most_settled([quotient(shifted, h) for h in steps]))
    return columns, np.shape(leaf)


def quotient(shifted: Callable, h: float) -> list[np.ndarray]:
    """The difference quotient of each output for one step."""
    stencil = zip(shifted(h), shifted(-h), shifted(2 * h), shifted(-2 * h), strict=True)
    return [(8 * (a - b) - (c - d)) / (12 * h) for a, b, c, d in stencil]


def most_settled(estimates: list[list[np.ndarray]]) -> list[np.ndarray]:
    """For each number the estimate that differs least from the one of the step before."""
    chosen = []
    for sequence in zip(*estimates, strict=True):
        sequence = np.array(sequence)
        best = np.abs(np.diff(sequence, axis=0)).argmin(axis=0)
        chosen.append(np.take_along_axis(sequence[1:], best[None], axis=0)[0])
    return chosen


def moved(leaf, index: tuple, distance: float):
    """The leaf with one element moved."""
    if not isinstance(leaf, np.ndarray):
        return type(leaf)(leaf + distance)
    changed = duplicate(leaf)
    changed[index] += distance
    return changed
