"""Launched kernels against the same bodies on the CPU, into poisoned memory: on a GPU, and on an emulated one."""

import math

import numba as nb
import numpy as np
import pytest

import dualjit as dj
from dualjit.cuda import launch, partial, seed, value
from dualjit.cuda.bench.large import brusselator
from dualjit.cuda.bench.scenarios import ARM, SCENARIOS
from dualjit.cuda.kernels import BLOCK_SIZES
from dualjit.cuda.totals import NUMBERS_OF_BLOCKS
from tests.cuda.emulator.device import emulated

POINTS = 1000


@pytest.fixture(scope="module", params=["emulated", pytest.param("device", marks=pytest.mark.gpu)])
def cuda(request, target):
    """The module of kernels and arrays, on a device."""
    if request.param == "device":
        if not target.module.is_available():
            pytest.skip("there is no GPU")
        yield target.module
        return
    with emulated(target) as module:
        yield module


def poisoned(cuda, like):
    return cuda.to_device(np.full_like(like, np.nan))


def flat(answer):
    return [x for part in answer for x in (part if isinstance(part, tuple) else (part,))]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("chunk", [None, 1, 3])
@pytest.mark.parametrize("name", SCENARIOS)
def test_scenarios_into_poisoned_memory(name, chunk, dtype, cuda):
    scenario = SCENARIOS[name]
    batch = scenario.transform(scenario.function(dtype), chunk=chunk)
    arguments = scenario.arguments(POINTS, dtype)
    shapes = [(scenario.outputs, POINTS), (scenario.outputs, scenario.columns, POINTS)]
    if name in ("pairs", "mixture"):
        shapes = [(POINTS,), (scenario.columns, POINTS)]
    out = tuple(poisoned(cuda, np.empty(shape, dtype)) for shape in shapes)
    batch(*(cuda.to_device(x) for x in arguments), out=out)
    on_cpu = tuple(np.empty(shape, dtype) for shape in shapes)
    batch.on_cpu(*arguments, out=on_cpu)
    bound = 1e-11 if dtype is np.float64 else 2e-3
    for found, wanted in zip(out, on_cpu, strict=True):
        np.testing.assert_allclose(found.copy_to_host(), wanted, rtol=bound, atol=bound * np.abs(wanted).max())


def curved(x):
    return x[0] ** 2 * np.sin(x[1]) + x[2] * np.exp(x[0] * x[1]) + 3.0


@pytest.mark.parametrize("layout", ["soa", "aos"])
@pytest.mark.parametrize(
    "driver", [dj.cuda.batch_gradient, dj.cuda.batch_jvp, dj.cuda.batch_hessian, dj.cuda.batch_hvp]
)
def test_numpy_arrays_there_and_back(driver, layout, cuda, rng):
    shape = (3, POINTS) if layout == "soa" else (POINTS, 3)
    x, v = rng.normal(size=(2, *shape))
    batch = driver(curved, layout=layout)
    given = (x, v) if driver in (dj.cuda.batch_jvp, dj.cuda.batch_hvp) else (x,)
    for found, wanted in zip(flat((batch(*given),)), flat((batch.on_cpu(*given),)), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-11)


def test_a_stream_of_numba(cuda):
    batch = ARM.transform(ARM.function(np.float64))
    arguments = ARM.arguments(POINTS, np.float64)
    _, J = batch(*arguments, stream=cuda.stream())
    np.testing.assert_allclose(J, batch.on_cpu(*arguments)[1], rtol=1e-11, atol=1e-11)


def test_duals_in_a_kernel_of_one_s_own(cuda):
    T = dj.Dual[2, nb.float64]

    @cuda.jit
    def kernel(x, out):
        i = cuda.grid(1)
        if i < x.shape[0]:
            exchanged = cuda.local.array(2, T)
            exchanged[0] = seed(T, x[i], 0)
            exchanged[1] = math.sin(exchanged[0]) * exchanged[0]
            out[0, i], out[1, i] = value(exchanged[1]), partial(exchanged[1], 0)

    x = np.linspace(-1.0, 1.0, POINTS)
    out = np.full((2, POINTS), np.nan)
    kernel[8, 128](x, out)
    np.testing.assert_allclose(out, [np.sin(x) * x, np.cos(x) * x + np.sin(x)], rtol=1e-13, atol=1e-15)


# ---- reverse mode


