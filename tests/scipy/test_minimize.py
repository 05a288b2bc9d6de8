"""``minimize`` over all methods; Rosenbrock's function, and its derivatives by SciPy, are the reference."""

import warnings

import numpy as np
import pytest
import scipy
import scipy.optimize as sp
from numba import njit

import dualjit as dj
from dualjit.errors import DTypeError, NonFiniteError, OutputError, ShapeError
from dualjit.scipy.minimize import DENSE, GRADIENT, NONE, PRODUCTS
from dualjit.scipy.objective import once_all, once_hessian, once_hvp, once_value_and_grad


@njit
def chain(x):
    total = 0.0
    for i in range(x.size - 1):
        total += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
    return total


@njit
def weighted_chain(x, weight, power):
    total = 0.0
    for i in range(x.size - 1):
        total += weight[0] * (x[i + 1] - x[i] ** 2) ** power + (1.0 - x[i]) ** 2
    return total


def start(n):
    x0 = np.full(n, 1.1)
    x0[::2] = 0.9
    return x0


def derivatives_by_hand(method, n):
    if method in DENSE:
        return {"jac": sp.rosen_der, "hess": sp.rosen_hess}
    if method in PRODUCTS:
        by_products = n >= 50
        second = {"hessp": sp.rosen_hess_prod} if by_products else {"hess": sp.rosen_hess}
        return {"jac": sp.rosen_der, **second}
    return {"jac": sp.rosen_der}


CASES = [(m, n) for m in sorted(GRADIENT | DENSE | PRODUCTS) for n in (4, 20)] + [(m, 120) for m in sorted(PRODUCTS)]


@pytest.mark.parametrize(("method", "n"), CASES)
def test_goes_the_way_of_derivatives_by_hand(method, n):
    x0 = np.full(n, 1.02) if method == "dogleg" else start(n)  # dogleg needs a definite Hessian all the way
    ours = dj.scipy.minimize(chain, x0, method=method)
    theirs = sp.minimize(sp.rosen, x0, method=method, **derivatives_by_hand(method, n))
    assert ours.success
    assert ours.success == theirs.success
    # tnc stops 1e-3 from the minimum, where the last bit of a gradient moves the end of a step by 1e-5
    np.testing.assert_allclose(ours.x, theirs.x, rtol=0, atol=1e-4 if method == "tnc" else 1e-5)
    assert abs(ours.nit - theirs.nit) <= 1 + 0.1 * theirs.nit
    assert all(count > 0 for count in ours.derivatives.values())


@pytest.mark.parametrize("method", sorted(GRADIENT | DENSE | PRODUCTS))
def test_compiles_once_whatever_scipy_sends(method):
    n = 4
    dj.scipy.minimize(chain, start(n), method=method)
    dj.scipy.minimize(chain, list(np.float32(start(n))), method=method)
    dj.scipy.minimize(chain, start(2 * n)[::2], method=method)
    for once in (once_value_and_grad, once_all, once_hessian, once_hvp):
        assert len(once(chain).signatures) <= 1


def test_results_count_calls_as_scipy_does():
    found = dj.scipy.minimize(chain, start(4), method="trust-exact")
    assert found.derivatives["jac"] == found.njev
    assert found.derivatives["hess"] == found.nhev
    # One evaluation serves fun, jac and hess.
    assert found.evaluations == {"value_grad_hessian": found.nfev}
    found = dj.scipy.minimize(chain, start(20), method="BFGS")
    assert found.derivatives == {"jac": found.njev}
    assert found.evaluations == {"value_and_grad": found.nfev}


@pytest.mark.parametrize("method", sorted(NONE))
def test_methods_without_derivatives_are_scipys(method):
    if method == "cobyqa" and scipy.__version__ < "1.14":
        pytest.skip("new in SciPy 1.14")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours = dj.scipy.minimize(sp.rosen, [0.9, 1.1], method=method)
    theirs = sp.minimize(sp.rosen, [0.9, 1.1], method=method)
    np.testing.assert_array_equal(ours.x, theirs.x)
    assert ours.derivatives == {}


def test_method_without_derivatives_warns_who_asks_for_them():
    with pytest.warns(RuntimeWarning, match="does not use gradient"):
        dj.scipy.minimize(sp.rosen, [0.9, 1.1], method="Nelder-Mead", jac=sp.rosen_der)


def test_extra_arguments_keep_their_types():
    weight = np.array([100.0])
    found = dj.scipy.minimize(weighted_chain, start(4), args=(weight, 2), method="trust-ncg")
    np.testing.assert_allclose(found.x, 1.0, atol=1e-4)
    assert len(once_all(weighted_chain).signatures) == 1


def test_a_single_extra_argument_needs_no_tuple():
    found = dj.scipy.minimize(lambda x, a: (x[0] - a) ** 2, [1.0], args=3.0)
    np.testing.assert_allclose(found.x, 3.0)


