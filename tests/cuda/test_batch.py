"""Derivatives at many points: the kernels' bodies, compiled for the CPU, against dualjit's transforms of one point."""

from functools import cache

import numba as nb
import numpy as np
import pytest

import dualjit as dj
from dualjit.cuda.bench.scenarios import ARM, MIXTURE, PAIRS, REPROJECTION, SCENARIOS

from .layouts import LAYOUTS, back, moved

POINTS = 5


@cache
def references(name):
    """Values and derivatives of all points, the axis of points last, by transforms of one point."""
    scenario = SCENARIOS[name]
    arguments = scenario.arguments(POINTS, np.float64)
    f = nb.njit(scenario.function(np.float64))
    if scenario is ARM:

        def one(q):
            out = np.empty(12)
            f(q, out)
            return out

        value, derivative = one, dj.jacfwd(one)
    elif scenario is REPROJECTION:

        def one(camera, point, weight, feature):
            return np.array(f(camera, point, weight, feature))

        value, jacobian = one, dj.jacfwd(one, argnums=(0, 1, 2))

        def derivative(*args):
            by_camera, by_point, by_weight = jacobian(*args)
            return np.concatenate([by_camera, by_point, by_weight[:, None]], axis=1)
    else:
        value, derivative = f, dj.grad(f)
    same = arguments[1:] if scenario is MIXTURE else []
    points = arguments[:1] if scenario is MIXTURE else arguments
    each = [[*(float(x[i]) if x.ndim == 1 else x[:, i].copy() for x in points), *same] for i in range(POINTS)]
    return np.stack([value(*a) for a in each], axis=-1), np.stack([derivative(*a) for a in each], axis=-1)


def poisoned(*shape, dtype=np.float64):
    return np.full(shape, np.nan, dtype)