def valley(x):
    total = x[0] * x[0]
    for i in range(len(x) - 1):
        total += (x[i + 1] - x[i] ** 2) ** 2 * x[i]
    return total


def swinging(x):
    """Rounds that are kept, in loops of known rounds."""
    u = x[0]
    for i in range(6):
        for j in range(i):
            u = np.sin(u) * x[1] + x[2] * x[j % 3]
    return u * u


def root(x):
    """As many rounds as it takes."""
    u = x[0]
    while abs(u * u - x[1]) > x[1] * x[2]:
        u = u - (u * u - x[1]) / (u + u)
    return u * x[2]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("layout", ["soa", "aos"])
@pytest.mark.parametrize(("f", "tape"), [(curved, None), (valley, None), (swinging, None), (root, 1024)])
def test_gradients_by_reverse_mode(f, tape, layout, dtype, cuda, rng):
    shape = (3, POINTS) if layout == "soa" else (POINTS, 3)
    x = rng.uniform(0.3, 1.3, shape).astype(dtype)
    if f is root:
        x[(2,) if layout == "soa" else (slice(None), 2)] = 1e-5 if dtype is np.float64 else 1e-3
    batch = dj.cuda.batch_gradient(f, layout=layout, mode="reverse", tape=tape, value=True)
    wanted = batch.on_cpu(x)
    out = tuple(poisoned(cuda, part) for part in wanted)
    batch(cuda.to_device(x), out=out)
    # single precision takes another number of rounds here and there
    bound = 1e-11 if dtype is np.float64 else 5e-3 if f is root else 1e-4
    for found, part in zip(out, wanted, strict=True):
        np.testing.assert_allclose(found.copy_to_host(), part, rtol=bound, atol=bound * np.abs(part).max())


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_sums_over_points(dtype, cuda):
    scenario = SCENARIOS["mixture"]
    f, arguments = scenario.function(dtype), scenario.arguments(POINTS, dtype)
    names = ("weights", "means", "factors")
    batch = dj.cuda.batch_gradient(f, ("x", *names), shared=names, mode="reverse", value=True)
    y, parts = batch.on_cpu(*arguments)
    wanted = [y, parts[0], *parts[1:]]
    out = tuple(poisoned(cuda, part) for part in wanted)
    for _ in range(2):  # sums begin at zero each time
        batch(*map(cuda.to_device, arguments), out=out)
        bound = 1e-11 if dtype is np.float64 else 1e-4
        for found, part in zip(out, wanted, strict=True):
            np.testing.assert_allclose(found.copy_to_host(), part, rtol=bound, atol=bound * np.abs(part).max())
    for found, part in zip(flat(batch(*arguments)), wanted, strict=True):
        np.testing.assert_allclose(found, part, rtol=bound, atol=bound * np.abs(part).max())


def hand(q, lengths):
    """Two components, and one that does not depend on anything."""
    first, second = q[0], q[0] + q[1]
    x = lengths[0] * np.cos(first) + lengths[1] * np.cos(second)
    return x, 5, lengths[0] * np.sin(first) + lengths[1] * np.sin(second)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("layout", ["soa", "aos"])
def test_products_with_transposed_jacobians(layout, dtype, cuda, rng):
    q, u = (rng.normal(size=(k, POINTS) if layout == "soa" else (POINTS, k)).astype(dtype) for k in (2, 3))
    lengths = np.array([1.0, 0.5], dtype)
    batch = dj.cuda.batch_vjp(hand, (0, 1), shared=("lengths",), layout=layout, value=True)
    y, (by_q, by_lengths) = batch.on_cpu(q, u, lengths)
    out = poisoned(cuda, y), poisoned(cuda, by_q), poisoned(cuda, by_lengths)
    batch(*map(cuda.to_device, (q, u, lengths)), out=out)
    bound = 1e-11 if dtype is np.float64 else 1e-3
    for found, wanted in zip(out, (y, by_q, by_lengths), strict=True):
        np.testing.assert_allclose(found.copy_to_host(), wanted, rtol=bound, atol=bound * np.abs(wanted).max())


