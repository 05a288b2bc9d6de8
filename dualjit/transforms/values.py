"""Values at run time: numbers, arrays and lists in nested tuples."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np


def mapped_values(leaf: Callable, structure, *others):
    """``leaf`` of what is in nested tuples, with what is in the same places of ``others``."""
    if isinstance(structure, tuple):
        items = [mapped_values(leaf, *parts) for parts in zip(structure, *others, strict=True)]
        return type(structure)(*items) if hasattr(structure, "_fields") else tuple(items)
    return leaf(structure, *others)


def copied(structure):
    """A copy of nested tuples with own arrays and lists."""
    return mapped_values(lambda x: x.copy() if isinstance(x, (np.ndarray, list)) else x, structure)


def leaf_values(structure) -> Iterator:
    """Numbers and arrays in nested tuples and lists."""
    if isinstance(structure, (tuple, list)):
        for item in structure:
            yield from leaf_values(item)
    else:
        yield structure


def count(structure) -> int:
    """How many numbers there are in nested tuples and lists."""
    return sum(int(np.size(leaf)) for leaf in leaf_values(structure))
