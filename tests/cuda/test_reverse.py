"""Gradients at many points by reverse mode: the kernels' bodies on the CPU against transforms of one point."""

import inspect
import math

import numba as nb
import numpy as np
import pytest

import dualjit as dj
from dualjit import errors
from dualjit.cuda import adjoints, reverse_problem
from dualjit.cuda.bench.scenarios import MIXTURE, PAIRS
from dualjit.cuda.tapes import tape_of

from .layouts import LAYOUTS, back, moved
from .random_loops import random_function

POINTS = 5


def reverse(f, *args, **options):
    return dj.cuda.batch_gradient(f, *args, mode="reverse", **options)


def straight(x):
    return math.sin(x[0]) * x[1] + np.exp(x[0] * x[-1])


def valley(x):
    total = 0.0
    for i in range(len(x) - 1):
        total += 100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2
    return total


def steps(x):
    """Ten rounds of which each is kept."""
    u, v = x[0], x[1]
    for _ in range(10):
        u, v = u + 0.1 * math.sin(v), v - 0.1 * u * u
    return u * x[2]


def triangle(x):
    """Rounds of an inner loop that follow from the counter of the outer one; one of them is left early."""
    u = 1.0
    for i in range(x.size):
        for j in range(i, x.shape[0], 2):
            u = math.cos(u * x[j])
            if u > 0.9:
                break
    return u


def branches(x):
    if x[0] > x[1]:
        return x[0] * math.log(x[2] + 2.0)
    return x[1] ** 3


def root(x):
    u = x[0]
    while abs(u * u - x[1]) > 1e-10:
        u = u - (u * u - x[1]) / (2 * u)
    return u


BOUNDED = [straight, valley, steps, triangle, branches]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("f", BOUNDED, ids=lambda f: f.__name__)
def test_gradients_are_those_of_one_point(f, layout, rng):
    x = rng.uniform(0.2, 1.5, (3, POINTS))
    out = np.full(POINTS, np.nan), np.full(moved(x, layout).shape, np.nan)
    y, g = reverse(f, layout=layout, value=True).on_cpu(moved(x, layout), out=out)
    assert y is out[0]
    assert g is out[1]
    for i in range(POINTS):
        np.testing.assert_allclose(y[i], f(x[:, i]), rtol=1e-14)
        np.testing.assert_allclose(back(g, layout)[:, i], dj.grad(f)(x[:, i].copy()), rtol=1e-13)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("scenario", [PAIRS, MIXTURE], ids=lambda s: s.name)
def test_scenarios_as_by_forward_mode(scenario, dtype):
    f, arguments = scenario.function(dtype), scenario.arguments(POINTS, dtype)
    shared = ("weights", "means", "factors") if scenario is MIXTURE else ()
    y, g = reverse(f, shared=shared, value=True).on_cpu(*arguments)
    wanted_y, wanted_g = dj.cuda.batch_gradient(f, shared=shared, value=True).on_cpu(*arguments)
    assert y.dtype == g.dtype == dtype
    bound = 1e-12 if dtype is np.float64 else 1e-4
    np.testing.assert_allclose(y, wanted_y, rtol=bound)
    np.testing.assert_allclose(g, wanted_g, rtol=bound, atol=bound)


def test_precision_is_that_of_forward_mode(rng):
    """A literal makes the answer double."""
    x = rng.uniform(0.2, 1.5, (3, POINTS)).astype(np.float32)
    for f in (straight, steps):
        found, wanted = (dj.cuda.batch_gradient(f, mode=mode).on_cpu(x) for mode in ("reverse", "forward"))
        assert found.dtype == wanted.dtype
        np.testing.assert_allclose(found, wanted, rtol=1e-5)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_numbers_and_vectors_and_what_is_not_differentiated(layout, rng):
    def f(a, x, b, w, c):
        return a * x[0] * b + math.sin(a) * x[1] * w[1] * c

    a, b = rng.normal(size=(2, POINTS))
    x, w = rng.normal(size=(2, 2, POINTS))
    batch = reverse(f, argnums=("b", "x", "a"), layout=layout, value=True)
    y, (by_b, by_x, by_a) = batch.on_cpu(a, moved(x, layout), b, moved(w, layout), 3.0)
    np.testing.assert_allclose(y, a * x[0] * b + np.sin(a) * x[1] * w[1] * 3.0, rtol=1e-14)
    np.testing.assert_allclose(by_b, a * x[0], rtol=1e-14)
    np.testing.assert_allclose(back(by_x, layout), [a * b, np.sin(a) * w[1] * 3.0], rtol=1e-14)
    np.testing.assert_allclose(by_a, x[0] * b + np.cos(a) * x[1] * w[1] * 3.0, rtol=1e-13, atol=1e-15)