def line(theta, x, y):
    """What a line misses."""
    missed = theta[0, 0] + theta[0, 1] * x - y
    return missed * missed if missed < 2 * theta[0, 2] else missed


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("count", [1, 33, 1000, 300_001])  # of the most, threads have several each
def test_sums_of_a_thread_s_own(count, dtype, cuda, rng):
    theta, x, y = (rng.normal(size=shape).astype(dtype) for shape in ((1, 3), count, count))
    batch = dj.cuda.batch_gradient(line, ("theta", "x"), shared=("theta",), mode="reverse")
    wanted = batch.on_cpu(theta.astype(np.float64), x.astype(np.float64), y.astype(np.float64))
    out = poisoned(cuda, x[None]), poisoned(cuda, theta)
    batch(*map(cuda.to_device, (theta, x, y)), out=out, stream=cuda.stream())
    cuda.synchronize()
    bound = 1e-10 if dtype is np.float64 else 1e-3
    np.testing.assert_allclose(out[1].copy_to_host(), wanted[0], rtol=bound, atol=bound * count**0.5)
    np.testing.assert_allclose(out[0].copy_to_host()[0], wanted[1], rtol=bound, atol=bound)


def failing(x):
    if x[0] < 0:
        raise ValueError("negative")
    return x[0] ** 2


@pytest.mark.parametrize("on_device", [False, True])
def test_threads_report_what_they_cannot_raise(on_device, cuda):
    moved = cuda.to_device if on_device else np.asarray
    x = np.ones((3, POINTS))
    x[1] = 1.5
    x[2] = 1e-12
    x[:2, 700] = 1.0, 1e9  # of which the root takes more rounds
    with pytest.raises(dj.errors.TapeError, match="too small at point 700"):
        dj.cuda.batch_gradient(root, mode="reverse", tape=64)(moved(x))
    x[0, 300] = -1.0
    with pytest.raises(dj.errors.CudaError, match="raised an error at point 300"):
        dj.cuda.batch_gradient(failing, mode="reverse")(moved(x), stream=cuda.stream())
    x[0, 300] = 1.0
    found = dj.cuda.batch_gradient(failing, mode="reverse")(moved(x))
    np.testing.assert_array_equal(np.asarray(found.copy_to_host() if on_device else found)[0], 2.0)


def test_tuned_kernels_compute_the_same(cuda):
    batch = ARM.transform(ARM.function(np.float64))
    arguments = ARM.arguments(POINTS, np.float64)
    assert batch.tune(*arguments).passes >= 1
    np.testing.assert_allclose(batch(*arguments)[1], batch.on_cpu(*arguments)[1], rtol=1e-11, atol=1e-11)


# ---- one point


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("chunk", [None, 3, 8])
@pytest.mark.parametrize("n", [2, 34, 1026])
def test_one_point_into_poisoned_memory(n, chunk, dtype, cuda, rng):
    jacobian = dj.cuda.jacobian(brusselator(dtype), outputs=n, value=True, chunk=chunk)
    x = rng.uniform(0.5, 3.0, n).astype(dtype)
    out = tuple(poisoned(cuda, np.empty(shape, dtype)) for shape in [(n,), (n, n)])
    assert jacobian(cuda.to_device(x), out=out)[1] is out[1]
    bound = 1e-11 if dtype is np.float64 else 1e-4
    for found, wanted in zip(out, jacobian.on_cpu(x), strict=True):
        np.testing.assert_allclose(found.copy_to_host(), wanted, rtol=bound, atol=bound * np.abs(wanted).max())


