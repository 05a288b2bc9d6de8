"""Rows on whole arrays: expressions, operators called as functions, in-place operators, ufuncs."""

import operator

import numba as nb
import numpy as np
import pytest

from dualjit.numbers.intrinsics import as_duals
from tests.numbers.differentiating import dual

NUMBER = dual()


def compare(function, *arrays, **options):
    """Both lanes of the derivative against differences; values are the primal's to the last bit.

    ``function(x, y, out)`` gets arrays and writes one; lane 0 has tangent 1 in ``x``, lane 1 in ``y``.
    """
    x, y = arrays
    inner = nb.njit(**options)(function)

    @nb.njit(**options)
    def on_memory(x, y, out):
        inner(as_duals(x, NUMBER), as_duals(y, NUMBER), as_duals(out, NUMBER))

    def memory(a, lane):
        answer = np.zeros((*a.shape, 3))
        answer[..., 0] = a
        answer[..., 1 + lane] = 1.0
        return answer

    def primal(x, y):
        out = np.zeros(np.broadcast_shapes(x.shape, y.shape))
        inner(x.copy(), y.copy(), out)
        return out

    out = np.zeros((*np.broadcast_shapes(x.shape, y.shape), 3))
    on_memory(memory(x, 0), memory(y, 1), out)
    np.testing.assert_array_equal(out[..., 0], primal(x, y))
    h = 1e-6
    slopes = [(primal(x + h, y) - primal(x - h, y)) / (2 * h), (primal(x, y + h) - primal(x, y - h)) / (2 * h)]
    np.testing.assert_allclose(out[..., 1:], np.stack(slopes, -1), rtol=1e-6, atol=1e-8)


@pytest.fixture
def arrays(rng):
    return rng.uniform(0.5, 2.0, (3, 4)), rng.uniform(0.5, 2.0, (3, 4))


def expressions(x, y, out):
    z = x * y + 2 * np.sin(x) - y**2 / 3 + x[0, 0] * y
    z = z + np.maximum(x, y) * (x > y) + np.abs(-y) + np.floor(x) * y
    out[:] = z - (x > 1) * y


def test_expressions(arrays):
    compare(expressions, *arrays)


def called(x, y, out):
    z = operator.mul(x, y)
    z = operator.sub(z, operator.neg(x))
    z = operator.add(z, operator.pow(y, 2))
    out[:] = operator.truediv(z, np.sinc(x)) + operator.mod(x, 0.45)


def test_operators_called_as_functions(arrays):
    compare(called, *arrays)


def in_place(x, y, out):
    out += x
    out -= 0.5
    out *= y
    out /= 3
    out **= 2
    out += x[0]
    out -= y[1, 1]


def test_in_place_operators(arrays):
    compare(in_place, *arrays)


def overlapping(x, y, out):
    out += x * y
    out[1:] += out[:-1]
    out[:, :-1] *= out[:, 1:]
    out[::-1] -= x


def test_in_place_operators_on_overlapping_memory(arrays):
    compare(overlapping, *arrays)


def broadcast(x, y, out):
    z = x + y
    z *= y[0]
    out[:] = z.T.copy().T - x[:, 0:1]


@pytest.mark.parametrize("shapes", [((3, 1), (1, 4)), ((3, 4), (4,)), ((3, 4), (3, 4))])
def test_broadcasting(shapes, rng):
    x, y = (rng.uniform(0.5, 2.0, shape) for shape in shapes)
    compare(broadcast, np.atleast_2d(x), np.atleast_2d(y))


def test_shapes_that_do_not_fit_raise_as_in_the_primal():
    def added(x, y, out):
        out += x + y

    memory = np.ones((3, 4, 3)), np.ones((3, 2, 3)), np.ones((3, 4, 3))
    function = nb.njit(added)

    @nb.njit
    def on_memory(x, y, out):
        function(as_duals(x, NUMBER), as_duals(y, NUMBER), as_duals(out, NUMBER))

    for call, arrays in ((on_memory, memory), (function, [m[..., 0].copy() for m in memory])):
        with pytest.raises(ValueError, match="broadcast"):
            call(*arrays)
