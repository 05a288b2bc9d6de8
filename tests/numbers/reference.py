"""The rules evaluated purely: trees in Python floats, for the first and the second derivatives of a row."""

from __future__ import annotations

import numpy as np

from dualjit.rules import derivative, evaluate
from tests.rules.floats import Floats
from tests.rules.points import points_of


def points(row, count, rng):
    """Arguments of moderate size, where there are such, from the row's domain; padded to two."""
    drawn = points_of(row.domain)
    moderate = [p for p in drawn if all(1e-3 < abs(x) < 30.0 or x == 0.0 for x in p)] or drawn
    return np.array([(*moderate[i], 0.5)[:2] for i in rng.integers(len(moderate), size=count)])


def first(row, args, answer):
    """Partials of the row, for both arguments; zero where there is none."""
    return _padded([_value(partial, row, args, answer) for partial in row.partials])


def second(row, args, answer):
    """Second partials of the row."""
    return [_padded([_value(derivative(p, i), row, args, answer) for i in range(row.arity)]) for p in row.partials]


def _value(tree, row, args, answer):
    with np.errstate(all="ignore"):
        return evaluate(tree, args[: row.arity], answer, Floats)


def _padded(values):
    return [*values, 0.0, 0.0][:2]


def differentiated(row):
    """Positions of the arguments which a test may seed: an integer has no derivative."""
    return [i for i in range(row.arity) if not row.domain[i].integer]
