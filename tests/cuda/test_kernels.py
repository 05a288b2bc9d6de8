"""Dual numbers in kernels of the user's own: compiled and assembled without a device, computed on the CPU."""

import math

import numba as nb
import numpy as np
import pytest

from dualjit import Dual, stop_gradient
from dualjit.cuda import lift, partial, primal, seed, value

T = Dual[4, nb.float64]
T7 = Dual[7, nb.float64]
SINGLE = Dual[2, nb.float32]
INNER = Dual[3, nb.float64]
NESTED = Dual[2, INNER]
X = nb.float64[::1]


@nb.njit
def swing(x, y):
    """What a user has: a function that knows nothing of derivatives."""
    total = 0.0
    for k in range(3):
        total += math.sin(x * k) * y
    if y > 0.5:
        total = total / y
    return total**2 + abs(x - y)


def expected(x, y):
    h = 1e-6
    f = swing.py_func
    return [(f(x + h, y) - f(x - h, y)) / (2 * h), (f(x, y + h) - f(x, y - h)) / (2 * h)]


def seeded(x, out):
    answer = swing(seed(T, x[0], 0), seed(T, x[1], 3))
    out[0], out[1], out[2] = value(answer), partial(answer, 0), partial(answer, 3)


def seven(x, out):
    answer = swing(seed(T7, x[0], 0), seed(T7, x[1], 6))
    out[0], out[1], out[2] = value(answer), partial(answer, 0), partial(answer, 6)


def single(x, out):
    answer = swing(seed(SINGLE, x[0], 0), seed(SINGLE, x[1], 1))
    out[0], out[1], out[2] = value(answer), partial(answer, 0), partial(answer, 1)


@pytest.mark.parametrize("kernel", [seeded, seven])
@pytest.mark.parametrize("point", [(0.3, 0.7), (1.2, 0.4)])
def test_partials_are_the_derivatives(kernel, point):
    out = np.full(3, np.nan)
    nb.njit(kernel)(np.array(point), out)
    assert out[0] == swing(*point)
    np.testing.assert_allclose(out[1:], expected(*point), rtol=1e-8)


@pytest.mark.parametrize("kernel", [seeded, seven])
def test_kernels_compile_for_a_device_and_spill_nothing(kernel, assembled):
    found = assembled(kernel, X, X)
    assert found.spill_bytes == 0
    assert found.local_bytes <= 40  # the reduction of large arguments of a sine, where that is inlined
    assert found.registers <= 128


def test_single_precision_compiles(assembled):
    assert assembled(single, nb.float32[::1], nb.float32[::1]).spill_bytes == 0


def nested(x, out):
    x0, x1 = seed(NESTED, seed(INNER, x[0], 0), 0), seed(NESTED, seed(INNER, x[1], 1), 1)
    answer = swing(x0, x1)
    out[0] = partial(partial(answer, 0), 1)
    out[1] = partial(partial(answer, 1), 0)
    out[2] = primal(answer)


def test_second_derivatives_by_duals_of_duals(assembled):
    out = np.full(3, np.nan)
    nb.njit(nested)(np.array([0.3, 0.4]), out)
    h = 1e-4
    f = swing.py_func
    mixed = (f(0.3 + h, 0.4 + h) - f(0.3 + h, 0.4 - h) - f(0.3 - h, 0.4 + h) + f(0.3 - h, 0.4 - h)) / (4 * h * h)
    np.testing.assert_allclose(out, [mixed, mixed, f(0.3, 0.4)], rtol=1e-6)
    assert assembled(nested, X, X).spill_bytes == 0


def test_local_and_shared_arrays_of_duals(target, assembled):
    cuda = target.module

    def local(x, out):
        powers = cuda.local.array(3, T)
        powers[0] = seed(T, x[0], 0)
        for k in range(1, 3):
            powers[k] = powers[k - 1] * powers[0]
        out[0] = partial(powers[2], 0)

    def shared(x, out):
        exchanged = cuda.shared.array(32, T)
        i = cuda.threadIdx.x
        exchanged[i] = lift(x[i], T)
        cuda.syncthreads()
        out[i] = value(exchanged[31 - i] * exchanged[i])

    assert assembled(local, X, X).spill_bytes == 0
    assert assembled(shared, X, X).spill_bytes == 0


def test_stopped_values_carry_no_derivative(assembled):
    def stopped(x, out):
        d = seed(T, x[0], 0)
        out[0] = partial(d * stop_gradient(d), 0)

    out = np.full(1, np.nan)
    nb.njit(stopped)(np.array([3.0]), out)
    assert out[0] == 3.0
    assert assembled(stopped, X, X).spill_bytes == 0


def test_a_dual_number_is_never_cast_to_a_float(target):
    def lost(x, out):
        out[0] = seed(T, x[0], 0)

    with pytest.raises(Exception, match="Dual"):
        target.ptx(lost, (X, X), (9, 0))
