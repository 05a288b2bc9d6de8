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


def test_what_the_gpu_has_no_driver_for():
    with pytest.raises(errors.UnsupportedError, match="use one of grad, hessian"):
        dj.vmap(dj.vmap(f, in_axes=(0, 0, None)), target="cuda")
    with pytest.raises(errors.UnsupportedError, match="has_aux=True"):
        dj.vmap(dj.grad(lambda x: (x, x), has_aux=True), target="cuda")
