"""Rows of Jacobians by reverse mode, derivatives at each point by what all share, and which mode a driver takes."""

import math

import numba as nb
import numpy as np
import pytest

import dualjit as dj
from dualjit import errors
from dualjit.cuda import modes

from .layouts import LAYOUTS, back, moved
from .test_refusals import OnDevice

POINTS = 5


def three(x, a, w):
    """Three components, one of which depends on nothing; rounds of a loop are kept."""
    u = a
    for k in range(len(x)):
        u = math.sin(u * x[k]) + w[k % 2]
    return u, 3, x[0] * a * w[1]


def of_one_point(f, argnums, x, a, w):
    return dj.jacfwd(lambda x, a, w: np.array(f(x, a, w)), argnums=argnums)(x.copy(), a, w)


# ---- rows by reverse mode


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("n", [1, 4, 20])
def test_jacobians_by_rows(n, layout, rng):
    x, a, w = rng.uniform(0.5, 1.5, (n, POINTS)), rng.normal(size=POINTS), np.array([0.3, 0.7])
    batch = dj.cuda.batch_jacobian(three, (1, 0), shared=("w",), layout=layout, value=True, mode="reverse")
    y, (by_a, by_x) = batch.on_cpu(moved(x, layout), a, w)
    for i in range(POINTS):
        wanted_x, wanted_a = of_one_point(three, (0, 1), x[:, i], a[i], w)
        np.testing.assert_allclose(back(y, layout)[:, i], three(x[:, i], a[i], w), rtol=1e-14)
        np.testing.assert_allclose(back(by_x, layout)[:, :, i], wanted_x, rtol=1e-11, atol=1e-14)
        np.testing.assert_allclose(back(by_a, layout)[:, i], wanted_a, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("argnums", [0, (0,), "a"])
def test_both_modes_have_the_same_shapes(argnums, layout, rng):
    x, a, w = moved(rng.normal(size=(3, POINTS)), layout), rng.normal(size=POINTS), np.array([0.3, 0.7])
    for f in (three, lambda x, a, w: x[0] * a * w[0] * x[2]):
        found, wanted = (
            dj.cuda.batch_jacobian(f, argnums, shared=("w",), layout=layout, mode=mode).on_cpu(x, a, w)
            for mode in ("reverse", "forward")
        )
        for y, z in zip(parts(found), parts(wanted), strict=True):
            np.testing.assert_allclose(y, z, rtol=1e-11, atol=1e-14)


def parts(answer):
    return answer if isinstance(answer, tuple) else (answer,)


def test_rows_go_to_memory_of_the_user_s(rng):
    x, a, w = rng.normal(size=(2, POINTS)), rng.normal(size=POINTS), np.array([0.3, 0.7])
    batch = dj.cuda.batch_jacobian(three, shared=("w",), value=True, mode="reverse")
    out = np.full((3, POINTS), np.nan), np.full((3, 2, POINTS), np.nan)
    y, J = batch.on_cpu(x, a, w, out=out)
    assert y is out[0]
    assert J is out[1]
    np.testing.assert_allclose(J, dj.cuda.batch_jacobian(three, shared=("w",)).on_cpu(x, a, w), rtol=1e-12, atol=1e-14)


def test_a_tuple_of_one_number_has_one_row(rng):
    x = rng.normal(size=(2, POINTS))
    J = dj.cuda.batch_jacobian(lambda x: (x[0] * x[1],), mode="reverse").on_cpu(x)
    np.testing.assert_array_equal(J, x[None, ::-1])


def test_sums_of_rows_are_refused():
    batch = dj.cuda.batch_jacobian(three, "w", shared=("w",), mode="reverse")
    with pytest.raises(errors.OutputError, match=r"3 components; sums over points.*use batch_vjp"):
        batch.on_cpu(np.ones((2, POINTS)), np.ones(POINTS), np.ones(2))


def test_options_of_modes():
    with pytest.raises(errors.OptionError, match=r"three.*outputs= is an option of mode=.forward.*return a tuple"):
        dj.cuda.batch_jacobian(three, outputs=2, mode="reverse")
    for mode, options in {"auto": {"tape": 8}, "forward": {"tape": 8}, "reverse": {"chunk": 2}}.items():
        with pytest.raises(errors.OptionError, match="tape= is an option of mode="):
            dj.cuda.batch_jacobian(three, mode=mode, **options)
    with pytest.raises(errors.OptionError, match="chunk= one of mode="):
        dj.cuda.batch_gradient(three, mode="auto", chunk=2)


@pytest.mark.parametrize("mode", ["forward", "reverse", "auto"])
def test_values_where_there_are_no_columns(mode):
    x, a = np.empty((0, POINTS)), np.arange(1.0, POINTS + 1)
    y, g = dj.cuda.batch_gradient(lambda x, a: 2 * a, mode=mode, value=True).on_cpu(x, a)
    np.testing.assert_array_equal(y, 2 * a)
    assert g.shape == (0, POINTS)
    y, J = dj.cuda.batch_jacobian(lambda x, a: (2 * a, a), mode=mode, value=True).on_cpu(x, a)
    np.testing.assert_array_equal(y, [2 * a, a])
    assert J.shape == (2, 0, POINTS)


def test_rows_compile_for_a_device(target):
    for layout in LAYOUTS:
        x = moved(np.ones((4, POINTS)), layout)
        batch = dj.cuda.batch_jacobian(three, (0, 1), shared=("w",), layout=layout, value=True, mode="reverse")
        found = batch.inspect(x, np.ones(POINTS), np.ones(2))
        assert found.taken.spill_bytes == 0
        assert found.passes == 3


# ---- derivatives at each point by what all points share


def model(theta, x, y):
    return (theta[0] * math.tanh(theta[1] * x) - y) ** 2


SHARED = {"forward": dj.jacfwd, "reverse": dj.jacrev, "either": dj.grad, "value": dj.value_and_grad}


@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.parametrize("transform", SHARED.values(), ids=SHARED)
def test_each_point_has_a_derivative_by_what_all_share(transform, axis, rng):
    theta, x, y = np.array([1.5, 0.5]), rng.normal(size=POINTS), rng.normal(size=POINTS)
    wanted = dj.vmap(transform(model, (0, 1)), in_axes=(None, axis, axis), out_axes=axis)(theta, x, y)
    mapped = dj.vmap(transform(model, (0, 1)), in_axes=(None, axis, axis), out_axes=axis, target="cuda")
    found = mapped.on_cpu(theta, x, y)
    if transform is dj.value_and_grad:
        np.testing.assert_allclose(found[0], wanted[0], rtol=1e-14)
        found, wanted = found[1], wanted[1]
    for part, right in zip(found, wanted, strict=True):
        assert part.shape == right.shape
        np.testing.assert_allclose(part, right, rtol=1e-13)


@pytest.mark.parametrize("axis", [0, -1])
def test_hessians_by_what_all_share(axis, rng):
    theta, x, y = np.array([1.5, 0.5]), rng.normal(size=POINTS), rng.normal(size=POINTS)
    found = dj.vmap(dj.hessian(model), in_axes=(None, axis, axis), out_axes=axis, target="cuda").on_cpu(theta, x, y)
    for i in range(POINTS):
        wanted = dj.hessian(model)(theta, x[i], y[i])
        np.testing.assert_allclose(found[i] if axis == 0 else found[..., i], wanted, rtol=1e-12, atol=1e-14)


def test_jacobians_by_rows_of_what_all_share(rng):
    x, a, w = rng.uniform(0.5, 1.5, (POINTS, 2)), rng.normal(size=POINTS), np.array([0.3, 0.7])
    rows = dj.vmap(dj.jacrev(three, ("w", "x")), in_axes=(0, 0, None), target="cuda").on_cpu(x, a, w)
    for i in range(POINTS):
        wanted_x, wanted_w = of_one_point(three, (0, 2), x[i], a[i], w)
        for (by_w, by_x), of_x, of_w in zip(rows, wanted_x, wanted_w, strict=True):
            np.testing.assert_allclose(by_x[i], of_x, rtol=1e-12, atol=1e-14)
            np.testing.assert_allclose(by_w[i], of_w, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("transform", SHARED.values(), ids=SHARED)
def test_what_all_share_compiles_for_a_device(transform, target):
    mapped = dj.vmap(transform(model, (0, 1)), in_axes=(None, -1, -1), out_axes=-1, target="cuda")
    assert mapped.inspect(np.ones(2), np.ones(POINTS), np.ones(POINTS)).taken.spill_bytes == 0


@pytest.mark.parametrize(
    ("theta", "error", "match"),
    [
        (1.0, errors.ShapeError, "'theta', the same for all points, is a number, expected a vector: hand over one for"),
        (np.ones((2, 2)), errors.ShapeError, r"is an array of shape \(2, 2\), expected a vector"),
        (np.ones(2, int), errors.DTypeError, "'theta' has dtype int64"),
        (np.ones(2, np.float32), errors.DTypeError, "different dtypes"),
    ],
)
@pytest.mark.parametrize("transform", [dj.jacfwd, dj.jacrev])
def test_what_cannot_be_shared(transform, theta, error, match):
    mapped = dj.vmap(transform(model, (0, 1)), in_axes=(None, -1, -1), out_axes=-1, target="cuda")
    with pytest.raises(error, match=match):
        mapped.on_cpu(theta, np.ones(POINTS), np.ones(POINTS))


def test_what_is_shared_on_the_device_lies_in_order():
    theta, x = OnDevice(2, strides=(16,)), OnDevice(POINTS)
    for transform in (dj.jacfwd, dj.jacrev):
        mapped = dj.vmap(transform(model), in_axes=(None, -1, -1), out_axes=-1, target="cuda")
        with pytest.raises(errors.ShapeError, match="'theta' is not contiguous: copy it"):
            mapped.on_cpu(theta, x, x)


# ---- which mode


@nb.njit
def norm(x):
    total = 0.0
    for k in range(len(x)):
        total += x[k] ** 2
    return total


def pair(x):
    return norm(x), x[0]


def settling(x):
    """As many rounds as it takes, each of which has to be kept."""
    u = x[0]
    while abs(u) > 0.1:
        u = math.sin(u) * x[1] * 0.5
    return u


def long(x):
    """More rounds than a thread of each point has memory for."""
    u = x[0]
    for _ in range(10_000):
        u = math.sin(u) + x[1]
    return u


def mode(mapped, n):
    return mapped.mode(np.ones((n, 2)))


def mapped(derivative):
    return dj.vmap(derivative, in_axes=-1, out_axes=-1, target="cuda")


@pytest.mark.parametrize("transform", [dj.grad, dj.value_and_grad, dj.jacobian])
def test_sizes_say_which_mode(transform):
    assert mode(mapped(transform(norm)), modes.FEW) == "forward"
    assert mode(mapped(transform(norm)), modes.FEW + 1) == "reverse"


def test_rows_cost_a_sweep_each():
    both = mapped(dj.jacobian(pair))
    assert [mode(both, n) for n in (2 * modes.FEW, 2 * modes.FEW + 1)] == ["forward", "reverse"]
    driver = dj.cuda.batch_jacobian(pair, mode="auto")
    assert [mode(driver, n) for n in (2 * modes.FEW, 2 * modes.FEW + 1)] == ["forward", "reverse"]


@pytest.mark.parametrize("f", [settling, long])
def test_loops_that_keep_too_much_are_for_forward_mode(f):
    x = np.linspace(0.5, 1.0, 40).reshape(20, 2)
    for transform in (dj.grad, dj.jacrev):
        driver = mapped(transform(f))
        assert driver.mode(x) == "forward"
        if f is settling:
            for i in range(2):
                np.testing.assert_allclose(driver.on_cpu(x)[:, i], dj.grad(f)(x[:, i].copy()), rtol=1e-12)


def test_users_say_which_mode():
    assert mode(mapped(dj.jacrev(pair)), 2) == "reverse"
    assert mode(mapped(dj.jacobian(pair, mode="rev")), 2) == "reverse"
    for derivative in (dj.jacfwd(pair), dj.jacobian(pair, mode="fwd")):
        assert isinstance(mapped(derivative), dj.cuda.Batch)
    assert isinstance(dj.cuda.batch_jacobian(pair, mode="reverse"), dj.cuda.ReverseBatch)


def test_functions_that_write_their_components_are_for_forward_mode(rng):
    def f(x, out):
        out[0] = norm(x)

    x = rng.normal(size=(12, POINTS))
    batch = dj.cuda.batch_jacobian(f, outputs=1, mode="auto")
    J = batch.on_cpu(x)
    assert batch.mode(x) == "forward"
    np.testing.assert_allclose(J, 2 * x[None], rtol=1e-14)


def test_sums_over_points_are_for_reverse_mode(rng):
    theta, x, y = np.array([1.5, 0.5]), rng.normal(size=POINTS), rng.normal(size=POINTS)
    found, wanted = (
        dj.cuda.batch_gradient(model, "theta", shared=("theta",), mode=mode).on_cpu(theta, x, y)
        for mode in ("auto", "reverse")
    )
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("n", [3, 30])
def test_either_mode_is_called_alike(n, rng, target):
    x = rng.normal(size=(n, POINTS))
    batch = dj.cuda.batch_gradient(norm, value=True, mode="auto")
    out = np.full(POINTS, np.nan), np.full((n, POINTS), np.nan)
    y, g = batch.on_cpu(x, out=out)
    assert y is out[0]
    assert g is out[1]
    np.testing.assert_allclose(g, 2 * x, rtol=1e-14)
    assert batch.inspect(x).taken.spill_bytes == 0
    assert repr(batch) == "<batch_gradient(norm) at many points, by either mode>"


def test_directions_are_like_what_they_are_directions_of():
    for axes in [(0, None), (None, 0), (None, None)]:
        with pytest.raises(errors.StructureError, match="a direction and what it is a direction of"):
            dj.vmap(dj.hvp(norm), in_axes=axes, target="cuda")
