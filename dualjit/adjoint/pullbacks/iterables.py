"""Pullbacks of Python's own ``sum``, ``max`` and ``min`` of an array, a list or a tuple of numbers.

The cotangent of an array or list is one; that of a tuple is a tuple of cells, None where an item is inactive.
"""

from __future__ import annotations

import numpy as np
from numba import types
from numba.extending import overload

from dualjit.adjoint.pullbacks.registry import inner, pullback


@pullback("sum_of_iterable", iterable="", start="")
def sum_of_iterable(y_bar, iterable_bar, start_bar):
    if start_bar is not None:
        start_bar[()] += y_bar
    if iterable_bar is not None:
        for k in range(len(iterable_bar)):
            add_to_item(iterable_bar, k, y_bar)


@pullback("max_of_iterable", iterable="iterable")
def max_of_iterable(iterable, y_bar, iterable_bar):
    add_to_item(iterable_bar, first_greatest(items_of(iterable)), y_bar)


@pullback("min_of_iterable", iterable="iterable")
def min_of_iterable(iterable, y_bar, iterable_bar):
    add_to_item(iterable_bar, first_least(items_of(iterable)), y_bar)


@inner
def first_greatest(items):
    """Which item ``max`` takes: a later one only when it is greater."""
    taken = 0
    for k in range(1, len(items)):
        if items[k] > items[taken]:
            taken = k
    return taken


@inner
def first_least(items):
    """Which item ``min`` takes: a later one only when it is less."""
    taken = 0
    for k in range(1, len(items)):
        if items[k] < items[taken]:
            taken = k
    return taken


def items_of(iterable):
    """Something that can be indexed by a variable: tuples of several types can't."""
    raise NotImplementedError("compiled code")


@overload(items_of)
def _items_of(iterable):
    if isinstance(iterable, types.BaseTuple):
        return lambda iterable: np.array(iterable)
    return lambda iterable: iterable


def add_to_item(bars, k, cotangent):
    """Add to one item of the cotangent."""
    raise NotImplementedError("compiled code")


@overload(add_to_item)
def _add_to_item(bars, k, cotangent):
    if not isinstance(bars, types.BaseTuple):
        return add_to_element
    if len(bars) == 0:
        return lambda bars, k, cotangent: None
    if isinstance(bars[0], types.NoneType):
        return lambda bars, k, cotangent: add_to_item(bars[1:], k - 1, cotangent)
    return add_to_cell


def add_to_element(bars, k, cotangent):
    bars[k] += cotangent


def add_to_cell(bars, k, cotangent):
    if k == 0:
        bars[0][()] += cotangent
    else:
        add_to_item(bars[1:], k - 1, cotangent)