def test_arguments_of_one_point(cuda, rng):
    """A number, an array of whole numbers, one without axes, and one of which every other number is taken."""

    def f(x, which, scale, a, shift, out):
        for i in range(len(x)):
            out[i] = math.sin(x[i]) * x[which[i]] * scale[()] + a[i] * shift

    n = 100
    x, a, which, scale = rng.normal(size=n), rng.normal(size=2 * n)[::2], rng.permutation(n), np.array(2.0)
    jacobian = dj.cuda.jacobian(f, argnums=("a", "x"), outputs=n, value=True)
    contiguous = np.ascontiguousarray(a)
    y, (by_a, by_x) = jacobian(x, which, scale, contiguous, 0.5, stream=cuda.stream())
    wanted, (wanted_a, wanted_x) = jacobian.on_cpu(x, which, scale, contiguous, 0.5)
    np.testing.assert_allclose(y, wanted, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(by_x, wanted_x, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(by_a, wanted_a)
    strided = dj.cuda.jacobian(f, outputs=n)
    np.testing.assert_allclose(strided(x, which, scale, a, 0.5), wanted_x, rtol=1e-12, atol=1e-12)


def test_a_gradient_and_its_value_of_one_point(cuda, rng):
    def energy(x):
        total = 0.0
        for i in range(1, len(x)):
            total += (x[i] - x[i - 1] ** 2) ** 2
        return total

    x = rng.normal(size=300)
    gradient = dj.cuda.jacobian(energy, value=True)
    wanted_y, wanted_g = gradient.on_cpu(x)
    for y, g in (gradient(x), [a.copy_to_host() for a in gradient(cuda.to_device(x))]):
        np.testing.assert_allclose(y, wanted_y, rtol=1e-12)
        np.testing.assert_allclose(g, wanted_g, rtol=1e-11, atol=1e-11)
    out = cuda.to_device(np.array(np.nan)), poisoned(cuda, x)
    gradient(cuda.to_device(x), out=out)
    np.testing.assert_allclose(out[0].copy_to_host(), wanted_y, rtol=1e-12)
    np.testing.assert_allclose(out[1].copy_to_host(), wanted_g, rtol=1e-11, atol=1e-11)


def test_values_where_there_are_no_columns(cuda):
    y, J = dj.cuda.jacobian(lambda x, a: (a, 2 * a), value=True)(np.empty(0), 3.0)
    np.testing.assert_array_equal(y, [3.0, 6.0])
    assert J.shape == (2, 0)


def test_more_threads_than_fill_a_device(cuda, rng):
    """Two columns for each thread, of a function of few components."""

    def f(x, out):
        total = x[0] * 0.0
        for i in range(0, len(x), 64):
            total += x[i] * x[-1 - i]
        out[0], out[1] = total, x[-1]

    x = rng.normal(size=40_000)
    jacobian = dj.cuda.jacobian(f, outputs=2)
    assert jacobian.inspect(x).lanes == (2,)
    np.testing.assert_allclose(jacobian(x), jacobian.on_cpu(x), rtol=1e-12)


@pytest.mark.parametrize("layout", ["soa", "aos"])
def test_passes_along_both_levels(layout, cuda, rng):
    x = rng.normal(size=(3, 200))
    x = x if layout == "soa" else np.ascontiguousarray(x.T)
    hessian = dj.cuda.batch_hessian(curved, layout=layout, value=True, chunk=1)
    for found, wanted in zip(hessian(x), hessian.on_cpu(x), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-11)


# ---- slices, unpacking, errors


def test_slices_iteration_and_unpacking(cuda, rng):
    def f(x):
        a, b = x[::-3]
        total = a * b
        for i, (u, v) in enumerate(zip(x[1:], x[:-1])):  # noqa: B905
            total += i * u * v
        return total

    x = rng.normal(size=(5, POINTS))
    gradient = dj.cuda.batch_gradient(f, chunk=2)
    np.testing.assert_allclose(gradient(x), gradient.on_cpu(x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("chunk", [1, 2])
def test_points_whose_function_raises_are_nan(chunk, cuda, rng):
    def f(x, out):
        for k in range(2):
            out[k] = x[k] ** 2
            if x[k] < 0.0:
                raise ValueError("negative")

    x = np.abs(rng.normal(size=(2, POINTS)))
    bad = np.arange(POINTS) % 7 == 3
    x[1, bad] *= -1.0
    jacobian = dj.cuda.batch_jacobian(f, outputs=2, value=True, chunk=chunk)
    y, J = jacobian(x)
    assert np.isnan(y[:, bad]).all()
    assert np.isnan(J[:, :, bad]).all()
    np.testing.assert_allclose(J[:, :, ~bad], jacobian.on_cpu(np.ascontiguousarray(x[:, ~bad]))[1], rtol=1e-13)


def test_unpacking_what_does_not_fit_is_nan(cuda):
    def f(x):
        a, b = x
        return a * b

    assert np.isnan(dj.cuda.batch_gradient(f)(np.ones((3, POINTS)))).all()


# ---- rows by reverse mode, and what all points share


def three(x, a):
    """Three components, one of which depends on nothing; rounds of a loop are kept."""
    u = a
    for k in range(len(x)):
        u = math.sin(u * x[k]) + x[k - 1]
    return u, 3, x[0] * a


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("layout", ["soa", "aos"])
def test_rows_of_jacobians(layout, dtype, cuda, rng):
    x = rng.uniform(0.5, 1.5, (20, POINTS) if layout == "soa" else (POINTS, 20)).astype(dtype)
    a = rng.normal(size=POINTS).astype(dtype)
    batch = dj.cuda.batch_jacobian(three, layout=layout, value=True, mode="reverse")
    wanted = batch.on_cpu(x, a)
    out = tuple(poisoned(cuda, part) for part in wanted)
    batch(cuda.to_device(x), cuda.to_device(a), out=out)
    bound = 1e-11 if dtype is np.float64 else 1e-3
    for found, part in zip(out, wanted, strict=True):
        np.testing.assert_allclose(found.copy_to_host(), part, rtol=bound, atol=bound * np.abs(part).max())


@pytest.mark.parametrize("transform", [dj.jacfwd, dj.jacrev, dj.hessian])
@pytest.mark.parametrize("axis", [0, -1])
def test_each_point_has_a_derivative_by_what_all_share(axis, transform, cuda, rng):
    def model(theta, x):
        return (theta[0] * math.tanh(theta[1] * x)) ** 2

    batch = dj.vmap(transform(model), in_axes=(None, axis), out_axes=axis, target="cuda")
    theta, x = rng.normal(size=2), rng.normal(size=POINTS)
    wanted = batch.on_cpu(theta, x)
    np.testing.assert_allclose(batch(theta, x), wanted, rtol=1e-11, atol=1e-11)
    found = batch(cuda.to_device(theta), cuda.to_device(x), stream=cuda.stream())
    cuda.synchronize()
    np.testing.assert_allclose(found.copy_to_host(), wanted, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("transform", [dj.jacfwd, dj.jacrev, dj.hessian])
def test_components_and_blocks_are_parts_of_one_array(transform, cuda, rng):
    def two(x, a):
        return x[0] * a, x[1] * x[0]

    def one(x, a):
        return math.sin(x[0] * a) * x[1]

    f = one if transform is dj.hessian else two

    batch = dj.vmap(transform(f, (0, 1)), in_axes=-1, out_axes=-1, target="cuda")
    x, a = rng.normal(size=(2, POINTS)), rng.normal(size=POINTS)
    found, wanted = batch(cuda.to_device(x), cuda.to_device(a)), batch.on_cpu(x, a)
    for row, right in zip(found, wanted, strict=True):
        for part, y in zip(row, right, strict=True):
            np.testing.assert_allclose(part.copy_to_host(), y, rtol=1e-12, atol=1e-12)


# ---- tuned on the device


@pytest.fixture
def few_launches(monkeypatch):
    """Times are of no interest, and the emulated device is slow."""
    monkeypatch.setattr(launch, "LAUNCHES", 1)


@pytest.mark.usefixtures("few_launches")
def test_tuned_blocks_compute_the_same(cuda, target):
    batch = ARM.transform(ARM.function(np.float64))
    arguments = ARM.arguments(POINTS, np.float64)
    best = batch.tune(*map(cuda.to_device, arguments))
    assert best.threads in BLOCK_SIZES
    assert best.seconds > 0
    assert batch.inspect(*arguments, cc=target.capability()) is best
    for found, wanted in zip(batch(*arguments), batch.on_cpu(*arguments), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-11)


@pytest.mark.usefixtures("few_launches")
@pytest.mark.parametrize("count", [33, POINTS])
def test_tuned_sums_are_the_same(count, cuda, rng):
    theta, x, y = (rng.normal(size=shape) for shape in ((1, 3), count, count))
    batch = dj.cuda.batch_gradient(line, ("theta", "x"), shared=("theta",), mode="reverse")
    best = batch.tune(theta, x, y)
    assert best.threads in BLOCK_SIZES
    assert best.blocks in NUMBERS_OF_BLOCKS
    for found, wanted in zip(batch(theta, x, y), batch.on_cpu(theta, x, y), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-10, atol=1e-10 * count**0.5)


@pytest.mark.usefixtures("few_launches")
def test_the_faster_mode_computes_the_same(cuda, rng):
    x = rng.normal(size=(12, POINTS))
    batch = dj.cuda.batch_gradient(valley, mode="auto")
    batch.tune(cuda.to_device(x))
    np.testing.assert_allclose(batch(x), batch.on_cpu(x), rtol=1e-11, atol=1e-11)
