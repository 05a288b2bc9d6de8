"""Every function of the table that a CUDA target has for floats it has for dual numbers, too."""

import math

import numba as nb
import numpy as np
import pytest

from dualjit import Dual
from dualjit.cuda import batch_gradient, partial, primal, seed
from dualjit.cuda.target import HOPPER
from dualjit.rules.table import scalar_rows

FIRST = Dual[3, nb.float64]
SECOND = Dual[2, FIRST]
X = nb.float64[::1]
WITH_MAX = {"gamma", "lgamma", "max", "min"}  # Numba's built-in target fails on the maximum of two floats


def kernels(key, row):
    """The function on floats, on dual numbers, and on dual numbers over dual numbers."""
    integer = row.domain[-1].integer
    last = "int(x[{i}])" if integer else None

    def call(number):
        given = [number.format(i=i) for i in range(row.arity)]
        return f"f({', '.join([*given[:-1], (last or number).format(i=row.arity - 1)])})"

    active = row.active
    first = f"partial({call('seed(FIRST, x[{i}], {i})')}, 0)" if active else call("seed(FIRST, x[{i}], {i})")
    twice = call("seed(SECOND, seed(FIRST, x[{i}], {i}), {i})")
    names = {"f": key, "FIRST": FIRST, "SECOND": SECOND, "seed": seed, "partial": partial, "primal": primal}
    for expression in (call("x[{i}]"), first, f"primal(partial({twice}, 0))" if active else twice):
        exec(f"def kernel(x, out):\n    out[0] = {expression}", names)
        yield names["kernel"]


def compiles(target, kernel) -> bool:
    try:
        target.ptx(kernel, (X, X), HOPPER)
    except Exception:
        return False
    return True


@pytest.mark.parametrize("row", [r for r in scalar_rows().values() if r.functions], ids=lambda r: r.name)
def test_what_compiles_for_floats_compiles_for_duals(row, target):
    if row.name in WITH_MAX and target.name == "numba":
        pytest.skip("Numba's built-in target has no min and max of two numbers")
    for key in row.functions:
        floats, duals, nested = kernels(key, row)
        if compiles(target, floats):
            target.ptx(duals, (X, X), HOPPER)
            target.ptx(nested, (X, X), HOPPER)


@pytest.mark.parametrize("row", [r for r in scalar_rows().values() if r.functions and r.active], ids=lambda r: r.name)
def test_what_compiles_for_floats_has_an_adjoint(row, target):
    if row.name in WITH_MAX and target.name == "numba":
        pytest.skip("Numba's built-in target has no min and max of two numbers")
    keys = [
        key for key in row.functions if key not in (math.fmod, math.remainder)
    ]  # on the CPU Numba has none of these
    key = next((key for key in keys if compiles(target, next(kernels(key, row)))), None)
    if key is not None:
        last = f"int(x[{row.arity - 1}])" if row.domain[-1].integer else f"x[{row.arity - 1}]"
        names = {"f": key}
        exec(f"def function(x): return f({', '.join([*(f'x[{i}]' for i in range(row.arity - 1)), last])})", names)
        batch_gradient(names["function"], mode="reverse").inspect(np.full((row.arity, 1), 0.5))


@pytest.mark.parametrize("name", ["exp", "sqrt", "sin", "floor", "abs", "mod", "pow", "erf", "atan2", "sinc"])
def test_the_usual_functions_are_there(name, target):
    row = scalar_rows()[name]
    assert any(compiles(target, next(kernels(key, row))) for key in row.functions)
