"""What `tune` tries and keeps, by a clock that stands in for one, on the device that stands in for one."""

from types import SimpleNamespace

import numpy as np
import pytest

import dualjit as dj
from dualjit import errors
from dualjit.cuda import batch as batch_module
from dualjit.cuda import reverse as reverse_module
from dualjit.cuda.bench.scenarios import ARM
from dualjit.cuda.chunks import Choice
from dualjit.cuda.kernels import BLOCK_SIZES, SPREAD_THREADS, THREADS
from dualjit.cuda.launch import LAUNCHES
from dualjit.cuda.totals import MOST_BLOCKS, NUMBERS_OF_BLOCKS

from .stand_in import DeviceArray, Launcher, Stream, installed

POINTS = 300


@pytest.fixture
def device(monkeypatch):
    return installed(monkeypatch)


@pytest.fixture
def clock(device, monkeypatch):
    """Milliseconds of a launch, which tests give as a function of blocks and threads."""
    found = SimpleNamespace(milliseconds=lambda grid, threads: 1.0, compiled=0, assembled=[])

    def choice(target, kernel, cc):
        found.assembled.append(kernel.lanes)
        return Choice(kernel.lanes, kernel.passes[0] * kernel.passes[1], None, "", kernel.threads)

    def counted(function, argtypes, unroll=True):
        found.compiled += 1
        return kernel(function, argtypes, unroll)

    kernel, device.kernel = device.kernel, counted
    monkeypatch.setattr(batch_module, "compiled", choice)
    monkeypatch.setattr(reverse_module, "resources", lambda ptx, cc: None)
    device.ptx = lambda *given: ""
    device.module.event = lambda: SimpleNamespace(record=lambda: None, synchronize=lambda: None)
    device.module.event_elapsed_time = lambda before, after: found.milliseconds(*device.launches[-1][:2])
    return found


def tried(device):
    """Grids and threads of launches, each once, in order."""
    return list(dict.fromkeys((grid, threads) for grid, threads, _ in device.launches))


def arm():
    return ARM.transform(ARM.function(np.float64))