def test_no_points():
    assert reverse(straight).on_cpu(np.empty((3, 0))).shape == (3, 0)


# ---- sums over points


def perceptron(weights, bias, x):
    total = bias[0]
    for j in range(weights.shape[0]):
        row, s = weights[j], 0.0
        for i in range(len(row)):
            s += row[i] * x[i]
        total += math.tanh(s) * weights[j, 0]
    return total * total


@pytest.fixture(params=["of a thread's own", "in place"])
def where(request, monkeypatch):
    """Small sums are a thread's own, large ones are added to in place."""
    if request.param == "in place":
        monkeypatch.setattr(reverse_problem, "MOST_BYTES", 0)
    return request.param


@pytest.mark.parametrize("layout", LAYOUTS)
def test_gradients_by_shared_arrays_are_sums_over_points(layout, where, rng):
    weights, bias, x = rng.normal(size=(4, 3)), rng.normal(size=1), rng.normal(size=(3, POINTS))
    batch = reverse(perceptron, argnums=(0, 2, 1), shared=("weights", "bias"), layout=layout)
    by_weights, by_x, by_bias = batch.on_cpu(weights, bias, moved(x, layout))
    each = [dj.grad(perceptron, argnums=(0, 2, 1))(weights, bias, x[:, i].copy()) for i in range(POINTS)]
    np.testing.assert_allclose(by_weights, sum(g[0] for g in each), rtol=1e-12)
    np.testing.assert_allclose(back(by_x, layout).T, [g[1] for g in each], rtol=1e-12)
    np.testing.assert_allclose(by_bias, sum(g[2] for g in each), rtol=1e-12)


def test_sums_begin_at_zero_in_memory_of_the_user_s(where, rng):
    weights, bias, x = rng.normal(size=(4, 3)), rng.normal(size=1), rng.normal(size=(3, POINTS))
    batch = reverse(perceptron, argnums="weights", shared=("weights", "bias"))
    out = np.full_like(weights, np.nan)
    assert batch.on_cpu(weights, bias, x, out=out) is out
    np.testing.assert_array_equal(out, batch.on_cpu(weights, bias, x))


def test_an_element_of_all_rounds_is_added_once(where):
    """The sum over rounds is collected in a register, and its flush is a sum over points as well."""

    def f(theta, x):
        total = 1.0
        for i in range(len(x)):
            total *= x[i] * theta[1]
        return total

    x = np.arange(1.0, 7.0).reshape(2, 3)
    found = reverse(f, "theta", shared=("theta",)).on_cpu(np.array([5.0, 2.0]), x)
    np.testing.assert_allclose(found, [0, (2 * 2.0 * x.prod(0)).sum()])


# ---- products with transposed Jacobians


def hand(q, lengths):
    """Two components, and one that does not depend on anything."""
    first, second = q[0], q[0] + q[1]
    x = lengths[0] * math.cos(first) + lengths[1] * math.cos(second)
    return x, 5, lengths[0] * math.sin(first) + lengths[1] * math.sin(second)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_products_with_transposed_jacobians(layout, where, rng):
    q, u, lengths = rng.normal(size=(2, POINTS)), rng.normal(size=(3, POINTS)), rng.normal(size=2)
    batch = dj.cuda.batch_vjp(hand, argnums=(0, 1), shared=("lengths",), layout=layout, value=True)
    y, (by_q, by_lengths) = batch.on_cpu(moved(q, layout), moved(u, layout), lengths)
    jacobians, total = dj.jacfwd(lambda q, lengths: np.array(hand(q, lengths)), argnums=(0, 1)), np.zeros(2)
    for i in range(POINTS):
        J, K = jacobians(q[:, i].copy(), lengths)
        np.testing.assert_allclose(back(y, layout)[:, i], hand(q[:, i], lengths), rtol=1e-14)
        np.testing.assert_allclose(back(by_q, layout)[:, i], J.T @ u[:, i], rtol=1e-12, atol=1e-14)
        total += K.T @ u[:, i]
    np.testing.assert_allclose(by_lengths, total, rtol=1e-12)


