"""``hessian`` and ``value_grad_hessian``: structures, shapes, sizes, modes; values are in ``test_second_order``."""

from typing import NamedTuple

import numpy as np
import pytest

import dualjit as dj
from dualjit.errors import ArgnumsError, DTypeError, ModeError, OutputError, StructureError
from tests.features.structure import leaves

X = np.array([0.3, 0.4, 0.5])
MODES = ("fwdrev", "hyperdual")
modes = pytest.mark.parametrize("mode", MODES)


class Body(NamedTuple):
    place: np.ndarray
    mass: float


def energy(body, spring):
    return spring * np.sum(body.place**2) * body.mass + np.sin(body.place[0] * body.mass)


def several(x, p):
    return np.sin(x) * p[0], x[0] * x[1] * p[1] ** 2


def assert_same(found, expected):
    assert type(found) is type(expected)
    for one, other in zip(leaves(found), leaves(expected), strict=True):
        assert np.shape(one) == np.shape(other)
        np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-14)


@modes
def test_structures(mode):
    """Output, then arguments, then arguments again, as forward mode applied twice nests them."""
    body = Body(X, 2.0)
    twice = dj.jacfwd(dj.jacfwd(energy, (0, 1)), (0, 1))(body, 3.0)
    assert_same(dj.hessian(energy, (0, 1), mode=mode)(body, 3.0), twice)
    by_mass = twice[0].mass
    assert by_mass[0].mass == pytest.approx(-np.sin(X[0] * 2.0) * X[0] ** 2)
    twice = dj.jacfwd(dj.jacfwd(several, (0, 1)), (0, 1))(X, (1.5, 0.2))
    assert_same(dj.hessian(several, (0, 1), mode=mode)(X, (1.5, 0.2)), twice)


@modes
def test_shapes(mode):
    matrix = np.arange(6.0).reshape(2, 3) / 7
    found = dj.hessian(lambda a: np.sum(a * a * a), mode=mode)(matrix)
    np.testing.assert_allclose(found.reshape(6, 6), np.diag(6 * matrix.ravel()), atol=1e-15)
    fortran = dj.hessian(lambda a: np.sum(a * a * a), mode=mode)(np.asfortranarray(matrix))
    np.testing.assert_array_equal(found, fortran)
    assert dj.hessian(lambda x: x**3, mode=mode)(2.0) == 12.0
    assert dj.hessian(lambda x: x * X, mode=mode)(2.0).shape == (3,)
    assert dj.hessian(lambda x: np.sum(x), mode=mode)(np.zeros(0)).shape == (0, 0)


def chained(x):
    s = x[0] ** 3
    for i in range(len(x) - 1):
        s += np.exp(x[i] * x[i + 1]) * x[0]
    return s


by_mode = {mode: dj.hessian(chained, mode=mode) for mode in MODES}


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 17, 33])
def test_sizes_around_the_chunks(n):
    """Whatever is left over in the last set of columns belongs to nobody."""
    x = np.linspace(-1, 1, n)
    pairs, over_reverse = by_mode["hyperdual"](x), by_mode["fwdrev"](x)
    np.testing.assert_allclose(pairs, over_reverse, rtol=1e-13, atol=1e-14)
    np.testing.assert_array_equal(pairs, pairs.T)


@modes
def test_beside(mode):
    found, beside = dj.hessian(lambda x: (np.sum(x**3), x[0]), mode=mode, has_aux=True)(X)
    np.testing.assert_allclose(found, np.diag(6 * X))
    assert beside == X[0]


@modes
def test_value_gradient_and_hessian_nest_alike(mode):
    body = Body(X, 2.0)
    value, gradient, second = dj.value_grad_hessian(energy, (0, 1), mode=mode)(body, 3.0)
    assert value == energy(body, 3.0)
    assert_same(gradient, dj.grad(energy, (0, 1))(body, 3.0))
    assert_same(second, dj.jacfwd(dj.jacfwd(energy, (0, 1)), (0, 1))(body, 3.0))


@modes
def test_arguments_stay_as_they_are(mode):
    def writes(x):
        x[0] = x[0] * x[1]
        return x[0] ** 2 * x[2]

    x = X.copy()
    found = dj.hessian(writes, mode=mode)(x)
    np.testing.assert_array_equal(x, X)
    np.testing.assert_allclose(found, dj.jacfwd(dj.jacfwd(lambda x: (x[0] * x[1]) ** 2 * x[2]))(X), rtol=1e-13)


@modes
def test_linear_and_constant_functions(mode):
    np.testing.assert_array_equal(dj.hessian(lambda x: 2.0 * np.sum(x), mode=mode)(X), np.zeros((3, 3)))
    np.testing.assert_array_equal(dj.hessian(lambda x: 2.0, mode=mode)(X), np.zeros((3, 3)))


def test_derivatives_of_hessians():
    third = dj.jacfwd(dj.hessian(chained, mode="hyperdual"))(X)
    np.testing.assert_allclose(third, dj.jacfwd(by_mode["fwdrev"])(X), rtol=1e-13, atol=1e-14)


def test_single_precision():
    for mode in MODES:
        found = by_mode[mode](X.astype(np.float32))
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, by_mode[mode](X), rtol=1e-5)


def test_bad_input():
    with pytest.raises(ModeError, match="hyperdual"):
        dj.hessian(chained, mode="forward")
    with pytest.raises(ArgnumsError, match="position 1"):
        dj.value_grad_hessian(chained, 1)
    with pytest.raises(OutputError, match="array"):
        dj.value_grad_hessian(lambda x: x * 2.0)(X)
    with pytest.raises(OutputError, match="array"):
        dj.value_grad_hessian(lambda x: x * 2.0, mode="hyperdual")(X)
    with pytest.raises(DTypeError, match="integer"):
        dj.hessian(chained)(np.arange(3))
    with pytest.raises(StructureError, match="list"):
        dj.hessian(lambda x: x[0] * x[1], mode="hyperdual")([1.0, 2.0])
