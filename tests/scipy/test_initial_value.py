"""``solve_ivp`` and ``odeint``: stiff problems, and Jacobians in the forms that solvers store."""

import numpy as np
import pytest
from numba import njit
from scipy import integrate
from scipy.sparse import issparse

import dualjit as dj
from dualjit.errors import DTypeError, NonFiniteError, OutputError, ShapeError
from dualjit.scipy.direct import DirectBDF, DirectRadau, seen
from dualjit.scipy.initial_value import RightHandSide, banded, once_jacobian, sparse

METHODS = ["Radau", "BDF", "LSODA"]


def robertson(t, y):
    slow, fast, middle = 0.04 * y[0], 3e7 * y[1] ** 2, 1e4 * y[1] * y[2]
    return np.array([middle - slow, slow - middle - fast, fast])


@njit
def brusselator(t, y, diffusion):
    """Concentrations (u0, v0, u1, v1, ...) with fixed walls; Hairer and Wanner, section IV.10."""
    cells = y.size // 2
    rate = diffusion * (cells + 1) ** 2
    dydt = np.zeros(y.size)
    for i in range(cells):
        u, v = y[2 * i], y[2 * i + 1]
        u_left, v_left, u_right, v_right = 1.0, 3.0, 1.0, 3.0
        if i > 0:
            u_left, v_left = y[2 * i - 2], y[2 * i - 1]
        if i < cells - 1:
            u_right, v_right = y[2 * i + 2], y[2 * i + 3]
        dydt[2 * i] = 1.0 + u * u * v - 4.0 * u + rate * (u_left - 2.0 * u + u_right)
        dydt[2 * i + 1] = 3.0 * u - u * u * v + rate * (v_left - 2.0 * v + v_right)
    return dydt


def walls(cells):
    y0 = np.empty(2 * cells)
    y0[::2] = 1.0 + np.sin(2 * np.pi * np.arange(1, cells + 1) / (cells + 1))
    y0[1::2] = 3.0
    return y0


@pytest.mark.parametrize("method", METHODS)
def test_robertson(method):
    # The reference at t = 40 and 400: Hindmarsh, ODEPACK, the example of LSODE.
    found = dj.scipy.solve_ivp(
        robertson, (0, 400), [1, 0, 0], method=method, t_eval=[40.0, 400.0], rtol=1e-8, atol=[1e-10, 1e-14, 1e-10]
    )
    assert found.success
    np.testing.assert_allclose(found.y[:, 0], [7.15827e-1, 9.185e-6, 2.84164e-1], rtol=2e-4)
    np.testing.assert_allclose(found.y[:, 1], [4.505e-1, 3.223e-6, 5.495e-1], rtol=5e-4)
    assert found.derivatives["jac"] > 0
    assert len(once_jacobian(robertson, 1).signatures) == 1


@pytest.mark.parametrize("method", METHODS)
def test_brusselator_as_by_differences(method):
    options = {"method": method, "rtol": 1e-6, "atol": 1e-8, "args": (0.02,)}
    ours = dj.scipy.solve_ivp(brusselator, (0.0, 5.0), walls(16), **options)
    theirs = integrate.solve_ivp(brusselator, (0.0, 5.0), walls(16), **options)
    np.testing.assert_allclose(ours.y[:, -1], theirs.y[:, -1], rtol=1e-4)
    assert ours.nfev == theirs.nfev or method == "LSODA"  # the others don't count evaluations for differences
    assert ours.derivatives["jac"] == ours.njev or method == "LSODA"
    assert len(once_jacobian(brusselator, 1).signatures) == 1


def test_methods_as_classes():
    found = dj.scipy.solve_ivp(robertson, (0, 1), [1, 0, 0], method=integrate.BDF)
    assert found.derivatives["jac"] == found.njev


