"""``callbacks``: what SciPy's own functions take, under the names of their arguments."""

import numpy as np
import pytest
import scipy.optimize as sp
from numba import njit
from scipy import integrate

import dualjit as dj
from dualjit.errors import ArgumentCountError, MethodError
from dualjit.scipy.objective import once_hvp, once_value_and_grad


@njit
def chain(x, steep=100.0):
    total = 0.0
    for i in range(x.size - 1):
        total += steep * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
    return total


def crossing(x):
    return np.array([x[0] ** 2 + x[1] ** 2 - 4.0, x[0] - x[1]])


def decay(t, y):
    return -50.0 * y


ROOT = np.sqrt([2.0, 2.0])


@pytest.mark.parametrize(
    ("method", "names"),
    [
        (None, {"fun", "jac"}),
        ("L-BFGS-B", {"fun", "jac"}),
        ("Newton-CG", {"fun", "jac", "hess"}),
        ("trust-exact", {"fun", "jac", "hess"}),
        ("trust-constr", {"fun", "jac", "hess"}),
    ],
)
def test_minimize(method, names):
    functions = dj.scipy.callbacks(chain, for_="minimize", method=method)
    assert set(functions) == names
    found = sp.minimize(x0=[0.9, 1.1, 0.9], method=method, **functions)
    np.testing.assert_allclose(found.x, 1.0, atol=1e-3)
    assert all(count > 0 for count in functions.derivatives.values())


@pytest.mark.parametrize("method", ["Newton-CG", "trust-constr", "trust-ncg", "trust-krylov"])
def test_minimize_of_many_unknowns_by_products(method):
    functions = dj.scipy.callbacks(chain, for_="minimize", method=method, size=150)
    assert set(functions) == {"fun", "jac", "hessp"}
    assert sp.minimize(x0=np.full(150, 1.1), method=method, **functions).success
    assert functions.derivatives["hessp"] > 0


def test_forms_in_which_scipy_sends_points():
    functions = dj.scipy.callbacks(chain, for_="minimize", method="Newton-CG", size=200, args=(100.0,))
    x = np.array([0.5, -1.0, 2.0])
    readonly = x.copy()
    readonly.setflags(write=False)
    wide = np.repeat(x, 2)
    forms = [x, list(x), tuple(x), x.astype(np.float32), readonly, wide[::2], x[:, None][:, 0], np.asfortranarray(x)]
    direction = np.array([1, 0, -1], np.int8)  # trust-constr's probe of a LinearOperator
    for form in forms:
        assert functions["fun"](form) == sp.rosen(x)
        np.testing.assert_allclose(functions["jac"](form), sp.rosen_der(x), rtol=1e-14)
        np.testing.assert_allclose(functions["hessp"](form, direction), sp.rosen_hess(x) @ direction, rtol=1e-14)
    assert len(once_value_and_grad(chain).signatures) <= 2  # with the default left out, and given
    assert len(once_hvp(chain).signatures) <= 2


def test_fun_and_jac_share_an_evaluation_and_changed_arguments_are_seen():
    def stretched(x, weights):
        return np.sum(weights * x * x)

    weights = np.ones(2)
    functions = dj.scipy.callbacks(stretched, for_="minimize")
    x = np.array([1.0, 2.0])
    assert functions["fun"](x, weights) == 5.0
    np.testing.assert_array_equal(functions["jac"](x, weights), [2.0, 4.0])
    weights[:] = 10.0  # between two solves, from the point where the first one ended
    assert functions["fun"](x, weights) == 50.0
    np.testing.assert_array_equal(functions["jac"](x, weights), [20.0, 40.0])
    np.testing.assert_array_equal(functions["jac"](x, np.ones(2)), [2.0, 4.0])


def test_roots():
    np.testing.assert_allclose(sp.root(x0=[1.0, 2.0], **dj.scipy.callbacks(crossing, for_="root")).x, ROOT)
    np.testing.assert_allclose(sp.fsolve(x0=[1.0, 2.0], **dj.scipy.callbacks(crossing, for_="fsolve")), ROOT)
    np.testing.assert_allclose(sp.leastsq(x0=[1.0, 2.0], **dj.scipy.callbacks(crossing, for_="leastsq"))[0], ROOT)
    found = sp.least_squares(x0=[1.0, 2.0], **dj.scipy.callbacks(crossing, for_="least_squares"))
    np.testing.assert_allclose(found.x, ROOT)


