"""Array rows on duals of duals: values as the primal's, second derivatives as differences of first ones."""

import numpy as np
import pytest
from numba import types
from numba.extending import overload

from dualjit.numbers.intrinsics import from_partials, partial, primal
from dualjit.numbers.types import Dual
from tests.numbers.arrays.directional import LANES, compiled, primal_names, stub_names, used
from tests.numbers.arrays.test_derivatives import ACTIVE, INACTIVE

FIRST = Dual(types.float64, LANES, 1)
SECOND = Dual(FIRST, 2, 2)


def doubly_dualized(x, inner, outer):
    raise NotImplementedError


@overload(doubly_dualized)
def _doubly_dualized(x, inner, outer):
    def impl(x, inner, outer):
        answer = np.empty(x.shape, SECOND)
        first, second = inner.reshape(x.size, LANES), outer.reshape(x.size, 2)
        flat = answer.reshape(x.size)
        for i, v in enumerate(x.flat):
            flat[i] = from_partials(SECOND, from_partials(FIRST, v, first[i]), second[i])
        return answer

    return impl


def second_parts(x):
    raise NotImplementedError


@overload(second_parts)
def _second_parts(x):
    """Values, then for each outer lane the first derivative and its inner partials."""
    if isinstance(x, types.BaseTuple):
        return lambda x: np.hstack((second_parts(x[0]), second_parts(x[1])))
    if isinstance(x, Dual):
        return lambda x: second_parts(np.full(1, x))

    def impl(x):
        answer = np.empty((1 + 2 * (1 + LANES), x.size))
        for i, d in enumerate(x.flat):
            answer[0, i] = primal(d)
            for j in range(2):
                row = 1 + j * (1 + LANES)
                answer[row, i] = primal(partial(d, j))
                for k in range(LANES):
                    answer[row + 1 + k, i] = partial(partial(d, j), k)
        return answer

    return impl


EXPRESSIONS = [
    "sum(m * m, 0)",
    "prod(x)",
    "std(x)",
    "sort(x * x)",
    "percentile(x * x, 30.0)",
    "where(x > 0, x * x, w)",
    "interp(x * x, g, x)",
    "array([x[0] * x[1], 1.0])",
    "dot(s * s, v)",
    "outer(x, x)",
    "kron(s, s)",
    "convolve(x, x)",
    "solve(s, s * s)",
    "inv(s)",
    "det(s)",
    "norm(x)",
    "norm(x, 3)",
    "cholesky(p)",
    "eigh(p)",
    "trapezoid(x, x * x)",
]
"""One of each family."""

MORE = [
    "sum(x)",
    "cumsum(x * x)",
    "max(x * x)",
    "median(x * x)",
    "clip(x * x, 0.1, 1.0)",
    "interp(x, g, w)",
    "append(x * x, x[0])",
    "dot(x, x)",
    "dot(v, s[0] * s[0])",
    "dot(s, s)",
    "solve(s, v[0])",
    "solve(v, s * s)",
    "slogdet(s)",
    "matrix_power(s, 3)[:]",
    "norm(s, 1)",
    "eigvalsh(p)",
    "linspace(x[0] * x[1], x[2], 4)",
]
"""Relatives of these, run with ``-m slow``."""


@pytest.mark.parametrize("expression", [*EXPRESSIONS, *(pytest.param(e, marks=pytest.mark.slow) for e in MORE)])
def test_second_derivatives(expression, rng):
    active, inactive = used(ACTIVE, expression), used(INACTIVE, expression)
    names = [*active, *inactive]
    inner = {k: rng.standard_normal((*v.shape, LANES)) for k, v in active.items()}
    outer = {k: rng.standard_normal((*v.shape, 2)) for k, v in active.items()}
    parameters = [*names, *(f"{k}_d" for k in active)]
    one = compiled(
        expression, stub_names(), [f"{k} = dualized({k}, {k}_d, T)" for k in active], parameters, {"T": FIRST}
    )
    lines = [f"{k} = doubly_dualized({k}, {k}_d, {k}_e)" for k in active]
    space = {"doubly_dualized": doubly_dualized, "flat_parts": second_parts}
    two = compiled(expression, stub_names(), lines, [*parameters, *(f"{k}_e" for k in active)], space)
    primal_run = compiled(expression, primal_names(), [], names, {})

    found = two(*active.values(), *inactive.values(), *inner.values(), *outer.values())
    np.testing.assert_array_equal(found[0], primal_run(*active.values(), *inactive.values())[0])
    h = 1e-6
    for j in range(2):
        ends = [
            one(*(v + sign * h * outer[k][..., j] for k, v in active.items()), *inactive.values(), *inner.values())
            for sign in (1, -1)
        ]
        expected = (ends[0] - ends[1]) / (2 * h)
        part = found[1 + j * (1 + LANES) :][: 1 + LANES]
        np.testing.assert_allclose(part, expected, rtol=2e-5, atol=2e-5 * np.abs(expected).max())