def test_bands_for_lsoda():
    options = {"method": "LSODA", "rtol": 1e-6, "atol": 1e-8, "args": (2.0,)}
    by_bands = dj.scipy.solve_ivp(brusselator, (0.0, 5.0), walls(16), lband=2, uband=2, **options)
    dense = dj.scipy.solve_ivp(brusselator, (0.0, 5.0), walls(16), **options)
    np.testing.assert_allclose(by_bands.y[:, -1], dense.y[:, -1], rtol=1e-8)
    assert by_bands.derivatives["jac"] > 0


@pytest.mark.parametrize("method", ["Radau", "BDF"])
def test_a_pattern_makes_the_jacobian_sparse(method):
    options = {"method": method, "rtol": 1e-6, "atol": 1e-8, "args": (0.02,)}
    n = 32
    pattern = sum(np.eye(n, k=k) for k in range(-2, 3))
    of_pattern = dj.scipy.solve_ivp(brusselator, (0.0, 5.0), walls(n // 2), jac_sparsity=pattern, **options)
    dense = dj.scipy.solve_ivp(brusselator, (0.0, 5.0), walls(n // 2), **options)
    np.testing.assert_allclose(of_pattern.y[:, -1], dense.y[:, -1], rtol=1e-8)
    jacobian = RightHandSide(brusselator, 1, sparse(pattern)).jac(0.0, walls(n // 2), 0.02)
    assert issparse(jacobian)
    np.testing.assert_array_equal(jacobian.toarray(), RightHandSide(brusselator).jac(0.0, walls(n // 2), 0.02))


@pytest.mark.parametrize(("lower", "upper"), [(0, 0), (1, 2), (3, 0)])
def test_places_in_bands(lower, upper):
    matrix = np.arange(1.0, 37.0).reshape(6, 6)
    packed = banded(lower, upper)(matrix)
    assert packed.shape == (lower + upper + 1, 6)
    for i in range(6):
        for j in range(6):
            if -lower <= j - i <= upper:
                assert packed[upper + i - j, j] == matrix[i, j]


@pytest.mark.parametrize(("direct", "scipys"), [(DirectRadau, integrate.Radau), (DirectBDF, integrate.BDF)])
@pytest.mark.parametrize(("cells", "banded_"), [(8, False), (40, True)])
def test_systems_are_solved_as_scipy_solves_them(direct, scipys, cells, banded_):
    side = RightHandSide(brusselator)
    options = {"jac": side.jac, "rtol": 1e-6, "atol": 1e-8, "args": (0.02,)}
    ours = integrate.solve_ivp(side.fun, (0.0, 2.0), walls(cells), method=direct, **options)
    theirs = integrate.solve_ivp(side.fun, (0.0, 2.0), walls(cells), method=scipys, **options)
    np.testing.assert_allclose(ours.y, theirs.y, rtol=1e-9 if banded_ else 0.0)
    assert (ours.nfev, ours.njev, ours.nlu) == (theirs.nfev, theirs.njev, theirs.nlu)
    assert (seen(side.jac(0.0, walls(cells), 0.02), 0.0) == (2, 2)) == banded_


def test_jacobians_that_are_not_finite():
    with pytest.raises(NonFiniteError, match=r"Jacobian at t = 0.0 has NaN or infinite"):
        dj.scipy.solve_ivp(lambda t, y: np.sqrt(y), (0, 1), [0.0], method="Radau")


def test_forms_of_answers_and_states():
    for f in (lambda t, y: [y[1], -y[0]], lambda t, y: (y[1], -y[0]), lambda t, y: np.array([y[1], -y[0]])):
        side = RightHandSide(f)
        column = np.array([[1.0, 5.0], [2.0, 6.0]])[:, 0]
        for y in (column, column.copy(), [1, 2], np.array([1, 2], np.float32)):
            for t in (0, 0.0, np.float64(0.0), np.array(0.0)):
                np.testing.assert_array_equal(side.jac(t, y), [[0.0, 1.0], [-1.0, 0.0]])
                np.testing.assert_array_equal(side.fun(t, y), [2.0, -1.0])
        assert len(once_jacobian(f, 1).signatures) == 1


def test_vectorized_right_hand_sides():
    def of_columns(t, y):
        return np.vstack((y[1], -100.0 * y[0]))

    found = dj.scipy.solve_ivp(of_columns, (0, 1), [1.0, 0.0], method="Radau", vectorized=True, rtol=1e-8, atol=1e-8)
    assert found.y[0, -1] == pytest.approx(np.cos(10.0), abs=1e-5)


def test_time_enters():
    found = dj.scipy.solve_ivp(lambda t, y: -50.0 * (y - np.cos(t)), (0, 2), [0.0], method="BDF", rtol=1e-9, atol=1e-9)
    exact = (2500.0 * (np.cos(2.0) - np.exp(-100.0)) + 50.0 * np.sin(2.0)) / 2501.0
    assert found.y[0, -1] == pytest.approx(exact, abs=1e-6)


def test_explicit_methods_are_scipys():
    found = dj.scipy.solve_ivp(lambda t, y: -y, (0, 1), [1.0])
    assert found.derivatives == {}
    complex_state = dj.scipy.solve_ivp(lambda t, y: 1j * y, (0, 1), [1.0 + 0j])
    assert complex_state.y.dtype == complex


def test_derivatives_that_are_given_are_used():
    given = dj.scipy.solve_ivp(lambda t, y: -y, (0, 1), [1.0], method="BDF", jac=np.array([[-1.0]]))
    assert given.derivatives == {}


@pytest.mark.parametrize("tfirst", [False, True])
@pytest.mark.parametrize("col_deriv", [False, True])
def test_odeint(tfirst, col_deriv):
    times = [0.0, 0.4, 4.0, 40.0]
    f = robertson if tfirst else flipped
    y, told = dj.scipy.odeint(
        f, [1, 0, 0], times, tfirst=tfirst, col_deriv=col_deriv, rtol=1e-8, atol=1e-12, full_output=True
    )
    np.testing.assert_allclose(y[-1], [7.15827e-1, 9.185e-6, 2.84164e-1], rtol=2e-4)
    assert told["derivatives"]["Dfun"] > 0


@njit
def flipped(y, t):
    slow, fast, middle = 0.04 * y[0], 3e7 * y[1] ** 2, 1e4 * y[1] * y[2]
    return np.array([middle - slow, slow - middle - fast, fast])


def test_odeint_by_bands():
    times = np.linspace(0.0, 5.0, 4)
    options = {"args": (2.0,), "tfirst": True, "rtol": 1e-7, "atol": 1e-9}
    y, told = dj.scipy.odeint(brusselator, walls(16), times, ml=2, mu=2, full_output=True, **options)
    np.testing.assert_allclose(y[-1], integrate.odeint(brusselator, walls(16), times, **options)[-1], rtol=1e-4)
    assert told["derivatives"]["Dfun"] > 0


# Bad input


def test_what_does_not_fit():
    with pytest.raises(ShapeError, match=r"\(1,\) for y of shape \(2,\); scipy.integrate.solve_ivp\(method='BDF'\)"):
        dj.scipy.solve_ivp(lambda t, y: y[:1] * 2.0, (0, 1), [1.0, 2.0], method="BDF")
    with pytest.raises(DTypeError, match=r"x0 is complex|y0 is complex"):
        dj.scipy.solve_ivp(robertson, (0, 1), [1j, 0, 0], method="Radau")
    with pytest.raises(OutputError, match="complex128"):
        dj.scipy.solve_ivp(lambda t, y: y * 1j, (0, 1), [1.0], method="Radau")
    with pytest.raises(NonFiniteError, match=r"at the start is NaN at \(0,\).*LSODA"):
        dj.scipy.solve_ivp(lambda t, y: np.log(y), (0, 1), [-1.0], method="LSODA")
