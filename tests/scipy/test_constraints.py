"""Constraints of ``minimize``: exact Jacobians, and under trust-constr exact Hessians."""

import warnings

import numpy as np
import pytest
import scipy.optimize as sp
from numba import njit

import dualjit as dj
from dualjit.errors import NonFiniteError, OutputError, ShapeError
from dualjit.scipy.constraints import ConstraintFunction


@njit
def slope(x):
    return (x[0] - 1.0) ** 2 + (x[1] - 2.5) ** 2


def lines(x):
    return np.array([x[0] - 2.0 * x[1] + 2.0, -x[0] - 2.0 * x[1] + 6.0, -x[0] + 2.0 * x[1] + 2.0])


def product(x, bound):
    return x[0] * x[1] - bound


BOUNDS = [(0.0, None), (0.0, None)]


@pytest.mark.parametrize("method", ["SLSQP", "trust-constr"])
@pytest.mark.parametrize("form", ["array", "list", "numbers"])
def test_dictionaries(method, form):
    # Nocedal and Wright, Numerical Optimization, example 16.4: SciPy's own example of SLSQP.
    if form == "numbers":
        constraints = [
            {"type": "ineq", "fun": lambda x: x[0] - 2.0 * x[1] + 2.0},
            {"type": "ineq", "fun": lambda x: -x[0] - 2.0 * x[1] + 6.0},
            {"type": "ineq", "fun": lambda x: -x[0] + 2.0 * x[1] + 2.0},
        ]
    elif form == "list":
        constraints = {"type": "ineq", "fun": lambda x: [x[0] - 2.0 * x[1] + 2.0, -x[0] - 2.0 * x[1] + 6.0]}
    else:
        constraints = {"type": "ineq", "fun": lines}
    found = dj.scipy.minimize(slope, [2.0, 0.0], method=method, bounds=BOUNDS, constraints=constraints)
    np.testing.assert_allclose(found.x, [1.4, 1.7], atol=1e-4)
    assert all(counts["jac"] > 0 for counts in found.derivatives["constraints"])


@pytest.mark.parametrize("method", ["SLSQP", "trust-constr"])
def test_extra_arguments_of_a_constraint(method):
    constraint = {"type": "eq", "fun": product, "args": (2.0,)}
    found = dj.scipy.minimize(slope, [1.0, 1.0], method=method, constraints=constraint)
    np.testing.assert_allclose(found.x[0] * found.x[1], 2.0, atol=1e-6)
    reference = sp.minimize(slope, [1.0, 1.0], constraints=constraint)
    np.testing.assert_allclose(found.x, reference.x, atol=1e-4)


def circles(x):
    return np.array([x[0] ** 2 + x[1], x[0] ** 2 - x[1]])


@pytest.mark.parametrize("method", ["SLSQP", "trust-constr"])
def test_nonlinear_constraint(method):
    # SciPy's tutorial of trust-constr: the minimum of Rosenbrock's function in such a region.
    constraint = sp.NonlinearConstraint(circles, [-np.inf, -np.inf], 1.0)
    lines = [sp.LinearConstraint([1, 2], -np.inf, 1), sp.LinearConstraint([2, 1], 1, 1)]

    def valley(x):
        return 100.0 * (x[1] - x[0] ** 2) ** 2 + (1.0 - x[0]) ** 2

    found = dj.scipy.minimize(
        valley, [0.5, 0.0], method=method, constraints=[*lines, constraint], bounds=sp.Bounds([0, -0.5], [1.0, 2.0])
    )
    np.testing.assert_allclose(found.x, [0.4149, 0.1701], atol=2e-3)
    (counts,) = found.derivatives["constraints"]
    assert counts["jac"] > 0
    assert ("hess" in counts) == (method == "trust-constr")
    assert counts.get("hess", 1) > 0


def test_hessian_of_the_weighted_sum():
    x, v = np.array([0.3, -0.7]), np.array([2.0, 3.0])

    def curved(x):
        return np.array([x[0] ** 3 * x[1], np.exp(x[0] * x[1])])

    function = ConstraintFunction(curved, second=True)
    e, p = np.exp(x[0] * x[1]), x[0] * x[1]
    by_hand = v[0] * np.array([[6 * p, 3 * x[0] ** 2], [3 * x[0] ** 2, 0.0]])
    by_hand += v[1] * e * np.array([[x[1] ** 2, 1 + p], [1 + p, x[0] ** 2]])
    np.testing.assert_allclose(function.hess(x, v), by_hand, rtol=1e-13)
    one = ConstraintFunction(lambda x: x[0] ** 2 * x[1], second=True)
    np.testing.assert_allclose(one.hess(x, [2.0]), 2 * np.array([[2 * x[1], 2 * x[0]], [2 * x[0], 0.0]]))


def test_derivatives_that_a_constraint_brings_are_used():
    given = sp.NonlinearConstraint(circles, -np.inf, 1.0, jac="3-point", hess=sp.SR1())
    with_jac = {"type": "ineq", "fun": lambda x: x[0], "jac": lambda x: np.array([1.0, 0.0])}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # SR1 warns that the second one is linear
        found = dj.scipy.minimize(slope, [0.5, 0.0], method="trust-constr", constraints=[given, with_jac])
    assert "constraints" not in found.derivatives


def test_bounds_that_do_not_fit():
    constraint = sp.NonlinearConstraint(circles, [0.0, 0.0, 0.0], 1.0)
    with pytest.raises(ShapeError, match=r"constraint 1 of scipy.optimize.minimize\(method='SLSQP'\): lb .*\(3,\)"):
        dj.scipy.minimize(slope, [0.5, 0.0], method="SLSQP", constraints=[{"type": "ineq", "fun": lines}, constraint])


def test_answers_that_do_not_fit():
    with pytest.raises(ShapeError, match=r"\(2, 2\).*constraint 0"):
        dj.scipy.minimize(slope, [0.5, 0.0], constraints={"type": "eq", "fun": lambda x: np.outer(x, x)})
    with pytest.raises(OutputError, match=r"complex.*constraint 0"):
        dj.scipy.minimize(slope, [0.5, 0.0], constraints={"type": "eq", "fun": lambda x: x * 1j})
    with pytest.raises(NonFiniteError, match="constraint 0"):
        dj.scipy.minimize(slope, [-0.5, 0.0], constraints={"type": "eq", "fun": lambda x: np.log(x[0])})
