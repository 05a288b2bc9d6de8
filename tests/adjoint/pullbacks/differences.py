"""Compares a pullback with differences of its primal: one compilation, for variants of what `judge` has seen.

For functions that are linear, or linear on both sides of the data up to a distance of 1e-3; there differences are
exact.  The primal is run by NumPy.
"""

from __future__ import annotations

import numpy as np

from tests.adjoint.pullbacks.judge import Case, Programs, same

STEP = 2.0**-10


def judge_variant(case: Case) -> None:
    """The pullback with floats against the primal's slopes."""
    programs = Programs(case)
    (y,) = programs.answers
    rng = np.random.default_rng(5)
    y_bar = rng.standard_normal(np.shape(y)) if np.ndim(y) else rng.standard_normal()
    expected = [slopes(case, leaf, y_bar) for leaf in case.activity]
    same(programs.run(y_bar, *case.leaves.values()), expected, case)


def slopes(case: Case, leaf: str, y_bar) -> np.ndarray:
    """Derivatives of the answer contracted with its cotangent by the elements of a leaf."""
    x = case.leaves[leaf]
    found = np.zeros(np.shape(x))
    for i in np.ndindex(found.shape):
        up, down = (np.sum(y_bar * answer(case, leaf, moved(x, i, step))) for step in (STEP, -STEP))
        found[i] = (up - down) / (2 * STEP)
    return found


def moved(x, i, step):
    if np.isscalar(x):
        return x + step
    x = x.copy(order="K")
    x[i] += step
    return x


def answer(case: Case, leaf: str, value) -> np.ndarray:
    """What the primal gives with another value of a leaf."""
    operands = []
    for name, held in case.operands.items():
        if isinstance(held, (tuple, list)):
            operands.append(type(held)(value if f"{name}_{i}" == leaf else v for i, v in enumerate(held)))
        else:
            operands.append(value if name == leaf else held)
    return np.asarray(case.primal(*operands))
