"""``hvp``: products with Hessians, held to the Hessian; structures, modes, bad vectors."""

import numpy as np
import pytest

import dualjit as dj
from dualjit.errors import ModeError, OutputError, ShapeError, StructureError

X, V = np.array([0.3, 0.4, 0.5]), np.array([1.0, -2.0, 3.0])
modes = pytest.mark.parametrize("mode", ["fwdrev", "hyperdual"])


def spring(x, y, p):
    s = 0.0
    for i in range(len(x)):
        s += np.sin(x[i] * x[i - 1]) * y * p[0]
    return s + x[0] * y * np.exp(p[1])


REST = 2.0, (1.5, 0.2)


@modes
def test_one_argument(mode):
    product = dj.hvp(spring, mode=mode)(X, V, *REST)
    np.testing.assert_allclose(product, dj.jacfwd(dj.jacfwd(spring))(X, *REST) @ V, rtol=1e-13)


@modes
def test_several_arguments(mode):
    (xx, xp), ps = dj.jacfwd(dj.jacfwd(spring, (0, 2)), (0, 2))(X, *REST)
    by_x, by_p = dj.hvp(spring, (0, 2), mode=mode)(X, (V, (0.5, -1.0)), *REST)
    np.testing.assert_allclose(by_x, xx @ V + 0.5 * xp[0] - xp[1], rtol=1e-13)
    for found, (px, pp) in zip(by_p, ps, strict=True):
        np.testing.assert_allclose(found, px @ V + 0.5 * pp[0] - pp[1], rtol=1e-13)


@modes
def test_an_argument_behind_the_first(mode):
    mass = dj.hvp(lambda x, m: np.sum(x) * m**3, "m", mode=mode)
    assert mass(X, 2.0, 5.0) == pytest.approx(np.sum(X) * 6 * 5.0 * 2.0)


@modes
@pytest.mark.parametrize("n", [1, 8, 9, 20])
def test_sizes(mode, n):
    x, v = np.linspace(-1, 1, n), np.cos(np.arange(n))
    np.testing.assert_allclose(products[mode](x, v), 6 * x * v, rtol=1e-13, atol=1e-15)


products = {mode: dj.hvp(lambda x: np.sum(x**3), mode=mode) for mode in ("fwdrev", "hyperdual")}


@modes
def test_matrices(mode):
    a = np.arange(6.0).reshape(2, 3)
    np.testing.assert_allclose(products[mode](a, a + 1), 6 * a * (a + 1))


@modes
def test_arguments_stay_as_they_are(mode):
    def writes(x):
        x[0] = x[0] * x[1]
        return x[0] ** 2 * x[2]

    x, v = X.copy(), V.copy()
    found = dj.hvp(writes, mode=mode)(x, v)
    np.testing.assert_array_equal((x, v), (X, V))
    np.testing.assert_allclose(found, dj.jacfwd(dj.jacfwd(writes))(X) @ V, rtol=1e-13)


@modes
def test_a_parameter_called_like_the_vector(mode):
    assert dj.hvp(lambda x, v: x**2 * v, mode=mode)(3.0, 1.0, 5.0) == 10.0


@modes
def test_derivative_of_a_product(mode):
    slope = dj.jacfwd(products[mode])(X, V)
    np.testing.assert_allclose(slope, np.diag(6 * V), atol=1e-15)


def test_bad_vectors():
    product = products["fwdrev"]
    with pytest.raises(ShapeError, match=r"\(2,\).*\(3,\)"):
        product(X, V[:2].copy())
    with pytest.raises(StructureError, match="float64"):
        product(X, 1.0)
    with pytest.raises(StructureError, match="tuple of 2"):
        dj.hvp(spring, (0, 1))(X, V, *REST)
    with pytest.raises(OutputError, match="array"):
        dj.hvp(lambda x: 2.0 * x)(X, V)
    with pytest.raises(OutputError, match="array"):
        dj.hvp(lambda x: 2.0 * x, mode="hyperdual")(X, V)
    with pytest.raises(ModeError, match="fwdrev"):
        dj.hvp(spring, mode="reverse")
    with pytest.raises(StructureError, match="first parameter"):
        dj.hvp(lambda *xs: xs[0])
