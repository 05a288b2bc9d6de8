"""On a GPU: the kernels against the same bodies on the CPU, into poisoned memory."""

import math

import numba as nb
import numpy as np
import pytest

import dualjit as dj
from dualjit.cuda import partial, seed, value
from dualjit.cuda.bench.scenarios import ARM, SCENARIOS
from dualjit.cuda.target import numba_target

pytestmark = pytest.mark.gpu
POINTS = 1000


@pytest.fixture(scope="module")
def cuda():
    module = numba_target().module
    if not module.is_available():
        pytest.skip("there is no GPU")
    return module


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


def test_tuned_kernels_compute_the_same(cuda):
    batch = ARM.transform(ARM.function(np.float64))
    arguments = ARM.arguments(POINTS, np.float64)
    assert batch.tune(*arguments).passes >= 1
    np.testing.assert_allclose(batch(*arguments)[1], batch.on_cpu(*arguments)[1], rtol=1e-11, atol=1e-11)
