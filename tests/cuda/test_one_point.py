"""The Jacobian of many inputs at one point: the kernel's body on the CPU, and the kernel without a device."""

import math

import numba as nb
import numpy as np
import pytest

import dualjit as dj
from dualjit import errors
from dualjit.cuda.bench.large import brusselator
from dualjit.cuda.chunks import THREADS_TO_FILL, lanes_to_try

from .test_refusals import OnDevice, refused


def with_copies(f, m):
    """The same function, returning what ``f`` writes, for the transforms of the CPU."""
    f = nb.njit(f)

    def one(*args):
        out = np.empty(m, args[0].dtype)
        f(*args, out)
        return out

    return one


def mixed(x, a, k, out):
    """Reads neighbours from both ends, an array and a number; with a loop and a branch in it."""
    n = x.size
    for i in range(n):
        total = a[i % len(a)] * x[i - 1]
        for j in range(i % 3):
            total += math.sin(x[j] * x[-1 - i])
        out[i] = total * k if total > 0.0 else total * total
    out[-1] = x[0] * x[n - 1]


@pytest.mark.parametrize("chunk", [None, 1, 2, 3, 5, 16, 100])
@pytest.mark.parametrize("n", [1, 2, 7, 33])
def test_jacobians_are_as_by_the_transforms_of_the_cpu(n, chunk, rng):
    x, a = rng.normal(size=n), rng.normal(size=5)
    out = np.full(n + 1, np.nan), np.full((n + 1, n), np.nan)
    y, J = dj.cuda.jacobian(mixed, outputs=n + 1, value=True, chunk=chunk).on_cpu(x, a, 3.0, out=out)
    assert y is out[0]
    assert J is out[1]
    f = with_copies(mixed, n + 1)
    np.testing.assert_allclose(y, f(x, a, 3.0), rtol=1e-14)
    np.testing.assert_allclose(J, dj.jacfwd(f)(x, a, 3.0), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_right_hand_side(dtype, rng):
    n = 64
    x = rng.uniform(0.5, 3.0, n).astype(dtype)
    J = dj.cuda.jacobian(brusselator(dtype), outputs=n).on_cpu(x)
    assert J.dtype == dtype
    wanted = dj.jacfwd(with_copies(brusselator(np.float64), n))(x.astype(np.float64))
    np.testing.assert_allclose(J, wanted, rtol=1e-5 if dtype is np.float32 else 1e-13)


def test_a_gradient_falls_out(rng):
    def energy(x):
        total = 0.0
        for i in range(1, len(x)):
            total += (x[i] - x[i - 1] ** 2) ** 2
        return total

    x = rng.normal(size=50)
    y, g = dj.cuda.jacobian(energy, value=True).on_cpu(x)
    assert y.shape == ()
    np.testing.assert_allclose(y, energy(x), rtol=1e-14)
    np.testing.assert_allclose(g, dj.grad(energy)(x), rtol=1e-13)


def test_tuples_and_several_arguments(rng):
    def f(x, scale, y):
        return x[0] * y[1] * scale[0, 1], y[0] + x[-1]

    x, y, scale = rng.normal(size=3), rng.normal(size=2), rng.normal(size=(2, 2))
    by_y, by_x = dj.cuda.jacobian(f, argnums=("y", "x")).on_cpu(x, scale, y)
    np.testing.assert_allclose(by_y, [[0, x[0] * scale[0, 1]], [1, 0]])
    np.testing.assert_allclose(by_x, [[y[1] * scale[0, 1], 0, 0], [0, 0, 1]])
    (alone,) = dj.cuda.jacobian(f, argnums=(0,)).on_cpu(x, scale, y)
    np.testing.assert_allclose(alone, by_x)


def test_arguments_beside_are_what_they_are(rng):
    """Whole numbers, no axes, and steps between numbers."""

    def f(x, which, scale):
        return x[which[1]] * scale[()], x[which[0]]

    x = rng.normal(size=6)[::2]
    J = dj.cuda.jacobian(f).on_cpu(x, np.array([0, 9, 2])[::2], np.array(2.0))
    np.testing.assert_array_equal(J, [[0, 0, 2], [1, 0, 0]])


def test_single_precision_stays_single():
    J = dj.cuda.jacobian(lambda x: (x[0] * x[1], x[1])).on_cpu(np.array([2.0, 3.0], np.float32))
    assert J.dtype == np.float32
    np.testing.assert_array_equal(J, [[3, 2], [0, 1]])


def test_no_inputs_at_all():
    y, J = dj.cuda.jacobian(lambda x, a: (a, 2 * a), value=True).on_cpu(np.empty(0), 3.0)
    np.testing.assert_array_equal(y, [3.0, 6.0])
    assert J.shape == (2, 0)


def test_what_does_not_fit():
    x = np.ones(3)
    jacobian = dj.cuda.jacobian(lambda x, a: (x[0] * a, x[1]))
    refused(
        errors.ShapeError,
        r"'x' has shape \(3, 1\), expected \(n,\): one point has one vector",
        jacobian,
        x[:, None],
        1.0,
    )
    refused(errors.DTypeError, "'x' is to be differentiated, but is no array$", jacobian, 1.0, 1.0)
    refused(errors.DTypeError, "dtype int64", jacobian, np.ones(3, int), 1.0)
    refused(errors.ShapeError, r"shape \(3, 2\), expected \(2, 3\)", jacobian, x, 1.0, out=np.ones((3, 2)))
    refused(errors.DeviceArrayError, "x on the host", jacobian, x, OnDevice(3))
    refused(
        errors.ShapeError, "'x' of shape .3,. is not contiguous: copy it$", jacobian, OnDevice(3, strides=(16,)), 1.0
    )
    refused(errors.OutputError, "returns none", dj.cuda.jacobian(lambda x: None), x)


def test_what_it_is_called():
    assert repr(dj.cuda.jacobian(mixed, outputs=2)) == "<jacobian(mixed) at one point>"


# ---- how many columns a thread has


def problem(n):
    jacobian = dj.cuda.jacobian(lambda x: x[0])
    return jacobian.run((np.ones(n),)).problem


def passes(n, lanes):
    return -(-n // lanes)


@pytest.mark.parametrize("n", [1, 100, THREADS_TO_FILL])
def test_one_column_each_where_columns_are_few(n):
    assert lanes_to_try(problem(n))[0] == (1,)


@pytest.mark.parametrize("n", [2 * THREADS_TO_FILL, 100_000, 40 * THREADS_TO_FILL])
def test_as_many_columns_as_leave_enough_threads(n):
    (lanes,), *_ = tried = lanes_to_try(problem(n))
    assert lanes == min(16, n // THREADS_TO_FILL)
    assert passes(n, lanes) >= THREADS_TO_FILL
    assert (1,) in tried


# ---- what a kernel takes of a device, without one


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n", [1024, 8192])
def test_a_right_hand_side_spills_nothing(n, dtype, target):
    choice = dj.cuda.jacobian(brusselator(dtype), outputs=n).inspect(np.ones(n, dtype))
    assert (choice.lanes, choice.passes) == ((1,), n)
    assert choice.taken.spill_bytes == choice.taken.local_bytes == 0
    assert choice.taken.registers <= 48
    assert len(choice.ptx) < 50_000  # its loop is one
    assert ".target sm_90" in choice.ptx


def test_eight_columns_for_each_thread_spill_nothing(target):
    choice = dj.cuda.jacobian(brusselator(np.float64), outputs=4096, chunk=8).inspect(np.ones(4096))
    assert (choice.lanes, choice.passes) == ((8,), 512)
    assert choice.taken.spill_bytes == 0
    assert choice.taken.registers <= 128


def test_all_kinds_of_arguments_compile_for_a_device(target):
    choice = dj.cuda.jacobian(mixed, outputs=8, value=True).inspect(np.ones(7), np.ones(5)[::2], 3.0)
    assert choice.taken.spill_bytes == 0
    value = dj.cuda.jacobian(lambda x, a: x[0] * x[1] * a[()], value=True).inspect(np.ones(7), np.array(2.0))
    assert value.taken.spill_bytes == 0
