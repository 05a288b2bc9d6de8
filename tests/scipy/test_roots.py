"""``root``, ``fsolve``, ``leastsq`` and ``newton_krylov``."""

import numpy as np
import pytest
import scipy.optimize as sp
from numba import njit

import dualjit as dj
from dualjit.errors import DTypeError, NonFiniteError, ShapeError
from dualjit.scipy.krylov import ExactKrylovJacobian
from dualjit.scipy.residuals import once_jacobian


@njit
def crossing(x, radius=2.0):
    return np.array([x[0] ** 2 + x[1] ** 2 - radius**2, x[0] - x[1] ** 3])


def crossing_jacobian(x, radius=2.0):
    return np.array([[2 * x[0], 2 * x[1]], [1.0, -3 * x[1] ** 2]])


@pytest.mark.parametrize("method", ["hybr", "lm"])
@pytest.mark.parametrize("options", [{}, {"col_deriv": True}])
def test_root_as_with_a_jacobian_by_hand(method, options):
    ours = dj.scipy.root(crossing, [1, 1], method=method, options=options)
    theirs = sp.root(crossing, [1.0, 1.0], method=method, jac=crossing_jacobian)
    assert ours.success
    np.testing.assert_allclose(ours.x, theirs.x, rtol=1e-9)
    assert ours.nfev == theirs.nfev
    assert ours.derivatives["jac"] >= ours.njev
    assert len(once_jacobian(crossing).signatures) == 1


def test_root_with_more_equations_than_unknowns():
    found = dj.scipy.root(lambda x: [x[0] - 1.0, x[1] - 2.0, x[0] + x[1] - 3.0], [0.0, 0.0], method="lm")
    np.testing.assert_allclose(found.x, [1.0, 2.0])


@pytest.mark.parametrize("method", ["broyden1", "krylov", "df-sane"])
def test_root_says_where_no_jacobian_is_taken(method):
    with pytest.warns(RuntimeWarning, match=rf"root\(method='{method}'\) takes no Jacobian.*'hybr' and 'lm'") as told:
        found = dj.scipy.root(crossing, [1.2, 1.1], method=method)
    assert told[0].filename == __file__
    assert found.derivatives == {}
    np.testing.assert_allclose(crossing(found.x), 0.0, atol=1e-4)


@pytest.mark.parametrize("col_deriv", [0, 1])
def test_fsolve(col_deriv):
    x, told, status, _ = dj.scipy.fsolve(crossing, [1, 1], args=(3.0,), col_deriv=col_deriv, full_output=True)
    assert status == 1
    np.testing.assert_allclose(x, sp.fsolve(crossing, [1.0, 1.0], args=(3.0,), fprime=crossing_jacobian), rtol=1e-9)
    assert told["derivatives"]["fprime"] >= told["njev"]


@pytest.mark.parametrize("form", [lambda x: x[0] ** 3 - 8.0, lambda x: [x[0] ** 3 - 8.0], lambda x: x**3 - 8.0])
def test_fsolve_of_one_unknown(form):
    np.testing.assert_allclose(dj.scipy.fsolve(form, 1.0), [2.0])


@pytest.mark.parametrize("col_deriv", [False, True])
def test_leastsq(col_deriv):
    def residuals(x):
        return np.array([10.0 * (x[1] - x[0] ** 2), 1.0 - x[0], 0.1 * x[0]])

    def by_hand(x):
        return np.array([[-20.0 * x[0], 10.0], [-1.0, 0.0], [0.1, 0.0]])

    x, _, told, *_ = dj.scipy.leastsq(residuals, [-1.2, 1.0], col_deriv=col_deriv, full_output=True)
    np.testing.assert_allclose(x, sp.leastsq(residuals, [-1.2, 1.0], Dfun=by_hand)[0], rtol=1e-6)
    assert told["derivatives"]["Dfun"] > 0


def test_derivatives_that_are_given_are_used():
    calls = []

    def jacobian(x):
        calls.append(x)
        return crossing_jacobian(x)

    dj.scipy.root(crossing, [1.0, 1.0], jac=jacobian)
    dj.scipy.fsolve(crossing, [1.0, 1.0], fprime=jacobian)
    assert len(calls) > 2


def heat(u):
    """The stationary temperature of a plate with a source, by differences of second order; edges are cold."""
    n = u.shape[0]
    f = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            up = u[i - 1, j] if i > 0 else 0.0
            down = u[i + 1, j] if i < n - 1 else 0.0
            left = u[i, j - 1] if j > 0 else 0.0
            right = u[i, j + 1] if j < n - 1 else 0.0
            f[i, j] = (up + down + left + right - 4.0 * u[i, j]) * (n + 1.0) ** 2 + np.exp(u[i, j])
    return f


@pytest.mark.parametrize("method", ["lgmres", "gmres", "bicgstab"])
def test_newton_krylov_of_a_plate(method):
    n = 12
    found = dj.scipy.newton_krylov(heat, np.zeros((n, n)), method=method, f_tol=1e-9)
    assert found.shape == (n, n)
    np.testing.assert_allclose(heat(found), 0.0, atol=1e-9)
    np.testing.assert_allclose(found, sp.newton_krylov(njit(heat), np.zeros((n, n)), f_tol=1e-7), atol=1e-7)


def test_products_are_exact():
    jacobian = ExactKrylovJacobian(crossing, (2,))
    x, v = np.array([0.3, -1.7]), np.array([1.0, 1e-9])
    jacobian.setup(x, crossing(x), crossing)
    np.testing.assert_allclose(jacobian.matvec(v), crossing_jacobian(x) @ v, rtol=1e-15)
    np.testing.assert_array_equal(jacobian.matvec(0.0 * v), 0.0)


def test_newton_krylov_says_no_convergence():
    with pytest.raises(sp.NoConvergence):
        dj.scipy.newton_krylov(crossing, [1.0, 1.0], maxiter=1)


# Bad input


def test_shapes_that_do_not_fit():
    with pytest.raises(ShapeError, match=r"\(3,\) where x0 has shape \(2,\); scipy.optimize.root\(method='hybr'\)"):
        dj.scipy.root(lambda x: np.array([x[0], x[1], 1.0]), [1.0, 1.0])
    with pytest.raises(ShapeError, match=r"scipy.optimize.fsolve takes as many equations"):
        dj.scipy.fsolve(lambda x: x[0] + x[1], [1.0, 1.0])


def test_starts_that_do_not_fit():
    with pytest.raises(DTypeError, match=r"x0 is complex.*scipy.optimize.root"):
        dj.scipy.root(crossing, [1j, 1.0])
    with pytest.raises(NonFiniteError, match=r"xin is NaN at \(1,\).*newton_krylov"):
        dj.scipy.newton_krylov(crossing, [1.0, np.nan])
    with pytest.raises(NonFiniteError, match=r"returns at the starting point is NaN at \(0,\).*fsolve"):
        dj.scipy.fsolve(lambda x: np.sqrt(x), [-1.0])
