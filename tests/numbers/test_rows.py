"""Every callable of every scalar row: values are the primal's to the last bit, derivatives are the row's."""

import numpy as np
import pytest
from numba import types

from dualjit.numbers import Dual
from tests.numbers import batches, reference
from tests.numbers.batches import BATCHES, INNER, LANES, OUTER

POINTS = 6
FLOATS = LANES + 1  # in one dual number


def drawn(batch, rng):
    """Points by number of the point, callable, argument."""
    return np.stack([reference.points(case.row, POINTS, rng) for case in batch], axis=1)


def seeded(values, lane, orders):
    """Memory of duals of these values, with tangent 1 in the given lane of each of ``orders`` levels."""
    memory = np.zeros((len(values), FLOATS**orders))
    memory[:, 0] = values
    for order in range(orders):
        memory[:, (lane + 1) * FLOATS**order] = 1.0
    return memory


@pytest.fixture(scope="module", params=range(len(BATCHES)), ids=lambda i: f"batch{i}")
def batch(request):
    return BATCHES[request.param]


@pytest.fixture(scope="module")
def functions(batch):
    """The batch on floats, duals and duals of duals."""
    return [batches.compiled(batch, number) for number in (None, INNER, OUTER)]


def test_derivatives_are_those_of_the_rows(batch, functions, rng):
    primal, dual, nested = functions
    for point in drawn(batch, rng):
        x, y = point.T
        values = batches.run(primal, x, y)
        one = batches.run(dual, seeded(x, 0, 1), seeded(y, 1, 1))
        two = batches.run(nested, seeded(x, 0, 2), seeded(y, 1, 2)).reshape(-1, FLOATS, FLOATS)
        np.testing.assert_array_equal(one[:, 0], values)
        np.testing.assert_array_equal(two[:, 0, 0], values)
        np.testing.assert_array_equal(two[:, 0], one)
        np.testing.assert_allclose(two[:, 1:, 0], two[:, 0, 1:], rtol=1e-14, atol=1e-300)
        for i, case in enumerate(batch):
            check(case, point[i], values[i], one[i, 1:], two[i, 1:, 1:])


def check(case, args, value, gradient, hessian):
    row = case.row
    active = reference.differentiated(row)
    first = [g if i in active else 0.0 for i, g in enumerate(reference.first(row, args, value))]
    where = f"{case.name} at {args}"
    np.testing.assert_allclose(gradient, first, rtol=5e-16 * 4, atol=0, err_msg=where)
    if not row.active:
        assert not hessian.any(), where
        return
    second = np.zeros((2, 2))
    for i in active:
        for j in active:
            second[i, j] = reference.second(row, args, value)[i][j]
    np.testing.assert_allclose(hessian, second, rtol=1e-11, atol=1e-11 * np.abs(second).max(), err_msg=where)


@pytest.mark.parametrize("error_model", ["python", "numpy"])
def test_float32_values_are_the_primals(batch, error_model, rng):
    number = Dual(types.float32, LANES, 1)
    primal = batches.compiled(batch, error_model=error_model)
    dual = batches.compiled(batch, number, error_model=error_model)
    for point in drawn(batch, rng)[:2].astype(np.float32):
        x, y = point.T
        memory = [seeded(v, lane, 1).astype(np.float32) for lane, v in enumerate((x, y))]
        np.testing.assert_array_equal(batches.run(dual, *memory)[:, 0], batches.run(primal, x, y))
