"""The distance of a row's derivatives from the exact ones, in units in the last place.

One idea: the error is measured against the exact function of the very float the argument is, and is relative down to
the smallest normal number; below it an absolute error of that number is allowed.
"""

import math
import sys
from functools import cache

import mpmath as mp

from dualjit.rules import derivative, evaluate, scalar_rows
from dualjit.rules.expr import ZERO

from .floats import Floats, value_of
from .points import points_of
from .reference import KINKS, derivatives

GREATEST = sys.float_info.max
# arguments which are known values of other rows: position and row
KNOWN = {"direction": "hypot", "power_below": "pow", "power_log": "pow", "cbrt_slope": "cbrt"}


def ulps(computed, exact, terms=0.0):
    """Error of a float in units in the last place of ``exact``, or of the terms it is the sum of."""
    size = max(abs(exact), mp.mpf(terms))
    if mp.isinf(size):
        return 0.0
    if abs(exact) > GREATEST / 2:
        return 0.0 if abs(computed) > GREATEST / 4 and (computed > 0) == (exact > 0) else math.inf
    if not math.isfinite(computed):
        return math.inf
    exponent = mp.frexp(size)[1] if size else -10000
    unit = max(mp.ldexp(1, exponent - 53), mp.mpf(2) ** -1022)
    return float(abs(mp.mpf(computed) - exact) / unit)


@cache
def known_points(name):
    """Points of a row at which its reference has derivatives."""
    row, at_kink = scalar_rows()[name], KINKS.get(name)
    points = points_of(row.domain[:-1] if name in KNOWN else row.domain)
    return tuple(p for p in points if not (at_kink and at_kink(*p)) and _moderate(name, p))


def _moderate(name, point):
    # beyond these sizes every derivative overflows or underflows with the value
    y = derivatives(name, point, ())
    return not y or mp.mpf(2) ** -2100 < abs(y) < mp.mpf(2) ** 1100


def free(row):
    """Positions of the arguments that derivatives are taken of."""
    count = row.arity - (row.name in KNOWN)
    return [i for i in range(count) if not row.domain[i].integer]


def tree_of(row, orders):
    """The tree of one derivative of a row."""
    tree = row.partials[orders[0]]
    for index in orders[1:]:
        tree = derivative(tree, index)
    return tree


def computed(row, point, orders):
    """One derivative of a row in floats, ``()`` for the value."""
    args = _complete(row, point)
    answer = value_of(row, *args)
    return evaluate(tree_of(row, orders), args, answer, Floats) if orders else answer


def _complete(row, point):
    return (*point, value_of(scalar_rows()[KNOWN[row.name]], *point)) if row.name in KNOWN else point


def errors(row, orders):
    """Error of one derivative at every point of a row: (ulps, point, computed, exact)."""
    terms = dict(row.accuracy.terms).get(orders, ZERO)
    for point in known_points(row.name):
        exact = derivatives(row.name, point, orders)
        if mp.isnan(exact):
            continue
        got = computed(row, point, orders)
        size = evaluate(terms, _complete(row, point), None, Floats)
        yield ulps(got, exact, size), point, got, exact


def worst(row, orders):
    """The greatest error of one derivative of a row, with where it is."""
    return max(errors(row, orders), key=lambda e: e[0], default=(0.0, (), 0.0, 0.0))
