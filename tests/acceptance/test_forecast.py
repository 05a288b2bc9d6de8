"""A layer, its Jacobians and Hessians, every way there is: all agree."""

import numpy as np
import pytest

import dualjit as dj

D = 16


def forecast(weight, bias, x):
    return np.tanh(weight @ x + bias)


def layer(inputs, outputs):
    rng = np.random.default_rng(1)
    return rng.standard_normal((outputs, inputs)) / 4, rng.standard_normal(outputs), rng.standard_normal(inputs)


def test_jacobian_by_unit_vectors():
    """A loop over the rows of the identity, each pulled back, is jacrev, is jacfwd."""
    weight, bias, x = layer(D, D)
    _, pullback = dj.vjp(lambda x: forecast(weight, bias, x), x)
    by_hand = np.stack([pullback(unit)[0] for unit in np.eye(D)])
    by_rows = dj.jacrev(forecast, argnums=2)(weight, bias, x)
    by_columns = dj.jacfwd(forecast, argnums=2)(weight, bias, x)
    np.testing.assert_allclose(by_hand, by_rows, rtol=1e-13)
    np.testing.assert_allclose(by_columns, by_rows, rtol=1e-13)


def test_jacobians_by_the_parameters():
    weight, bias, x = layer(D, D)
    by_weight, by_bias = dj.jacrev(forecast, argnums=(0, 1))(weight, bias, x)
    assert by_weight.shape == (D, D, D)
    assert by_bias.shape == (D, D)
    slope = 1 / np.cosh(weight @ x + bias) ** 2
    np.testing.assert_allclose(by_bias, np.diag(slope), atol=1e-15)
    np.testing.assert_allclose(by_weight, np.einsum("i,ij,k->ijk", slope, np.eye(D), x), atol=1e-15)


@pytest.mark.parametrize(("inputs", "outputs", "mode"), [(4, 400, "fwd"), (400, 4, "rev")], ids=["tall", "wide"])
def test_which_mode(inputs, outputs, mode):
    """Many outputs of few inputs go forward, few of many in reverse."""
    weight, bias, x = layer(inputs, outputs)
    jacobian = dj.jacobian(forecast, argnums=2)
    found = jacobian(weight, bias, x)
    assert jacobian.mode == mode
    np.testing.assert_allclose(found, weight / np.cosh(weight @ x + bias)[:, None] ** 2, rtol=1e-12)


def test_hessians_four_ways():
    weight, bias, x = layer(32, 16)
    modes = [(outer, inner) for outer in (dj.jacfwd, dj.jacrev) for inner in (dj.jacfwd, dj.jacrev)]
    answers = [outer(inner(forecast, 2), 2)(weight, bias, x) for outer, inner in modes]
    answers.append(dj.hessian(forecast, 2)(weight, bias, x))
    z = np.tanh(weight @ x + bias)
    expected = np.einsum("i,ij,ik->ijk", -2 * z * (1 - z**2), weight, weight)
    for found in answers:
        assert found.shape == (16, 32, 32)
        np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-14)
