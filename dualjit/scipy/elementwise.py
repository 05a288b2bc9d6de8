"""Slopes and curvatures of functions that act element by element.

Such a function of ``x + t`` has them for its derivatives by the number ``t``, all at once.
"""

from __future__ import annotations

from collections.abc import Callable

from dualjit.transforms.along import jitted
from dualjit.transforms.hessian import hessian
from dualjit.transforms.jacfwd import jacfwd
from dualjit.transforms.once import once_per_function


@once_per_function
def slope_and_value(f: Callable) -> Callable:
    """``(t, x, v, *args) -> (J(x + t v) v, values)``; with ``v`` of ones the slopes, if elements act alone."""
    g = jitted(f)

    def moved(t, x, v, *args):
        y = g(x + t * v, *args)
        return y, y

    return jacfwd(moved, has_aux=True)


@once_per_function
def curvature(f: Callable) -> Callable:
    """``(t, x, *args) -> second derivatives`` at ``x + t`` of a function that acts element by element."""

    g = jitted(f)

    def shifted(t, x, *args):
        return g(x + t, *args)

    return hessian(shifted)