def test_roots_of_one_number():
    def cubic(x, a):
        return x**3 - a

    functions = dj.scipy.callbacks(cubic, for_="newton", args=(8.0,))
    assert sp.newton(x0=1.0, **functions) == pytest.approx(2.0)
    functions = dj.scipy.callbacks(cubic, for_="root_scalar", method="halley", args=(8.0,))
    assert sp.root_scalar(x0=1.0, method="halley", **functions).root == pytest.approx(2.0)
    assert functions.derivatives["fprime2"] > 0


def test_curve_fit():
    def line(t, a, b):
        return a * t + b

    t = np.linspace(0, 1, 10)
    functions = dj.scipy.callbacks(line, for_="curve_fit")
    np.testing.assert_allclose(sp.curve_fit(xdata=t, ydata=2.0 * t + 1.0, **functions)[0], [2.0, 1.0])
    assert functions.derivatives["jac"] > 0
    with pytest.raises(ArgumentCountError, match="p0, or size"):
        dj.scipy.callbacks(lambda t, *p: p[0] * t, for_="curve_fit")


def test_constraints():
    disc = dj.scipy.callbacks(lambda x: x[0] ** 2 + x[1] ** 2, for_="NonlinearConstraint")
    functions = dj.scipy.callbacks(lambda x: x[0] + x[1], for_="minimize", method="trust-constr")
    constraint = sp.NonlinearConstraint(lb=0.0, ub=1.0, **disc)
    found = sp.minimize(x0=[0.1, 0.2], method="trust-constr", constraints=constraint, **functions)
    np.testing.assert_allclose(found.x, -np.sqrt([0.5, 0.5]), atol=1e-4)
    assert disc.derivatives["hess"] > 0
    disc = dj.scipy.callbacks(lambda x, r: r - x[0] ** 2 - x[1] ** 2, for_="constraint")
    functions = dj.scipy.callbacks(lambda x: x[0] + x[1], for_="minimize", method="SLSQP")
    found = sp.minimize(
        x0=[0.1, 0.2], method="SLSQP", constraints={"type": "ineq", "args": (1.0,), **disc}, **functions
    )
    np.testing.assert_allclose(found.x, -np.sqrt([0.5, 0.5]), atol=1e-3)


def test_differential_equations():
    functions = dj.scipy.callbacks(decay, for_="solve_ivp", method="BDF")
    assert integrate.solve_ivp(t_span=(0, 1), y0=[1.0], method="BDF", **functions).success
    assert functions.derivatives["jac"] > 0
    solver = integrate.ode(**dj.scipy.callbacks(decay, for_="ode")).set_integrator("vode", method="bdf")
    solver.set_initial_value([1.0], 0.0)
    assert solver.integrate(0.1)[0] == pytest.approx(np.exp(-5.0), rel=1e-3)
    functions = dj.scipy.callbacks(lambda y, t: -50.0 * y, for_="odeint")
    assert integrate.odeint(y0=[1.0], t=[0.0, 0.1], **functions)[-1, 0] == pytest.approx(np.exp(-5.0), rel=1e-5)


def test_boundary_values():
    def bend(x, y):
        return np.vstack((y[1], -np.exp(y[0])))

    def ends(ya, yb):
        return np.array([ya[0], yb[0]])

    functions = dj.scipy.callbacks((bend, ends), for_="solve_bvp")
    assert integrate.solve_bvp(x=np.linspace(0, 1, 5), y=np.zeros((2, 5)), **functions).success
    assert functions.derivatives["fun_jac"] > 0


@pytest.mark.parametrize(
    ("solver", "method", "message"),
    [
        ("minimize", "Nelder-Mead", r"minimize\(method='Nelder-Mead'\) takes no derivatives; those which do are bfgs"),
        ("root", "broyden1", r"root\(method='broyden1'\) takes no Jacobian"),
        ("root_scalar", "brentq", r"'brentq'\) takes no derivatives; 'newton' and 'halley' do"),
        ("solve_ivp", "RK45", r"solve_ivp\(method='RK45'\) is explicit.*Radau, BDF, LSODA do"),
        ("solve_ivp", integrate.DOP853, "DOP853"),
        ("newton_krylov", None, r"call dualjit.scipy.newton_krylov"),
        ("simplex", None, "the solvers are minimize, "),
    ],
)
def test_methods_that_take_no_derivative(solver, method, message):
    with pytest.raises(MethodError, match=message):
        dj.scipy.callbacks(chain, for_=solver, method=method)