def test_products_of_one_number(rng):
    x, u = rng.normal(size=(2, POINTS))
    found = dj.cuda.batch_vjp(lambda x: x**3).on_cpu(x, u)
    np.testing.assert_allclose(found, 3 * x**2 * u, rtol=1e-14)


def test_what_depends_on_nothing_has_no_derivative():
    y, g = dj.cuda.batch_vjp(lambda x: 3.0, value=True).on_cpu(np.ones((2, POINTS)), np.ones(POINTS))
    np.testing.assert_array_equal(y, np.full(POINTS, 3.0))
    np.testing.assert_array_equal(g, np.zeros((2, POINTS)))
    y, g = dj.cuda.batch_vjp(lambda x: (3.0, 2), value=True).on_cpu(np.ones((2, POINTS)), np.ones((2, POINTS)))
    np.testing.assert_array_equal(y, [[3.0] * POINTS, [2.0] * POINTS])
    np.testing.assert_array_equal(g, np.zeros((2, POINTS)))


def test_cotangents_that_do_not_fit():
    batch, q, lengths = dj.cuda.batch_vjp(hand, shared=("lengths",)), np.ones((2, POINTS)), np.ones(2)
    for bad, error, match in [
        (np.ones((2, POINTS)), errors.ShapeError, r"the cotangents has shape \(2, 5\), expected \(3, 5\)"),
        (np.ones((3, POINTS), np.float32), errors.DTypeError, "cotangents have dtype float32, expected float64"),
        (1.0, errors.DeviceArrayError, "cotangents must be a NumPy array"),
    ]:
        with pytest.raises(error, match=match):
            batch.on_cpu(q, bad, lengths)
    with pytest.raises(errors.ArgumentCountError, match=r"takes \(q, cotangents, lengths\), 2 arguments"):
        batch.on_cpu(q, lengths)
    with pytest.raises(errors.OutputError, match="a number or a tuple of numbers"):
        dj.cuda.batch_vjp(lambda x: ((x[0], x[1]), x[0])).on_cpu(q, q)


# ---- tapes


def test_a_tape_of_fixed_size(rng):
    x = rng.uniform(0.5, 2.0, (2, POINTS))
    g = reverse(root, tape=512).on_cpu(x)
    np.testing.assert_allclose(g, [np.zeros(POINTS), 0.5 / np.sqrt(x[1])], rtol=1e-6, atol=1e-6)


def test_a_tape_that_is_too_small_raises():
    x = np.array([[1.0, 1e6], [1.0, 2.0]])
    with pytest.raises(errors.TapeError, match=r"tape of 32 bytes is too small.*tape=BYTES"):
        reverse(root, tape=32).on_cpu(x)
    reverse(root, tape=32).on_cpu(x[:, :1])


def test_every_byte_of_a_tape_is_used(rng):
    def f(x, n):
        u = x[0]
        for _ in range(n):
            u = math.sin(u) + x[1]
        return u

    x = rng.uniform(0.5, 2.0, (2, POINTS))
    batch = reverse(f, tape=80)
    for i in range(POINTS):
        np.testing.assert_allclose(batch.on_cpu(x, 10)[:, i], dj.grad(f)(x[:, i].copy(), 10), rtol=1e-13)
    with pytest.raises(errors.TapeError):
        batch.on_cpu(x, 11)


