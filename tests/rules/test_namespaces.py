"""No function of ``math``, ``operator`` or NumPy's ufuncs is forgotten."""

import builtins
import math
import operator

import numpy as np
import pytest

from dualjit.rules import composite_of, row_of
from dualjit.rules.exempt import EXEMPT


def public_callables(module):
    return [(f"{module.__name__}.{name}", f) for name, f in vars(module).items() if callable(f) and name[0] != "_"]


def takes_floats(ufunc):
    return any(set(types.split("->")[0]) & set("efdg") for types in ufunc.types)


UFUNCS = [(f"numpy.{name}", f) for name, f in vars(np).items() if isinstance(f, np.ufunc) and takes_floats(f)]
BUILTINS = [(f"builtins.{f.__name__}", f) for f in (abs, min, max, round, pow, divmod)]
ALL = dict(public_callables(math) + public_callables(operator) + UFUNCS + BUILTINS)


@pytest.mark.parametrize("name", ALL)
def test_function_is_a_row_or_exempt_with_a_reason(name):
    has_row = row_of(ALL[name]) is not None or composite_of(ALL[name]) is not None
    assert has_row != (name in EXEMPT)


def test_exemptions_are_functions_that_exist():
    newer_python = {"math.sumprod", "math.fma", "operator.is_none", "operator.is_not_none"}
    assert set(EXEMPT) - newer_python <= set(ALL)


def test_in_place_operators_are_the_row_of_the_operator():
    for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"):
        assert row_of(getattr(operator, f"i{name}")) is row_of(getattr(operator, name))


def test_unknown_and_unhashable_things_have_no_row():
    assert row_of(len) is None
    assert row_of([]) is None
    assert composite_of(np.sin) is None
    assert row_of(divmod) is None
    assert row_of(builtins.sum) is None
