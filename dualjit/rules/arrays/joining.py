"""Rows of functions that join arrays."""

import numpy as np

from dualjit.rules.arrays.table import row

# An alias that NumPy is about to drop.
OLD_NAMES = (getattr(np, "row_stack"),) if hasattr(np, "row_stack") else ()  # noqa: B009 (gone from newer NumPy)


@row(np.concatenate, generic=True)
def concatenate(arrays, axis=0): ...


@row(np.stack, generic=True)
def stack(arrays, axis=0): ...


@row(np.hstack, generic=True)
def hstack(tup): ...


@row(np.vstack, *OLD_NAMES, generic=True)
def vstack(tup): ...


@row(np.dstack, generic=True)
def dstack(tup): ...


@row(np.column_stack, generic=True)
def column_stack(tup): ...


@row(np.append)
def append(arr, values, axis=None): ...


@row(np.insert)
def insert(arr, obj, values, axis=None): ...