def test_bounds_of_tapes():
    """Interval by interval: lengths, shapes, counters, steps, loops in loops."""

    def f(x, table):
        u = x[0]
        for i in range(2, 2 * len(x)):  # 4 rounds
            for j in range(x.size - 1, -1, -1):  # 3
                for _ in range(max(i, j)):  # up to 5
                    u = math.sin(u * x[j])
        for _ in range(table.shape[1]):  # 7
            u = math.cos(u)
        return u

    batch = reverse(f, shared=("table",))
    run = batch.run((np.ones((3, POINTS)), np.ones((2, 7))))
    assert run.kernel.adjoint.room == 8 * (4 * 3 * 5 + 7)
    assert not run.kernel.adjoint.can_fail


@pytest.mark.parametrize("seed", [1, 2, 4, 6, 10, 12])
def test_no_program_tapes_more_than_its_bound(seed, monkeypatch, rng):
    """Each reservation looks whether there is room, which else those of programs with a bound don't."""
    rooms = []

    def checked(*given):
        rooms.append(tape_of(*given))
        return rooms[-1][0], True

    monkeypatch.setattr(adjoints, "tape_of", checked)
    f, x = random_function(seed), rng.normal(size=(3, POINTS))
    y, g = reverse(f, value=True).on_cpu(x)
    assert rooms[0][0] > 0
    assert not rooms[0][1]
    for i in range(POINTS):
        np.testing.assert_allclose(y[i], f(x[:, i]), rtol=1e-12)
        np.testing.assert_allclose(g[:, i], dj.grad(f)(x[:, i].copy()), rtol=1e-11, atol=1e-12)


def test_a_loop_of_unknown_rounds_is_refused():
    line = inspect.getsourcelines(root)[1] + 2
    with pytest.raises(errors.UnsupportedError, match="keeps 1 number per round") as caught:
        reverse(root).on_cpu(np.ones((2, POINTS)))
    assert (caught.value.filename, caught.value.line) == (__file__, line)
    assert "tape=BYTES (8 for each round)" in caught.value.remedy
    assert 'mode="forward"' in caught.value.remedy


def test_too_many_rounds_are_refused():
    def f(x):
        u = x[0]
        for _ in range(100_000):
            u = math.sin(u)
        return u

    with pytest.raises(errors.UnsupportedError, match="up to 100000 rounds, too many for a thread's memory"):
        reverse(f).on_cpu(np.ones((1, POINTS)))


# ---- refusals


def test_options_of_the_other_mode():
    with pytest.raises(errors.ModeError, match=r'mode=.backward.: give "forward" or "reverse"'):
        dj.cuda.batch_gradient(straight, mode="backward")
    with pytest.raises(errors.OptionError, match="tape= is an option of mode="):
        dj.cuda.batch_gradient(straight, tape=8)
    with pytest.raises(errors.OptionError, match="chunk= one of"):
        reverse(straight, chunk=2)
    with pytest.raises(errors.OptionError, match="tape=0"):
        reverse(straight, tape=0)
    with pytest.raises(errors.OptionError, match="no more than 524288 bytes"):
        reverse(straight, tape=1 << 20)


def test_forward_mode_names_the_mode_that_has_sums():
    with pytest.raises(errors.DTypeError, match="mode='reverse'"):
        dj.cuda.batch_gradient(perceptron, "bias", shared=("weights", "bias")).on_cpu(
            np.ones((1, 1)), np.ones(1), np.ones((1, 2))
        )


def test_arguments_that_do_not_fit():
    batch = reverse(perceptron, argnums=("weights", "x"), shared=("weights", "bias"))
    W, b, X = np.ones((4, 3)), np.ones(1), np.ones((3, POINTS))
    for bad, error, match in [
        ((W.astype(int), b, X), errors.DTypeError, "'weights' is an array of int64"),
        ((2.0, b, X), errors.DTypeError, "'weights' is float"),
        ((W.astype(np.float32), b, X), errors.DTypeError, "different dtypes"),
        ((W, b, np.ones(3)[:, None, None]), errors.ShapeError, "expected"),
    ]:
        with pytest.raises(error, match=match):
            batch.on_cpu(*bad)
    with pytest.raises(errors.OutputError, match="returns 2 arrays"):
        batch.on_cpu(W, b, X, out=W)
    with pytest.raises(errors.ShapeError, match="expected"):
        batch.on_cpu(W, b, X, out=(W, X))