def test_partials_and_blocks_are_timed_and_the_fastest_kept(device, clock):
    clock.milliseconds = lambda grid, threads: abs(grid[1] - 3) + abs(threads - 128) / 32 + 1
    batch, (q,) = arm(), ARM.arguments(POINTS, np.float64)
    best = batch.tune(q)
    assert (best.lanes, best.passes, best.threads, best.seconds) == ((3,), 3, 128, 1e-3)
    assert clock.assembled == [(7,), (4,), (3,), (2,), (1,)]
    assert clock.compiled == 5
    assert tried(device) == [
        ((-(-POINTS // threads), passes, 1), threads)
        for passes in (1, 2, 3, 4, 7)
        for threads in (THREADS, *(n for n in BLOCK_SIZES if n != THREADS))
    ]
    assert {stream for *_, stream in device.launches} == {0}
    assert batch.inspect(q) is best


def test_calls_of_these_types_use_what_was_kept(device, clock):
    clock.milliseconds = lambda grid, threads: abs(grid[1] - 3) + abs(threads - 256)
    batch, (q,) = arm(), ARM.arguments(POINTS, np.float64)
    wanted = batch.on_cpu(q)
    batch.tune(DeviceArray(q))
    compiled, stream = clock.compiled, Stream()
    out = DeviceArray(np.full_like(wanted[0], np.nan)), DeviceArray(np.full_like(wanted[1], np.nan))
    found = batch(DeviceArray(q), out=out, stream=stream)
    assert clock.compiled == compiled
    assert device.launches[-1] == ((2, 3, 1), 256, stream)
    for given, made, right in zip(out, found, wanted, strict=True):
        assert made is given
        np.testing.assert_allclose(made.host, right, rtol=1e-12, atol=1e-12)
    batch(np.ones((7, 1000)))
    assert device.launches[-1] == ((4, 3, 1), 256, 0)
    batch(q.astype(np.float32))
    assert device.launches[-1][1] == THREADS


def test_what_is_timed_writes_to_memory_of_its_own(device, clock):
    batch, (q,) = arm(), ARM.arguments(POINTS, np.float64)
    out = batch(DeviceArray(q))
    before = [x.host.copy() for x in out]
    given = DeviceArray(q)
    batch.tune(given)
    assert given.host is q
    for x, y in zip(out, before, strict=True):
        np.testing.assert_array_equal(x.host, y)


def test_what_is_as_fast_stays_usual(device, clock):
    best = arm().tune(*ARM.arguments(POINTS, np.float64))
    assert (best.lanes, best.threads) == ((7,), THREADS)
    one = dj.cuda.jacobian(lambda x: x[0] * x[-1]).tune(np.ones(100))
    assert (one.lanes, one.threads) == ((1,), SPREAD_THREADS)


def test_one_point_is_spread_over_blocks_of_another_size(device, clock):
    clock.milliseconds = lambda grid, threads: abs(threads - 64)
    jacobian = dj.cuda.jacobian(lambda x: x[0] * x[-1], chunk=1)
    assert jacobian.tune(np.ones(100)).threads == 64
    jacobian(np.ones(100))
    assert device.launches[-1] == ((2, 1, 1), 64, 0)


def test_partials_that_the_user_asks_for_stay(device, clock):
    clock.milliseconds = lambda grid, threads: grid[1] + abs(threads - 32)
    batch = ARM.transform(ARM.function(np.float64), chunk=2)
    best = batch.tune(*ARM.arguments(POINTS, np.float64))
    assert clock.assembled == [(2,)]
    assert (best.lanes, best.threads) == ((2,), 32)


# ---- reverse mode


def test_blocks_are_timed_in_reverse_mode(device, clock, rng):
    clock.milliseconds = lambda grid, threads: abs(threads - 256) + 2
    batch = dj.cuda.batch_jacobian(lambda x: (x[0] * x[1], x[1]), mode="reverse")
    x = rng.normal(size=(2, POINTS))
    best = batch.tune(DeviceArray(x))
    assert (best.threads, best.blocks, best.seconds, best.passes) == (256, None, 2e-3, 2)
    assert [threads for _, threads in tried(device)] == [THREADS, *(n for n in BLOCK_SIZES if n != THREADS)]
    np.testing.assert_array_equal(batch(x), batch.on_cpu(x))
    assert clock.compiled == 1
    assert device.launches[-1] == ((2, 2), 256, 0)
    assert batch.inspect(x).threads == 256
    batch(x.astype(np.float32))
    assert device.launches[-1][1] == THREADS


@pytest.fixture
def fit():
    return dj.cuda.batch_gradient(lambda theta, x: theta[0] * x * x, "theta", shared=("theta",), mode="reverse")


def test_numbers_of_blocks_are_timed_where_threads_have_sums(fit, device, clock, rng):
    clock.milliseconds = lambda grid, threads: abs(grid[0] - 512) + abs(threads - 32)
    theta, x = np.array([2.0]), rng.normal(size=1 << 16)
    best = fit.tune(theta, x)
    assert (best.threads, best.blocks) == (32, 512)
    found = tried(device)
    assert found[0] == ((1024,), THREADS)
    pairs = [(n, min(blocks, -(-x.size // n))) for n in BLOCK_SIZES for blocks in NUMBERS_OF_BLOCKS]
    assert set(found) == {((blocks,), n) for n, blocks in pairs}
    assert len(device.launches) == LAUNCHES * len(found)
    np.testing.assert_allclose(fit(theta, x), [(x * x).sum()], rtol=1e-12)
    assert device.launches[-1] == ((512,), 32, 0)
    np.testing.assert_allclose(fit(theta, x[:100]), [(x[:100] ** 2).sum()], rtol=1e-12)
    assert device.launches[-1] == ((4,), 32, 0)


def test_the_usual_numbers_are_among_those_that_are_timed():
    assert THREADS in BLOCK_SIZES
    assert SPREAD_THREADS in BLOCK_SIZES
    assert MOST_BLOCKS in NUMBERS_OF_BLOCKS


def test_what_fails_is_not_timed(fit, device, clock):
    def reporting(function, argtypes, unroll):
        def launched(*args):
            device.launches.append(((1,), THREADS, 0))
            args[-1].host[0] = -8

        return Launcher(lambda grid, threads, stream: launched)

    device.kernel = reporting
    with pytest.raises(errors.CudaError, match="raised an error at point 7"):
        fit.tune(np.ones(1), np.ones(9))


# ---- either mode


def squares(x):
    total = 0.0
    for k in range(len(x)):
        total += x[k] ** 2
    return total


@pytest.mark.parametrize("fastest", ["forward", "reverse"])
@pytest.mark.parametrize("n", [2, 20])
def test_the_faster_mode_is_kept(fastest, n, device, clock, rng):
    clock.milliseconds = lambda grid, threads: 1.0 if (len(grid) == 3) == (fastest == "forward") else 2.0
    batch, x = dj.cuda.batch_gradient(squares, mode="auto"), rng.normal(size=(n, POINTS))
    best = batch.tune(x)
    assert best.seconds == 1e-3
    assert bool(best.lanes) == (fastest == "forward")
    assert batch.mode(x) == fastest
    np.testing.assert_allclose(batch(x), 2 * x, rtol=1e-15)
    assert (len(device.launches[-1][0]) == 3) == (fastest == "forward")


def test_what_one_mode_alone_can_do_is_timed_by_it(device, clock, rng):
    def settling(x):
        u = x[0]
        while abs(u) > 0.1:
            u = np.sin(u) * x[1] * 0.5
        return u

    batch = dj.cuda.batch_gradient(settling, mode="auto")
    assert batch.tune(np.ones((2, POINTS))).lanes == (2,)
    sums = dj.cuda.batch_gradient(lambda theta, x: theta[0] * x, "theta", shared=("theta",), mode="auto")
    assert sums.tune(np.ones(1), np.ones(POINTS)).lanes == ()
