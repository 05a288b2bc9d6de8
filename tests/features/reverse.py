"""What reverse mode is held to: a weighted sum of a function's answer, and its Jacobian contracted with the weights."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba.typed import List

from .structure import leaves

SEED = 20263
INDENT = "    "


def weights_of(answer) -> list:
    """A fixed random weight for every number of an answer; None where an answer is no float."""
    rng = np.random.default_rng(SEED)
    return [rng.uniform(0.5, 1.5, np.shape(leaf)) if is_float(leaf) else None for leaf in leaves(answer)]


def is_float(leaf) -> bool:
    return leaf is not None and np.asarray(leaf).dtype.kind == "f"


def weighted(function: Callable, count: int, answer, weights: list) -> Callable:
    """The function of ``count`` arguments that returns the weighted sum of what ``function`` returns."""
    names = ", ".join(f"a{i}" for i in range(count))
    lines = [f"def total({names}):", f"{INDENT}y = function({names})", f"{INDENT}t = 0.0"]
    space = {"function": function}
    for k, (expr, leaf) in enumerate(places("y", answer)):
        if weights[k] is not None:
            space[f"w{k}"] = weights[k] if np.ndim(leaf) else float(weights[k])
            lines += summed(expr, leaf, f"w{k}")
    exec("\n".join([*lines, f"{INDENT}return t"]), space)
    return space["total"]


def twofold(function: Callable, count: int) -> Callable:
    """The function of ``count`` arguments that returns what ``function`` returns, twice."""
    names = ", ".join(f"a{i}" for i in range(count))
    space = {"function": function}
    exec(f"def pair({names}):\n{INDENT}y = function({names})\n{INDENT}return y, y", space)
    return space["pair"]


def places(expr: str, structure):
    """The leaves of a structure with the expressions that reach them."""
    if isinstance(structure, (tuple, list, List)):
        for i, item in enumerate(structure):
            yield from places(f"{expr}[{i}]", item)
    else:
        yield expr, structure


def summed(expr: str, leaf, weight: str) -> list[str]:
    """Lines that add one leaf's numbers, each with its weight, to ``t``."""
    if not isinstance(leaf, np.ndarray):
        return [f"{INDENT}t += {expr} * {weight}"]
    if leaf.ndim == 0:
        return [f"{INDENT}t += {expr}[()] * {weight}"]
    index = ", ".join(f"i{axis}" for axis in range(leaf.ndim))
    loops = [f"{INDENT * (a + 1)}for i{a} in range({expr}.shape[{a}]):" for a in range(leaf.ndim)]
    return [*loops, f"{INDENT * (leaf.ndim + 1)}t += {expr}[{index}] * {weight}[{index}]"]


def contracted(jacobian, weights: list) -> list[np.ndarray]:
    """The weights times the blocks of a Jacobian, one for each input, in order."""
    blocks = [np.asarray(block, float) for block in leaves(jacobian)]
    inputs = len(blocks) // len(weights)
    rows = [blocks[k * inputs : (k + 1) * inputs] for k in range(len(weights))]
    return [
        sum(np.tensordot(w, row[i], np.ndim(w)) for w, row in zip(weights, rows, strict=True)) for i in range(inputs)
    ]
