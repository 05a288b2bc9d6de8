"""``solve_bvp``: the problems of SciPy's documentation, with and without unknown parameters."""

import numpy as np
import pytest
from scipy import integrate

import dualjit as dj
from dualjit.errors import DTypeError, NonFiniteError, OutputError, ShapeError
from dualjit.scipy.boundary_value import BoundaryProblem, conditions_by_sides, equations_by_rows


def bratu(x, y):
    return np.vstack((y[1], -np.exp(y[0])))


def ends(ya, yb):
    return np.array([ya[0], yb[0]])


def wave(x, y, p):
    return np.vstack((y[1], -(p[0] ** 2) * y[0]))


def wave_ends(ya, yb, p):
    return np.array([ya[0], yb[0], ya[1] - p[0]])


@pytest.mark.parametrize("height", [0.0, 3.0])
def test_bratu_has_two_solutions(height):
    x, y = np.linspace(0, 1, 5), np.zeros((2, 5))
    y[0] = height
    ours = dj.scipy.solve_bvp(bratu, ends, x, y, tol=1e-6)
    theirs = integrate.solve_bvp(bratu, ends, x, y, tol=1e-6)
    assert ours.success
    np.testing.assert_allclose(ours.sol(0.5), theirs.sol(0.5), rtol=1e-5, atol=1e-7)
    assert ours.derivatives["fun_jac"] > 0
    assert ours.derivatives["bc_jac"] > 0
    assert len(equations_by_rows(bratu, False).signatures) == 1
    assert len(conditions_by_sides(ends, False).signatures) == 1


def test_sturm_liouville_with_a_parameter():
    x = np.linspace(0, 1, 5)
    y = np.zeros((2, 5))
    y[0, 1], y[0, 3] = 1, -1
    found = dj.scipy.solve_bvp(wave, wave_ends, x, y, p=[6], tol=1e-8)
    assert found.p[0] == pytest.approx(2.0 * np.pi, rel=1e-7)
    assert found.derivatives["fun_jac"] > 0


def test_singular_term():
    # Emden's equation, SciPy's test: y'' + 2 y' / x + y**5 = 0 with the solution (1 + x²/3)^(-1/2).
    def emden(x, y):
        return np.vstack((y[1], -(y[0] ** 5)))

    def emden_ends(ya, yb):
        return np.array([ya[1], yb[0] - np.sqrt(3.0) / 2.0])

    x = np.linspace(0, 1, 10)
    y = np.vstack((np.ones(10), np.zeros(10)))
    found = dj.scipy.solve_bvp(emden, emden_ends, x, y, S=np.array([[0.0, 0.0], [0.0, -2.0]]), tol=1e-6)
    np.testing.assert_allclose(found.sol(x)[0], 1.0 / np.sqrt(1.0 + x**2 / 3.0), atol=1e-5)


def test_shapes_and_values_of_jacobians():
    problem = BoundaryProblem(wave, wave_ends, with_parameters=True)
    rng = np.random.default_rng(0)
    x, y, p = np.linspace(0, 1, 4), np.asfortranarray(rng.normal(size=(2, 4))), np.array([3.0])
    by_y, by_p = problem.fun_jac(x, y, p)
    expected = np.zeros((2, 2, 4))
    expected[0, 1], expected[1, 0] = 1.0, -9.0
    np.testing.assert_array_equal(by_y, expected)
    np.testing.assert_array_equal(by_p, np.stack((np.zeros((1, 4)), -6.0 * y[:1])))
    by_ya, by_yb, by_p = problem.bc_jac(y[:, 0], y[:, -1], p)
    np.testing.assert_array_equal(by_ya, [[1, 0], [0, 0], [0, 1]])
    np.testing.assert_array_equal(by_yb, [[0, 0], [1, 0], [0, 0]])
    np.testing.assert_array_equal(by_p, [[0], [0], [-1]])


@pytest.mark.parametrize("form", [list, tuple])
def test_conditions_as_lists_and_tuples(form):
    def as_list(ya, yb):
        return [ya[0], yb[0] - ya[1]]

    def as_tuple(ya, yb):
        return ya[0], yb[0] - ya[1]

    problem = BoundaryProblem(bratu, as_list if form is list else as_tuple, with_parameters=False)
    by_ya, by_yb = problem.bc_jac(np.ones(2), np.ones(2))
    np.testing.assert_array_equal(by_ya, [[1, 0], [0, -1]])
    np.testing.assert_array_equal(by_yb, [[0, 0], [1, 0]])


def test_derivatives_that_are_given_are_used():
    calls = []

    def by_hand(x, y):
        calls.append(x)
        jacobian = np.zeros((2, 2, x.size))
        jacobian[0, 1], jacobian[1, 0] = 1.0, -np.exp(y[0])
        return jacobian

    found = dj.scipy.solve_bvp(bratu, ends, np.linspace(0, 1, 5), np.zeros((2, 5)), fun_jac=by_hand)
    assert calls
    assert list(found.derivatives) == ["bc_jac"]


# Bad input


def test_what_does_not_fit():
    x, y = np.linspace(0, 1, 5), np.zeros((2, 5))
    with pytest.raises(ShapeError, match=r"\(5,\), expected \(2, 5\); scipy.integrate.solve_bvp"):
        dj.scipy.solve_bvp(lambda x, y: y[0] * 1.0, ends, x, y)
    with pytest.raises(ShapeError, match=r"\(2,\), expected \(3,\)"):
        dj.scipy.solve_bvp(wave, lambda ya, yb, p: np.array([ya[0], yb[0]]), x, y, p=[1.0])
    with pytest.raises(ShapeError, match=r"\(4,\) and y \(2, 5\)"):
        dj.scipy.solve_bvp(bratu, ends, x[1:], y)
    with pytest.raises(DTypeError, match="y is complex"):
        dj.scipy.solve_bvp(bratu, ends, x, y + 1j)
    with pytest.raises(OutputError, match="complex128"):
        dj.scipy.solve_bvp(lambda x, y: y * 1j, ends, x, y)
    with pytest.raises(NonFiniteError, match="at the first guess is NaN"):
        dj.scipy.solve_bvp(lambda x, y: np.log(y - 1.0), ends, x, y)
