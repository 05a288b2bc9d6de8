"""The emulated device itself: what instructions compute, and that it sees what a device would do wrong."""

import math

import numpy as np
import pytest

from tests.cuda.emulator.device import emulated
from tests.cuda.emulator.ptx import parsed

EVERYWHERE = 0xFFFFFFFF


@pytest.fixture
def cuda(target):
    with emulated(target) as module:
        yield module


def mathematics(x, y, out):
    """Of the functions of the device's library those with the most different code."""
    out[0], out[1], out[2] = math.sin(x), math.cos(1e9 * x), math.tan(1e22 * y)
    out[3], out[4], out[5] = math.exp(y), math.log(abs(x)), abs(x) ** y
    out[6], out[7], out[8] = math.erf(x), math.lgamma(y), math.atan2(y, x)
    out[9], out[10], out[11] = math.fmod(x, y), math.floor(x), math.copysign(y, x)
    out[12], out[13], out[14] = math.sinh(x), math.sqrt(y) / x, x * y - 1.0 / y
    out[15], out[16] = x if x > y and not math.isnan(x) else -y, math.hypot(x, y)


def whole_numbers(x, y, out):
    out[0], out[1], out[2] = x * y, x // y, x % y
    out[3], out[4], out[5] = x << (y & 7), x >> (y & 63), x & y
    out[6], out[7], out[8] = x | y, x ^ y, ~x
    out[9], out[10] = abs(x), x if x < y else -y
    out[11] = np.int64(np.int32(y)) - np.int64(np.int16(x & 255))


@pytest.mark.parametrize(
    ("f", "count", "dtype", "bound"),
    [(mathematics, 17, np.float64, 1e-14), (mathematics, 17, np.float32, 2e-6), (whole_numbers, 12, np.int64, 0)],
)
def test_instructions_compute_what_python_does(f, count, dtype, bound, cuda, rng):
    function = cuda.jit(device=True)(f)

    @cuda.jit
    def kernel(x, y, out):
        i = cuda.grid(1)
        if i < x.size:
            function(x[i], y[i], out[i])

    if dtype is np.int64:
        x, y = rng.integers(-(1 << 40), 1 << 40, 50), rng.integers(1, 1 << 20, 50)
    else:
        x, y = rng.normal(size=50).astype(dtype) * 3, rng.uniform(0.1, 3.0, 50).astype(dtype)
        y[0], x[1] = 3.0, -2.5
    found, wanted = (np.zeros((50, count), np.int64 if dtype is np.int64 else np.float64) for _ in range(2))
    kernel[2, 32](x, y, found)
    for i in range(50):
        f(*(v[i].item() for v in (x, y)), wanted[i])
    if dtype is np.float32:  # whose large multiples are other numbers
        found[:, 1:3] = wanted[:, 1:3]
    np.testing.assert_allclose(found, wanted, rtol=bound, atol=bound)


def test_threads_wait_for_each_other(cuda):
    @cuda.jit
    def reversed_in_blocks(x, out):
        exchanged = cuda.shared.array(64, np.float64)
        i, k = cuda.grid(1), cuda.threadIdx.x
        exchanged[k] = x[i]
        cuda.syncthreads()
        out[i] = exchanged[63 - k]

    x, out = np.arange(128.0), np.empty(128)
    reversed_in_blocks[2, 64](x, out)
    np.testing.assert_array_equal(out.reshape(2, 64), x.reshape(2, 64)[:, ::-1])


def test_threads_of_a_warp_exchange_numbers(cuda):
    @cuda.jit
    def sums(x, out):
        i = cuda.grid(1)
        total, distance = x[i], 16
        while distance > 0:
            total += cuda.shfl_down_sync(EVERYWHERE, total, distance)
            distance //= 2
        if cuda.laneid == 0:
            cuda.atomic.add(out, i // 64, total)

    x, out = np.arange(128.0), np.zeros(2)
    sums[2, 64](x, out)
    np.testing.assert_array_equal(out, x.reshape(2, 64).sum(axis=1))


def test_threads_that_wait_at_different_places_are_seen(cuda):
    @cuda.jit
    def apart(x):
        i = cuda.grid(1)
        if i % 2:
            x[i] += cuda.shfl_down_sync(EVERYWHERE, x[i], 1)
        else:
            x[i] -= cuda.shfl_down_sync(EVERYWHERE, x[i], 2)

    with pytest.raises(RuntimeError, match="wait at different places"):
        apart[1, 32](np.ones(32))


def test_what_is_not_known_is_an_error(cuda):
    @cuda.jit
    def voting(x):
        x[0] = cuda.all_sync(EVERYWHERE, x[0] > 0)

    with pytest.raises(NotImplementedError, match="vote"):
        voting[1, 32](np.ones(32))


def test_variables_with_values():
    (variable,), _ = parsed(".version 8.0\n.global .align 4 .u16 table[3] = {1, 513, -1}; // three\n")
    assert (variable.name, variable.size, variable.align) == ("table", 6, 4)
    assert variable.data == bytes([1, 0, 1, 2, 255, 255])
