"""``curve_fit``: the Jacobian by the parameters, weighted by SciPy."""

import numpy as np
import pytest
import scipy.optimize as sp

import dualjit as dj
from dualjit.errors import ArgumentCountError, ShapeError
from dualjit.scipy.curve_fit import once_by_parameters

T = np.linspace(0.0, 4.0, 50)


def model(t, a, k, c):
    return a * np.exp(-k * t) + c


def by_hand(t, a, k, c):
    return np.column_stack((np.exp(-k * t), -a * t * np.exp(-k * t), np.ones_like(t)))


@pytest.fixture(scope="module")
def data():
    return model(T, 2.5, 1.3, 0.5) + 0.2 * np.random.default_rng(1729).normal(size=T.size)


@pytest.mark.parametrize("method", [None, "lm", "trf", "dogbox"])
@pytest.mark.parametrize("sigma", [None, "errors", "covariance"])
def test_as_with_a_jacobian_by_hand(data, method, sigma):
    errors = np.linspace(0.1, 0.3, T.size)
    given = {None: None, "errors": errors, "covariance": np.diag(errors**2)}[sigma]
    best, covariance, told, *_ = dj.scipy.curve_fit(model, T, data, sigma=given, method=method, full_output=True)
    expected, expected_covariance = sp.curve_fit(model, T, data, sigma=given, method=method, jac=by_hand)
    np.testing.assert_allclose(best, expected, rtol=1e-7)
    np.testing.assert_allclose(covariance, expected_covariance, rtol=1e-6)
    assert told["derivatives"]["jac"] > 0
    assert len(once_by_parameters(model, (1, 2, 3)).signatures) == 1


def test_bounds_and_integer_starts(data):
    best, _ = dj.scipy.curve_fit(model, T, data, p0=[1, 1, 0], bounds=([0, 0, -1], [3.0, 2.0, 0.5]))
    expected, _ = sp.curve_fit(model, T, data, p0=[1, 1, 0], bounds=([0, 0, -1], [3.0, 2.0, 0.5]), jac=by_hand)
    np.testing.assert_allclose(best, expected, rtol=1e-6)
    assert len(once_by_parameters(model, (1, 2, 3)).signatures) == 1


def test_any_number_of_parameters(data):
    def polynomial(t, *c):
        total = np.zeros(t.size)
        for k in range(len(c)):
            total += c[k] * t**k
        return total

    best, _ = dj.scipy.curve_fit(polynomial, T, data, p0=np.ones(4))
    np.testing.assert_allclose(best, np.polynomial.polynomial.polyfit(T, data, 3), rtol=1e-5)
    with pytest.raises(ArgumentCountError, match="any number of parameters"):
        dj.scipy.curve_fit(polynomial, T, data)


def test_several_independent_variables():
    def surface(xy, a, b):
        return a * xy[0] + np.sin(b * xy[1])

    xy = np.random.default_rng(3).uniform(size=(40, 2)).T  # not contiguous
    best, _ = dj.scipy.curve_fit(surface, xy, surface(xy, 1.5, 0.8))
    np.testing.assert_allclose(best, [1.5, 0.8], rtol=1e-7)


def test_models_that_do_not_fit(data):
    with pytest.raises(ShapeError, match=r"\(50, 2\).*curve_fit"):
        dj.scipy.curve_fit(lambda t, a: np.ones((50, 2)) * a * np.sum(t), T, np.ones((50, 2)), method="trf")
