"""How kernels are launched: arrays, streams, blocks and passes, on a device that stands in for one."""

from types import SimpleNamespace

import numba as nb
import numpy as np
import pytest

import dualjit as dj
from dualjit import errors
from dualjit.cuda import batch as batch_module
from dualjit.cuda import chunks
from dualjit.cuda.bench.scenarios import ARM, SCENARIOS
from dualjit.cuda.chunks import Choice
from dualjit.cuda.kernels import SPREAD_THREADS, THREADS, Components, Kernel

from .stand_in import DeviceArray, Launcher, Stream, installed

POINTS = 300


@pytest.fixture
def device(monkeypatch):
    return installed(monkeypatch)


@pytest.mark.parametrize("name", SCENARIOS)
def test_numpy_arrays_are_copied_there_and_back(name, device):
    scenario = SCENARIOS[name]
    batch = scenario.transform(scenario.function(np.float64))
    arguments = scenario.arguments(POINTS, np.float64)
    wanted = batch.on_cpu(*arguments)
    for x, y in zip(flat(batch(*arguments)), flat(wanted), strict=True):
        assert isinstance(x, np.ndarray)
        np.testing.assert_allclose(x, y, rtol=1e-12, atol=1e-12)
    ((blocks, passes, outer), threads, stream) = device.launches[0]
    assert blocks * threads >= POINTS > (blocks - 1) * threads
    assert (passes, outer) == (-(-scenario.columns // 4), 1)
    assert (threads, stream) == (THREADS, 0)


def flat(answer):
    return [x for part in answer for x in (part if isinstance(part, tuple) else (part,))]


def test_arrays_on_the_device_are_used_in_place(device):
    batch = ARM.transform(ARM.function(np.float64))
    (q,) = ARM.arguments(POINTS, np.float64)
    wanted = batch.on_cpu(q)
    _, J = batch(DeviceArray(q))
    np.testing.assert_allclose(J.host, wanted[1], rtol=1e-12, atol=1e-12)
    out = DeviceArray(np.full_like(wanted[0], np.nan)), DeviceArray(np.full_like(wanted[1], np.nan))
    found = batch(DeviceArray(q), out=out)
    assert found[0] is out[0]
    assert found[1] is out[1]
    np.testing.assert_allclose(out[1].host, wanted[1], rtol=1e-12, atol=1e-12)
    assert len(device.launches) == 2


def test_parts_of_several_arguments_on_the_device(device):
    batch = dj.cuda.batch_jacobian(lambda x, a: (a * x[0], a * x[1]), argnums=(0, 1))
    x, a = np.arange(8.0).reshape(2, 4), np.arange(1.0, 5.0)
    by_x, by_a = batch(DeviceArray(x), DeviceArray(a))
    np.testing.assert_array_equal(by_x.host[0], [a, np.zeros(4)])
    np.testing.assert_array_equal(by_a.host, x)


def test_one_kernel_for_all_calls_of_the_same_types(device):
    batch = ARM.transform(ARM.function(np.float64))
    made = []
    kernel = device.kernel
    device.kernel = lambda *given: made.append(given) or kernel(*given)
    for points in (3, 5):
        batch(*ARM.arguments(points, np.float64))
    assert len(made) == 1


@pytest.mark.parametrize(
    "stream",
    [Stream(), SimpleNamespace(ptr=7), SimpleNamespace(cuda_stream=7), 7],
    ids=["numba", "cupy", "torch", "int"],
)
def test_streams_of_all_packages(stream, device):
    ARM.transform(ARM.function(np.float64))(*ARM.arguments(3, np.float64), stream=stream)
    used = device.launches[0][2]
    assert isinstance(used, Stream)
    assert used.handle == (None if isinstance(stream, Stream) else 7)
    assert used.waited  # the answer is on the host


def test_what_is_no_stream(device):
    with pytest.raises(errors.OptionError, match=r"stream='fast'.*PyTorch"):
        ARM.transform(ARM.function(np.float64))(*ARM.arguments(3, np.float64), stream="fast")


def test_no_points_no_launch(device):
    y, J = ARM.transform(ARM.function(np.float64))(np.empty((7, 0)))
    assert (y.shape, J.shape) == ((12, 0), (12, 7, 0))
    assert not device.launches


def test_outputs_on_the_host_for_arguments_on_the_device(device):
    with pytest.raises(errors.DeviceArrayError, match="on the device, as the arguments are"):
        dj.cuda.batch_gradient(lambda x: x[0])(DeviceArray(np.ones((1, 2))), out=np.ones((1, 2)))


def test_the_fastest_number_of_partials_is_kept(device, monkeypatch):
    """Timed by a clock by which kernels of three partials are the fastest."""
    compiled = []

    def choice(target, kernel, cc):
        compiled.append(kernel.lanes)
        return Choice(kernel.lanes, kernel.passes[0] * kernel.passes[1], None, "")

    monkeypatch.setattr(batch_module, "compiled", choice)
    device.module.event = lambda: SimpleNamespace(record=lambda: None, synchronize=lambda: None)
    device.module.event_elapsed_time = lambda before, after: abs(device.launches[-1][0][1] - 3)
    batch = ARM.transform(ARM.function(np.float64))
    (q,) = ARM.arguments(POINTS, np.float64)
    best = batch.tune(DeviceArray(q))
    assert compiled == [(7,), (4,), (3,), (2,), (1,)]
    assert (best.lanes, best.passes) == ((3,), 3)
    _, J = batch(q)
    assert device.launches[-1][0][1] == 3
    np.testing.assert_allclose(J, batch.on_cpu(q)[1], rtol=1e-12, atol=1e-12)


def test_the_cpu_takes_no_arrays_of_the_device():
    with pytest.raises(errors.DeviceArrayError, match="on_cpu takes NumPy arrays"):
        dj.cuda.batch_gradient(lambda x: x[0]).on_cpu(DeviceArray(np.ones((1, 2))))


# ---- one point


def chain(x, a, out):
    for i in range(len(x)):
        out[i] = a[i] * x[i] * x[i - 1]


def test_threads_are_passes_of_one_point(device):
    x, a = np.arange(1.0, 1001.0), np.ones(1000)
    jacobian = dj.cuda.jacobian(chain, outputs=1000)
    J = jacobian(x, a)
    assert isinstance(J, np.ndarray)
    np.testing.assert_array_equal(J, jacobian.on_cpu(x, a))
    assert device.launches == [((-(-250 // SPREAD_THREADS), 1, 1), SPREAD_THREADS, 0)]  # four columns for each thread


def test_one_point_on_the_device(device):
    x, a = np.arange(1.0, 31.0), np.ones(30)
    jacobian = dj.cuda.jacobian(chain, outputs=30, value=True)
    wanted = jacobian.on_cpu(x, a)
    out = DeviceArray(np.full(30, np.nan)), DeviceArray(np.full((30, 30), np.nan))
    found = jacobian(DeviceArray(x), DeviceArray(a), out=out)
    assert found[0] is out[0]
    assert found[1] is out[1]
    for made, given, right in zip(jacobian(DeviceArray(x), DeviceArray(a)), found, wanted, strict=True):
        np.testing.assert_array_equal(made.host, right)
        np.testing.assert_array_equal(given.host, right)


def test_the_value_of_one_point_is_one_number(device):
    y, g = dj.cuda.jacobian(lambda x: x[0] * x[1], value=True)(DeviceArray(np.array([2.0, 3.0])))
    assert y.host.shape == ()
    assert y.host == 6.0
    np.testing.assert_array_equal(g.host, [3.0, 2.0])


def test_values_without_columns(device):
    y, J = dj.cuda.jacobian(lambda x, a: (a, 2 * a), value=True)(np.empty(0), 3.0)
    np.testing.assert_array_equal(y, [3.0, 6.0])
    assert J.shape == (2, 0)


def test_passes_of_both_levels_are_blocks_of_their_own(device, monkeypatch):
    monkeypatch.setattr(batch_module, "compiled", lambda target, kernel, cc: Choice(kernel.lanes, 9, None, ""))
    hessian = dj.cuda.batch_hessian(lambda x: x[0] * x[1] * x[2], chunk=1)
    x = np.ones((3, 2))
    np.testing.assert_array_equal(hessian(x), hessian.on_cpu(x))
    assert device.launches[0][0] == (1, 3, 3)


def test_more_points_than_32_bits_count():
    scenario = ARM
    batch = scenario.transform(scenario.function(np.float64))
    problem = batch.run(tuple(scenario.arguments(2, np.float64))).problem
    blocks, threads = Kernel(problem, Components(12, nb.float64, single=False), (4,)).configuration(1 << 33)
    assert blocks == ((1 << 33) // threads, 2, 1)


def test_more_passes_than_blocks_are_refused(device, monkeypatch):
    monkeypatch.setattr(chunks, "MOST_BLOCKS", 3)
    x = np.ones((4, 2))
    first = lambda x: x[0]  # noqa: E731
    with pytest.raises(errors.UnsupportedError, match=r"4 x 1 passes for each point.*\n.*no more than 3 blocks"):
        dj.cuda.batch_gradient(first, chunk=1)(x)
    with pytest.raises(errors.UnsupportedError, match=r"4 x 4 passes for each point"):
        dj.cuda.batch_hessian(first, chunk=1)(x)


# ---- reverse mode


def line(theta, x, y):
    """Squares of what a line misses."""
    missed = theta[0] + theta[1] * x - y
    if not x < 1e6:
        raise ValueError("too far")
    return missed * missed


@pytest.fixture
def fit():
    return dj.cuda.batch_gradient(line, ("theta", "x"), shared=("theta",), mode="reverse", value=True)


def points(rng):
    return np.array([0.5, 2.0]), rng.normal(size=POINTS), rng.normal(size=POINTS)


def test_sums_over_points_there_and_back(fit, device, rng):
    arguments = points(rng)
    wanted = fit.on_cpu(*arguments)
    for x, y in zip(flat(fit(*arguments)), flat(wanted), strict=True):
        assert isinstance(x, np.ndarray)
        np.testing.assert_allclose(x, y, rtol=1e-13)
    ((((blocks,), threads, stream)),) = device.launches
    assert blocks * threads >= POINTS > (blocks - 1) * threads
    assert (threads, stream) == (THREADS, 0)


def test_sums_over_points_in_place(fit, device, rng):
    arguments = points(rng)
    y, (by_theta, by_x) = fit.on_cpu(*arguments)
    out = tuple(DeviceArray(np.full(shape, np.nan)) for shape in ((POINTS,), (1, POINTS), (2,)))
    for _ in range(2):  # sums begin at zero each time
        found = fit(*map(DeviceArray, arguments), out=out, stream=Stream())
        assert found[0] is out[0]
        assert found[1][0] is out[2]
        np.testing.assert_allclose(out[0].host, y, rtol=1e-13)
        np.testing.assert_allclose(found[1][0].host, by_theta, rtol=1e-13)
        np.testing.assert_allclose(found[1][1].host, by_x, rtol=1e-13)


@pytest.mark.parametrize("on_device", [False, True])
@pytest.mark.parametrize(
    ("status", "error", "match"),
    [(3, errors.TapeError, "too small at point 2"), (-8, errors.CudaError, "raised an error at point 7; .on_cpu")],
)
def test_what_threads_report_is_raised(status, error, match, on_device, fit, device, rng):
    def reporting(function, argtypes, unroll):
        def launched(*args):
            args[-1].host[0] = status

        return Launcher(lambda grid, threads, stream: launched)

    device.kernel = reporting
    stream = Stream()
    with pytest.raises(error, match=match):
        fit(*(DeviceArray(x) if on_device else x for x in points(rng)), stream=stream)
    assert stream.waited


def test_rows_are_blocks_of_their_own(device, rng):
    batch = dj.cuda.batch_jacobian(lambda x: (x[0] * x[1], x[1] ** 2, 4.0), value=True, mode="reverse")
    x = rng.normal(size=(2, POINTS))
    for found, wanted in zip(batch(DeviceArray(x)), batch.on_cpu(x), strict=True):
        np.testing.assert_array_equal(found.host, wanted)
    assert device.launches == [((-(-POINTS // THREADS), 3), THREADS, 0)]


@pytest.mark.parametrize("n", [2, 20])
def test_either_mode_is_launched(n, device, rng):
    def f(theta, x):
        total = x
        for k in range(len(theta)):
            total += theta[k] * theta[0] * x
        return total

    batch = dj.vmap(dj.grad(f), in_axes=(None, 0), target="cuda")
    theta, x = rng.normal(size=n), rng.normal(size=POINTS)
    wanted, out = batch.on_cpu(theta, x), DeviceArray(np.full((POINTS, n), np.nan))
    np.testing.assert_allclose(batch(theta, x), wanted, rtol=1e-13)
    stream = Stream()
    assert batch(DeviceArray(theta), DeviceArray(x), out=out, stream=stream) is out
    np.testing.assert_allclose(out.host, wanted, rtol=1e-13)
    assert device.launches[-1][2] is stream


@pytest.mark.parametrize("transform", [dj.jacfwd, dj.jacrev])
def test_components_are_parts_of_one_array_on_the_device(transform, device, rng):
    batch = dj.vmap(transform(lambda x, a: (x[0] * a, x[1]), (0, 1)), in_axes=-1, out_axes=-1, target="cuda")
    x, a = rng.normal(size=(2, POINTS)), rng.normal(size=POINTS)
    out = DeviceArray(np.full((2, 3, POINTS), np.nan))
    rows, wanted = batch(DeviceArray(x), DeviceArray(a), out=out), batch.on_cpu(x, a)
    for row, right in zip(rows, wanted, strict=True):
        for part, y in zip(row, right, strict=True):
            np.testing.assert_allclose(part.host, y, rtol=1e-15)
            assert np.shares_memory(part.host, out.host)


def test_what_cannot_fail_is_not_waited_for(device):
    stream = Stream()
    batch = dj.cuda.batch_gradient(lambda x: x[0] ** 2, mode="reverse")
    found = batch(DeviceArray(np.array([[1.0, 2.0]])), stream=stream)
    np.testing.assert_array_equal(found.host, [[2.0, 4.0]])
    assert not stream.waited
