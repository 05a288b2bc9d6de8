"""Values of internal rows which are Python functions: Numba compiles them, and they mean the same compiled."""

import math

import numpy as np
import pytest
from numba import njit

from dualjit.rules import scalar_rows

from .accuracy import KNOWN, known_points
from .floats import value_of

CALLABLE = [name for name, row in scalar_rows().items() if callable(row.value)]
INTEGERS = {"powi": (1,), "polygamma": (), "sinc_derivative": ()}


def arguments(row):
    if not row.active:
        return [(x,) for x in (0.75, -3.0, 1e300, 0.0)]
    points = known_points(row.name)[::7]
    return [(*p, value_of(scalar_rows()[KNOWN[row.name]], *p)) for p in points] if row.name in KNOWN else points


@pytest.mark.parametrize("name", CALLABLE)
def test_compiled_value_is_the_value(name):
    row = scalar_rows()[name]
    compiled = njit(error_model="numpy")(row.value)
    for args in arguments(row):
        got = compiled(*(int(a) if i in INTEGERS.get(name, ()) else a for i, a in enumerate(args)))
        expected = value_of(row, *args)
        assert isinstance(got, float)
        assert got == pytest.approx(expected, rel=1e-14, abs=1e-307, nan_ok=True)


@pytest.mark.parametrize("name", [name for name in CALLABLE if scalar_rows()[name].active])
def test_single_precision_compiles(name):
    row = scalar_rows()[name]
    compiled = njit(error_model="numpy")(row.value)
    args = [0.75] * row.arity
    for i in range(row.arity):
        if row.domain[i].integer:
            args[i] = 2.0
    expected = value_of(row, *args)
    assert compiled(*map(np.float32, args)) == pytest.approx(expected, rel=1e-5)
    assert math.isfinite(expected)