def test_derivatives_that_are_given_are_used():
    calls = []

    def gradient(x):
        calls.append(x)
        return sp.rosen_der(x)

    found = dj.scipy.minimize(sp.rosen, start(4), jac=gradient)
    assert len(calls) == found.njev
    found = dj.scipy.minimize(chain, start(4), jac=sp.rosen_der, method="Newton-CG")
    assert found.derivatives["hess"] == found.nhev
    differences = dj.scipy.minimize(sp.rosen, start(4), jac="2-point", method="BFGS")
    assert differences.nfev > 4 * differences.nit
    assert differences.derivatives == {}


def test_bounds_move_the_start_before_anything_is_evaluated():
    def barrier(x):
        return x[0] - np.log(x[0]) + (x[1] - 2.0) ** 2

    found = dj.scipy.minimize(barrier, [-1.0, 0.0], bounds=[(0.1, None), (None, 1.5)])
    np.testing.assert_allclose(found.x, [1.0, 1.5], atol=1e-5)
    found = dj.scipy.minimize(barrier, [-1.0, 0.0], bounds=sp.Bounds([0.1, -np.inf], [np.inf, 1.5]), method="TNC")
    np.testing.assert_allclose(found.x, [1.0, 1.5], atol=1e-4)


def test_variables_fixed_by_bounds():
    found = dj.scipy.minimize(chain, [1.3, 0.7, 0.8], bounds=[(1.2, 1.2), (None, None), (None, None)], method="TNC")
    reference = sp.minimize(
        sp.rosen, [1.3, 0.7, 0.8], jac=sp.rosen_der, bounds=[(1.2, 1.2), (None, None), (None, None)], method="TNC"
    )
    np.testing.assert_allclose(found.x, reference.x, atol=1e-6)


def test_custom_methods_get_all_derivatives():
    def newton(fun, x0, args, jac, hess, **others):
        x = x0
        for _ in range(50):
            x = x - np.linalg.solve(hess(x), jac(x))
        return sp.OptimizeResult(x=x, fun=fun(x), success=True)

    np.testing.assert_allclose(dj.scipy.minimize(chain, np.full(3, 1.02), method=newton).x, 1.0)


@pytest.fixture(scope="module")
def flowers():
    """Two classes of 75 with four features each, of the size of the iris data."""
    rng = np.random.default_rng(7)
    labels = np.repeat([0.0, 1.0], 75)
    features = rng.normal(size=(150, 4)) + 0.8 * labels[:, None] * np.array([1.0, -0.5, 0.3, 0.8])
    return np.column_stack((np.ones(150), features)), labels


def test_logistic_regression(flowers):
    features, labels = flowers

    @njit
    def loss(w, features, labels, ridge):
        total = 0.5 * ridge * np.dot(w, w)
        for i in range(features.shape[0]):
            margin = np.dot(features[i], w)
            total += np.log1p(np.exp(-abs(margin))) + max(margin, 0.0) - labels[i] * margin
        return total

    found = dj.scipy.minimize(loss, np.zeros(5), args=(features, labels, 1e-2), method="trust-ncg")
    assert found.success
    p = 1.0 / (1.0 + np.exp(-features @ found.x))
    gradient = features.T @ (p - labels) + 1e-2 * found.x
    np.testing.assert_allclose(gradient, 0.0, atol=1e-4)
    np.testing.assert_allclose(found.hess, features.T @ (features * (p * (1.0 - p))[:, None]) + 1e-2 * np.eye(5))


# Bad input


def test_vector_output_names_solver_and_method():
    with pytest.raises(OutputError, match=r"scipy.optimize.minimize\(method='trust-ncg'\) takes a function.*one real"):
        dj.scipy.minimize(lambda x: x**2, start(4), method="trust-ncg")


def test_complex_start_and_complex_answer():
    with pytest.raises(DTypeError, match=r"x0 is complex.*minimize\(method='BFGS'\).*real"):
        dj.scipy.minimize(chain, start(4) + 1j)
    with pytest.raises(OutputError, match="complex"):
        dj.scipy.minimize(lambda x: x[0] * 1j, start(4))


@pytest.mark.parametrize("bad", [[np.nan, 1.0], [1.0, np.nan]])
def test_nan_at_the_start(bad):
    with pytest.raises(NonFiniteError, match=r"x0 is NaN at \(\d,\).*minimize\(method='BFGS'\)"):
        dj.scipy.minimize(chain, bad)


def test_nan_of_the_function_at_the_start():
    with pytest.raises(NonFiniteError, match=r"the value at x0 is NaN; .*SLSQP"):
        dj.scipy.minimize(lambda x: np.log(x[0]), [-1.0], method="SLSQP")


def test_start_of_two_dimensions():
    with pytest.raises(ShapeError, match=r"\(2, 2\).*one dimension"):
        dj.scipy.minimize(chain, np.ones((2, 2)))


def test_what_scipy_refuses_stays_refused():
    with pytest.raises(ValueError, match="Unknown solver"):
        dj.scipy.minimize(chain, start(4), method="Gauss")
    with pytest.raises(TypeError, match="x0"):
        dj.scipy.minimize(chain)
