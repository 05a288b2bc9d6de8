"""Piecewise linear interpolation.

Each answer is on the piece the primal takes: linear in x and the values, smooth in the points.
"""

from __future__ import annotations

import numpy as np
from numba.core import types
from numba.extending import register_jitable
from numba.np.arraymath import binary_search_with_guess

from dualjit.numbers.arrays.levels import meet, primals, with_primal
from dualjit.numbers.arrays.registry import implements
from dualjit.numbers.intrinsics import lift, primal
from dualjit.numbers.types import Marked
from dualjit.rules.arrays import making

asarray = making.asarray


@implements(np.interp)
def interp(x, xp, fp):
    marked = meet(x, xp, fp, types.float64)

    def scalar(x, xp, fp):
        points = asarray(xp)
        found, _ = on_piece(x, points, primals(points), asarray(fp), 0, marked)
        return with_primal(found, np.interp(primal(x), primals(points), primals(asarray(fp))))

    def array(x, xp, fp):
        u, points, levels = asarray(x), asarray(xp), asarray(fp)
        inner = primals(points)
        exact = np.interp(primals(u), inner, primals(levels))
        answer = np.empty(u.shape, marked)
        j = 0
        for i, v in np.ndenumerate(u):
            found, j = on_piece(v, points, inner, levels, j, marked)
            answer[i] = with_primal(found, exact[i])
        return answer

    return scalar if isinstance(x, (types.Number, Marked)) else array


@register_jitable
def on_piece(x, xp, inner, fp, guess, marked):
    """The answer for one x with its derivatives, and where it was found; ``inner`` are the primal points."""
    n = len(inner)
    if n == 0:
        raise ValueError("array of sample points is empty")
    if n != len(fp):
        raise ValueError("fp and xp are not of the same size.")
    u = primal(x)
    if np.isnan(u):
        return lift(x, marked), guess
    if n == 1:
        return lift(fp[0], marked), 0
    j = binary_search_with_guess(u, inner, n, guess)
    if j == -1:
        return lift(fp[0], marked), j
    if j == n or (j == n - 1 and u > inner[n - 1]):
        return lift(fp[n - 1], marked), j
    j = min(j, n - 2)
    slope = np.divide(fp[j + 1] - fp[j], xp[j + 1] - xp[j])
    return lift(slope * (x - xp[j]) + fp[j], marked), j
