"""Adds cotangents to shadows of another shape: what the pullbacks of several families share.

One idea: what a function repeated, its pullback sums.
"""

from __future__ import annotations

import numpy as np
from numba.extending import register_jitable


@register_jitable
def before_broadcast(i, shape):
    """The place in C order, in an array of this shape, of what is at ``i`` after broadcasting."""
    place, skip = 0, len(i) - len(shape)
    for axis in range(len(shape)):
        n = shape[axis]
        place = place * n + (0 if n == 1 else i[axis + skip])
    return place


@register_jitable
def add_at(shadow, i, cotangent):
    """Add to one element of a shadow that may be None."""
    if shadow is not None:
        shadow[i] += cotangent


@register_jitable
def add_flat(shadow, y_bar):
    """Add the elements of a vector to those of a shadow (or None) in C order."""
    if shadow is not None:
        if shadow.ndim == 1:
            for i in range(shadow.size):
                shadow[i] += y_bar[i]
        else:
            for k, i in enumerate(np.ndindex(shadow.shape)):
                shadow[i] += y_bar[k]


@register_jitable
def add_total(shadow, y_bar):
    """Add all elements to the shadow of a number (or None)."""
    if shadow is not None:
        total = shadow[()]
        for _, g in np.ndenumerate(y_bar):
            total += g
        shadow[()] = total


@register_jitable
def clear(shadow):
    """What is overwritten has no influence any more."""
    for i in np.ndindex(shadow.shape):
        shadow[i] = 0.0
