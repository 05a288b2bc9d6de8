"""``cfunc``: called through ``ctypes`` and by SciPy's compiled code."""

import ctypes

import numpy as np
import pytest
from numba import njit
from scipy import LowLevelCallable, integrate
from scipy.optimize import rosen, rosen_der, rosen_hess

import dualjit as dj
from dualjit.errors import ArgumentCountError, ModeError, OutputError

X, V = np.array([0.5, -1.0, 2.0]), np.array([1.0, 2.0, -1.0])


@njit
def chain(x):
    total = 0.0
    for i in range(x.size - 1):
        total += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
    return total


def pair(x):
    return np.array([x[0] * x[1], np.sin(x[2])])


def predator(t, u, p):
    return np.array([p[0] * u[0] - t * u[0] * u[1], u[0] * u[1] - p[1] * u[1]])


def pointer(a):
    return a.ctypes.data_as(ctypes.POINTER(ctypes.c_double))


def test_value_gradient_and_both():
    assert dj.cfunc(chain).ctypes(3, pointer(X)) == pytest.approx(rosen(X))
    answer = np.empty(3)
    dj.cfunc(chain, "gradient").ctypes(3, pointer(X), pointer(answer))
    np.testing.assert_allclose(answer, rosen_der(X), rtol=1e-14)
    answer[:] = 0.0
    assert dj.cfunc(chain, "value_and_grad").ctypes(3, pointer(X), pointer(answer)) == pytest.approx(rosen(X))
    np.testing.assert_allclose(answer, rosen_der(X), rtol=1e-14)


def test_products():
    answer = np.empty(3)
    dj.cfunc(chain, "hvp").ctypes(3, pointer(X), pointer(V), pointer(answer))
    np.testing.assert_allclose(answer, rosen_hess(X) @ V, rtol=1e-14)
    answer = np.empty(2)
    dj.cfunc(pair, "jvp").ctypes(3, pointer(X), pointer(V), pointer(answer))
    np.testing.assert_allclose(answer, [X[0] * V[1] + X[1] * V[0], np.cos(X[2]) * V[2]], rtol=1e-14)


@pytest.mark.parametrize("form", ["array", "list", "tuple"])
def test_right_hand_side_and_its_jacobian(form):
    as_list = lambda t, u, p: [p[0] * u[0] - t * u[0] * u[1], u[0] * u[1] - p[1] * u[1]]  # noqa: E731
    as_tuple = lambda t, u, p: (p[0] * u[0] - t * u[0] * u[1], u[0] * u[1] - p[1] * u[1])  # noqa: E731
    f = {"array": predator, "list": as_list, "tuple": as_tuple}[form]
    u, p, du, jacobian = np.array([1.0, 2.0]), np.array([3.0, 4.0]), np.empty(2), np.empty((2, 2))
    dj.cfunc(f, "rhs", size=2, parameters=2).ctypes(0.5, pointer(u), pointer(du), pointer(p))
    np.testing.assert_array_equal(du, [2.0, -6.0])
    dj.cfunc(f, "rhs_jac", size=2, parameters=2).ctypes(0.5, pointer(u), pointer(jacobian), pointer(p))
    np.testing.assert_array_equal(jacobian, [[2.0, -0.5], [2.0, -3.0]])


def test_right_hand_side_without_parameters():
    u, du, jacobian = np.array([1.0, 2.0]), np.empty(2), np.empty((2, 2))
    f = njit(lambda t, u: np.array([t * u[1], -u[0]]))
    dj.cfunc(f, "rhs", size=2).ctypes(0.5, pointer(u), pointer(du), None)
    np.testing.assert_array_equal(du, [1.0, -1.0])
    dj.cfunc(f, "rhs_jac", size=2).ctypes(0.5, pointer(u), pointer(jacobian), None)
    np.testing.assert_array_equal(jacobian, [[0.0, 0.5], [-1.0, 0.0]])


def test_quad_and_nquad_call_it_without_python():
    # The derivative of an integral by a parameter: an integrand that is a derivative itself.
    slope = dj.grad(lambda a, x: np.exp(-a * x * x))
    integrand = dj.cfunc(lambda x: slope(1.0, x[0]), "value")
    found, _ = integrate.quad(LowLevelCallable(integrand.ctypes), -np.inf, np.inf)
    assert found == pytest.approx(-np.sqrt(np.pi) / 2.0)
    plane = dj.cfunc(lambda x: x[0] * x[1] ** 2, "value")
    assert integrate.nquad(LowLevelCallable(plane.ctypes), [[0, 1], [0, 1]])[0] == pytest.approx(1.0 / 6.0)


def test_called_from_compiled_code():
    gradient = dj.cfunc(chain, "gradient")
    descend = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(gradient.address)

    @njit
    def steps(x, n):
        g = np.empty_like(x)
        for _ in range(n):
            descend(x.size, x.ctypes, g.ctypes)
            x -= 1e-3 * g
        return x

    np.testing.assert_allclose(steps(np.array([0.9, 0.8]), 20000), 1.0, atol=1e-3)


def test_what_does_not_fit():
    with pytest.raises(ModeError, match=r"'hessian'.*'value'"):
        dj.cfunc(chain, "hessian")
    with pytest.raises(ArgumentCountError, match="needs size"):
        dj.cfunc(predator, "rhs")
    with pytest.raises(OutputError):
        dj.cfunc(pair, "gradient")
