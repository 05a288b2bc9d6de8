"""``vmap(..., target="cuda")``: the same numbers as by ``vmap`` on the CPU."""

import numpy as np
import pytest

import dualjit as dj
from dualjit import errors

POINTS = 4


def f(x, a, b):
    return a * x[0] ** 2 * x[1] + b[0] * x[1] ** 3


@pytest.mark.parametrize("transform", [dj.grad, dj.jacfwd, dj.jacrev, dj.jacobian, dj.hessian, dj.value_and_grad])
def test_derivatives_with_points_first(transform, rng):
    x, a, b = rng.normal(size=(POINTS, 2)), rng.normal(size=POINTS), rng.normal(size=2)
    wanted = dj.vmap(transform(f), in_axes=(0, 0, None))(x, a, b)
    found = dj.vmap(transform(f), in_axes=(0, 0, None), target="cuda").on_cpu(x, a, b)
    for y, z in zip(*(t if isinstance(t, tuple) else (t,) for t in (found, wanted)), strict=True):
        np.testing.assert_allclose(y, z, rtol=1e-13)


def test_the_function_itself_and_points_last(rng):
    x, a, b = rng.normal(size=(2, POINTS)), rng.normal(size=POINTS), rng.normal(size=2)
    mapped = dj.vmap(f, in_axes=(-1, -1, None), out_axes=-1, target="cuda")
    np.testing.assert_allclose(mapped.on_cpu(x, a, b), [f(x[:, i], a[i], b) for i in range(POINTS)], rtol=1e-14)


def test_products_with_hessians(rng):
    x, v = rng.normal(size=(2, POINTS, 2))
    a, b = 2.0, rng.normal(size=2)
    found = dj.vmap(dj.hvp(f), in_axes=(0, 0, None, None), target="cuda").on_cpu(x, v, a, b)
    np.testing.assert_allclose(found, [dj.hvp(f)(x[i], v[i], a, b) for i in range(POINTS)], rtol=1e-12)


def test_axes_and_targets_that_there_are_not():
    with pytest.raises(errors.StructureError, match="the last one of all arrays, -1, or the first, 0"):
        dj.vmap(f, in_axes=(0, -1, None), target="cuda")
    with pytest.raises(errors.StructureError, match="2 entries, the function has 3"):
        dj.vmap(f, in_axes=(0, 0), target="cuda")
    with pytest.raises(errors.ModeError, match=r"target='gpu': give \"cpu\" or \"cuda\""):
        dj.vmap(f, target="gpu")


def test_functions_with_rules():
    @dj.custom_jvp
    def mine(x):
        return x * x

    for derivative in (mine, dj.grad(mine), dj.hessian(mine)):
        with pytest.raises(errors.UnsupportedError, match="functions with rules are for the CPU alone"):
            dj.vmap(derivative, target="cuda")


def test_what_the_gpu_has_no_driver_for():
    with pytest.raises(errors.UnsupportedError, match="use one of grad, hessian"):
        dj.vmap(dj.vmap(f, in_axes=(0, 0, None)), target="cuda")
    with pytest.raises(errors.UnsupportedError, match="has_aux=True"):
        dj.vmap(dj.grad(lambda x: (x, x), has_aux=True), target="cuda")


# ---- structures are those of the CPU


def pair(x, a, w):
    return x[0] * a * w[0] + x[1] ** 2 * w[1], a * x[0] * x[1]


def same(found, wanted):
    """The same nesting, shapes and numbers."""
    assert isinstance(found, tuple) == isinstance(wanted, tuple)
    if not isinstance(wanted, tuple):
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-14)
        return
    for part, right in zip(found, wanted, strict=True):
        same(part, right)


def by_vmap(derivative, axis, rng, **target):
    x, a, w = rng.normal(size=(POINTS, 2)), rng.normal(size=POINTS), rng.normal(size=2)
    x = x if axis == 0 else np.ascontiguousarray(x.T)
    mapped = dj.vmap(derivative, in_axes=(axis, axis, None), out_axes=axis, **target)
    return getattr(mapped, "on_cpu", mapped)(x, a, w)


def check(derivative, axis):
    same(*(by_vmap(derivative, axis, np.random.default_rng(5), target=target) for target in ("cuda", "cpu")))


@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.parametrize("argnums", [0, "a", (0,), ("a", "x"), (0, 1, 2)])
def test_components_and_arguments_are_tuples(argnums, axis):
    for transform in (dj.jacfwd, dj.jacrev, dj.jacobian):
        check(transform(pair, argnums), axis)


@pytest.mark.parametrize("axis", [0, -1])
def test_the_components_of_the_function_itself(axis):
    check(pair, axis)
    check(lambda x, a, w: (x[0] * a,), axis)


@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.parametrize("argnums", [0, "a", (0,), ("a", "x"), (2, 0, 1)])
def test_hessians_have_mixed_blocks(argnums, axis):
    check(dj.hessian(lambda x, a, w: a * x[0] ** 2 * x[1] * w[0] + w[1] * a**2, argnums), axis)


SECOND = {
    "jacfwd of grad": lambda f, argnums: dj.jacfwd(dj.grad(f, argnums), argnums),
    "jacrev of jacfwd": lambda f, argnums: dj.jacrev(dj.jacfwd(f, argnums), argnums),
    "jacobian of jacrev": lambda f, argnums: dj.jacobian(dj.jacrev(f, argnums), argnums),
}


@pytest.mark.parametrize("argnums", [0, (0, 1)])
@pytest.mark.parametrize("twice", SECOND.values(), ids=SECOND)
def test_jacobians_of_gradients_are_hessians(twice, argnums):
    check(twice(f, argnums), 0)


@pytest.mark.parametrize(
    "derivative",
    [
        dj.jacfwd(dj.grad(f), 1),
        dj.jacfwd(dj.grad(f), (0,)),
        dj.jacfwd(dj.hessian(f)),
        dj.jacfwd(dj.jacfwd(dj.grad(f))),
        dj.grad(dj.grad(f, 1), 1),
        dj.hvp(dj.grad(f, 1), 1),
    ],
)
def test_other_derivatives_of_derivatives_are_refused(derivative):
    with pytest.raises(errors.UnsupportedError, match="no driver for this derivative of a derivative"):
        dj.vmap(derivative, in_axes=0, target="cuda")