@pytest.mark.parametrize(("chunk", "layout"), [(None, "soa"), (3, "soa"), (1, "aos")])
@pytest.mark.parametrize("name", SCENARIOS)
def test_scenarios_are_as_by_the_transforms_of_one_point(name, chunk, layout):
    scenario = SCENARIOS[name]
    arguments = scenario.arguments(POINTS, np.float64)
    count = 1 if scenario is MIXTURE else len(arguments)
    given = [moved(x, layout) if k < count else x for k, x in enumerate(arguments)]
    values, derivatives = references(name)
    batch = scenario.transform(scenario.function(np.float64), chunk=chunk, layout=layout)
    out = poisoned(*moved(values, layout).shape), poisoned(*moved(derivatives, layout).shape)
    batch.on_cpu(*given, out=out)
    np.testing.assert_allclose(back(out[0], layout), values, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(back(out[1], layout), derivatives, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", SCENARIOS)
def test_single_precision_stays_single(name):
    scenario = SCENARIOS[name]
    found = scenario.transform(scenario.function(np.float32)).on_cpu(*scenario.arguments(POINTS, np.float32))
    double = scenario.transform(scenario.function(np.float64)).on_cpu(*scenario.arguments(POINTS, np.float64))
    for single, wanted in zip(flat(found), flat(double), strict=True):
        assert single.dtype == np.float32
        np.testing.assert_allclose(single, wanted, rtol=1e-3, atol=1e-3 * np.abs(wanted).max())


def flat(answer):
    return [x for part in answer for x in (part if isinstance(part, tuple) else (part,))]


def curved(x):
    return x[0] ** 2 * np.sin(x[1]) + x[2] * np.exp(x[0] * x[1]) + 3.0


@pytest.mark.parametrize(("chunk", "layout"), [(None, "soa"), (2, "aos"), (1, "soa")])
def test_hessians_and_products(layout, chunk, rng):
    x, v = rng.normal(size=(2, 3, POINTS))
    hessian = dj.cuda.batch_hessian(curved, layout=layout, value=True, chunk=chunk)
    y, H = hessian.on_cpu(moved(x, layout))
    Hv = dj.cuda.batch_hvp(curved, layout=layout, chunk=chunk).on_cpu(moved(x, layout), moved(v, layout))
    for i in range(POINTS):
        wanted = dj.hessian(curved)(x[:, i].copy())
        np.testing.assert_allclose(back(H, layout)[:, :, i], wanted, rtol=1e-12)
        np.testing.assert_allclose(back(Hv, layout)[:, i], wanted @ v[:, i], rtol=1e-11)
        np.testing.assert_allclose(back(y, layout)[i], curved(x[:, i]), rtol=1e-14)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_products_with_jacobians(layout, rng):
    def f(q, a):
        return a * q[0] * q[1], q[1] ** 2, 4.0

    q, v = rng.normal(size=(2, 2, POINTS))
    y, y_dot = dj.cuda.batch_jvp(f, layout=layout).on_cpu(moved(q, layout), moved(v, layout), 2.0)
    np.testing.assert_allclose(back(y, layout), [2 * q[0] * q[1], q[1] ** 2, np.full(POINTS, 4.0)], rtol=1e-15)
    wanted = [2 * (v[0] * q[1] + q[0] * v[1]), 2 * q[1] * v[1], np.zeros(POINTS)]
    np.testing.assert_allclose(back(y_dot, layout), wanted, rtol=1e-14)


def test_several_arguments_have_a_part_each(rng):
    def f(a, x, b):
        return a * x[0] + b, b * x[1]

    a, b, x = rng.normal(size=POINTS), rng.normal(size=POINTS), rng.normal(size=(2, POINTS))
    by_b, by_x = dj.cuda.batch_jacobian(f, argnums=("b", "x")).on_cpu(a, x, b)
    np.testing.assert_allclose(by_b, [np.ones(POINTS), x[1]])
    zero = np.zeros(POINTS)
    np.testing.assert_allclose(by_x, [[a, zero], [zero, b]])
    (alone,) = dj.cuda.batch_jacobian(f, argnums=(0,)).on_cpu(a, x, b)
    np.testing.assert_allclose(alone, [x[0], zero])


def test_a_number_has_no_axis_of_columns(rng):
    x = rng.normal(size=POINTS)
    np.testing.assert_allclose(dj.cuda.batch_jacobian(lambda x: x * x).on_cpu(x), 2 * x)
    np.testing.assert_allclose(dj.cuda.batch_hessian(lambda x: x**3).on_cpu(x), 6 * x, rtol=1e-14)


def test_vectors_know_their_size(rng):
    def f(x):
        total = 0.0
        for k in range(x.size):
            total += x[k] * len(x) * x.shape[0]
        return total

    x = rng.normal(size=(4, POINTS))
    np.testing.assert_array_equal(dj.cuda.batch_gradient(f).on_cpu(x), np.full((4, POINTS), 16.0))


def test_negative_indices_count_from_the_end(rng):
    def f(x, out):
        out[-1] = x[-1] * x[0]
        out[0] = x[-2]

    x = rng.normal(size=(3, POINTS))
    y, J = dj.cuda.batch_jacobian(f, outputs=2, value=True).on_cpu(x)
    zero, one = np.zeros(POINTS), np.ones(POINTS)
    np.testing.assert_allclose(y, [x[1], x[2] * x[0]])
    np.testing.assert_allclose(J, [[zero, one, zero], [x[2], zero, x[0]]])


def test_directions_of_several_arguments(rng):
    x, v = rng.normal(size=(2, 2, POINTS))
    a, b = rng.normal(size=(2, POINTS))
    f = lambda x, a: a * x[0] * x[1]  # noqa: E731
    y, y_dot = dj.cuda.batch_jvp(f, argnums=(1, 0)).on_cpu(x, (b, v), a)
    np.testing.assert_allclose(y, a * x[0] * x[1])
    np.testing.assert_allclose(y_dot, b * x[0] * x[1] + a * (v[0] * x[1] + x[0] * v[1]), rtol=1e-13)


def test_values_alone(rng):
    x = rng.normal(size=(3, POINTS))
    np.testing.assert_allclose(dj.cuda.batch_value(curved).on_cpu(x), [curved(x[:, i]) for i in range(POINTS)])


def test_no_points_at_all():
    y, J = ARM.transform(ARM.function(np.float64)).on_cpu(np.empty((7, 0)))
    assert y.shape == (12, 0)
    assert J.shape == (12, 7, 0)


def test_branches_follow_the_values(rng):
    def f(x):
        return x[0] * x[1] if x[0] > 0 else -x[1]

    x = np.array([[1.0, -1.0], [2.0, 3.0]])
    np.testing.assert_array_equal(dj.cuda.batch_gradient(f).on_cpu(x), [[2.0, 0.0], [1.0, -1.0]])


# ---- what a kernel takes of a device, without one

THRESHOLDS = {"arm": 210, "pairs": 48, "mixture": 80, "camera": 120}  # registers, in double precision


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", SCENARIOS)
def test_scenarios_spill_nothing(name, dtype, target):
    scenario = SCENARIOS[name]
    choice = scenario.transform(scenario.function(dtype)).inspect(*scenario.arguments(2, dtype))
    assert choice.taken.spill_bytes == 0
    assert choice.taken.local_bytes <= 40  # the reduction of large arguments of sines
    assert choice.taken.registers <= THRESHOLDS[name]
    assert ".target sm_90" in choice.ptx


@pytest.mark.parametrize(
    "batch",
    [
        dj.cuda.batch_hessian(curved),
        dj.cuda.batch_hvp(curved),
        dj.cuda.batch_jvp(curved),
        dj.cuda.batch_value(curved),
        dj.cuda.batch_gradient(curved, layout="aos"),
    ],
    ids=lambda b: b.request.name,
)
def test_all_drivers_compile_for_a_device(batch, target):
    x = np.ones((3, 3))
    choice = batch.inspect(x, x) if ("jvp" in batch.request.name or "hvp" in batch.request.name) else batch.inspect(x)
    assert choice.taken.spill_bytes == 0


def test_one_function_for_several_devices(target):
    batch, arguments = PAIRS.transform(PAIRS.function(np.float64)), PAIRS.arguments(2, np.float64)
    for cc in ((9, 0), (8, 0)):
        choice = batch.inspect(*arguments, cc=cc)
        assert f".target sm_{cc[0]}{cc[1]}" in choice.ptx
        assert choice.taken.registers > 0


def stirred(x, n):
    """A loop of unknown length goes round with ten numbers."""
    a, b, c, d, e, f, g, h, i, j = x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7], x[8], x[9]
    for _ in range(n):
        a, b, c, d, e, f, g, h, i, j = b * c, c * d, d * e, e * f, f * g, g * h, h * i, i * j, j * a, a * b
    return a, b, c, d, e, f, g, h, i, j


def test_as_many_partials_as_registers_hold(target):
    """Ten columns of ten numbers in double precision do not fit in one pass."""
    x = np.ones((10, 2))
    assert dj.cuda.batch_jacobian(stirred, chunk=10).inspect(x, 3).taken.spill_bytes > 0
    choice = dj.cuda.batch_jacobian(stirred).inspect(x, 3)
    assert choice.passes > 1
    assert choice.taken.spill_bytes == 0


def test_kernels_leave_the_code_of_the_cpu_alone(target):
    """Both targets share the types of functions, and these remember which code was found for them last."""

    def steps():
        return lambda x: x * int(x[0])

    x = np.array([2.5])
    assert dj.jacfwd(steps())(x) == 2.0
    dj.cuda.batch_gradient(lambda x: x[0] * int(x[0])).inspect(np.ones((1, 2)))
    assert dj.jacfwd(steps())(x) == 2.0