def test_functions_of_several_components():
    with pytest.raises(errors.OutputError, match="2 components; a gradient is that of one number: use batch_vjp"):
        reverse(lambda x: (x[0], x[1])).on_cpu(np.ones((2, POINTS)))


def test_writes_to_arguments():
    def f(x):
        x[0] = x[1] ** 2
        return x[0]

    with pytest.raises(errors.UnsupportedError, match="a write to 'x' in a kernel") as caught:
        reverse(f).on_cpu(np.ones((2, POINTS)))
    assert caught.value.line == inspect.getsourcelines(f)[1] + 1


def test_whole_shared_arrays(monkeypatch):
    monkeypatch.setattr(reverse_problem, "MOST_BYTES", 0)

    def f(theta, x):
        return np.sum(theta) * x[0]

    with pytest.raises(errors.UnsupportedError, match="all points share") as caught:
        reverse(f, "theta", shared=("theta",)).on_cpu(np.ones(2), np.ones((2, POINTS)))
    assert "theta[i]" in caught.value.remedy


def test_recursion():
    @nb.njit
    def power(u, n):
        if n == 0:
            return 1.0
        return u * power(u, n - 1)

    with pytest.raises(errors.UnsupportedError, match="the call of power in a kernel"):
        reverse(lambda x: power(x[0], 3)).on_cpu(np.ones((1, POINTS)))


def test_errors_of_the_function_are_raised():
    def f(x):
        if x[0] < 0:
            raise ValueError("negative")
        return x[0] ** 2

    batch = reverse(f)
    np.testing.assert_array_equal(batch.on_cpu(np.ones((1, 2))), [[2, 2]])
    with pytest.raises(ValueError, match="negative"):
        batch.on_cpu(-np.ones((1, 2)))
    assert batch.run((np.ones((1, 2)),)).kernel.adjoint.can_fail


# ---- compiled for a device


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("f", [*BOUNDED, root], ids=lambda f: f.__name__)
def test_kernels_compile_for_a_device_and_spill_nothing(f, dtype, target):
    tape = 256 if f is root else None
    found = reverse(f, tape=tape, value=True).inspect(np.ones((3, POINTS), dtype))
    assert found.taken.spill_bytes == 0
    assert found.taken.registers <= 128


def test_what_keeps_nothing_has_no_memory_of_its_own(target):
    taken = reverse(valley).inspect(np.ones((1000, POINTS))).taken
    assert taken.local_bytes == 0
    assert taken.registers <= 64


def test_frames_are_read_whole(target):
    """A load of a byte at a time would be what numbers without alignment cost."""
    ptx = reverse(root, tape=256).inspect(np.ones((2, POINTS))).ptx
    assert "ld.local.f64" in ptx or "ld.local.b64" in ptx
    assert "ld.local.u8" not in ptx
    assert "ld.local.b8" not in ptx


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_sums_are_added_to_atomically(dtype, where, target):
    arguments = np.ones((4, 3), dtype), np.ones(1, dtype), np.ones((3, POINTS), dtype)
    batch = reverse(perceptron, argnums=("weights", "bias"), shared=("weights", "bias"))
    ptx = batch.inspect(*arguments).ptx
    assert "atom." in ptx or "red." in ptx
    assert ("shfl.sync" in ptx) == (where != "in place")
    by_x = reverse(perceptron, argnums="x", shared=("weights", "bias"))
    assert "atom." not in by_x.inspect(*arguments).ptx
    assert "red." not in by_x.inspect(*arguments).ptx


def test_products_compile_for_a_device(where, target):
    batch = dj.cuda.batch_vjp(hand, argnums=(0, 1), shared=("lengths",), value=True)
    assert batch.inspect(np.ones((2, POINTS)), np.ones((3, POINTS)), np.ones(2)).taken.spill_bytes == 0


def test_what_does_not_compile_for_a_device_is_refused(target):
    def allocates(x):
        y = np.zeros(2)
        y[0] = x[0]
        return y[0] * x[1]

    with pytest.raises(errors.UnsupportedError, match="in a kernel"):
        reverse(allocates).inspect(np.ones((2, POINTS)))
