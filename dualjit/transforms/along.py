"""``along``: the derivative along a direction by the first argument, the others being whatever they are.

``t -> f(x + t v)`` is a function of a number with the derivative ``J v``: one forward pass with one partial.
"""

from __future__ import annotations

from collections.abc import Callable

from numba import njit

from dualjit.transforms.jacfwd import jacfwd
from dualjit.transforms.once import once_per_function

HERE = -0.0  # x + t v is x bit for bit, the signs of zeros too


@once_per_function
def jitted(f: Callable) -> Callable:
    """``f`` as what functions that are differentiated may call, whichever module it comes from."""
    return f if hasattr(f, "py_func") else njit(f)


@once_per_function
def along(f: Callable) -> Callable:
    """``(t, x, v, *args) -> J(x + t v) v``."""

    g = jitted(f)

    def moved(t, x, v, *args):
        return g(x + t * v, *args)

    return jacfwd(moved)
