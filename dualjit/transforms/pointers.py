"""``cfunc``: a function and its derivatives as C function pointers, for compiled solvers that call back.

Each kind is a small function on C pointers which sees the memory behind them as arrays and calls the derivative.
"""

from __future__ import annotations

from collections.abc import Callable

import numba
from numba import carray, types

from dualjit.errors import ArgumentCountError, ModeError
from dualjit.frontend.vectorized import as_function
from dualjit.transforms.along import HERE, along
from dualjit.transforms.grad import grad, value_and_grad
from dualjit.transforms.hvp import hvp
from dualjit.transforms.jacfwd import jacfwd
from dualjit.transforms.vjp import compiled_primal

REAL, INT, POINTER = types.float64, types.intc, types.CPointer(types.float64)


def cfunc(f: Callable, kind: str = "value", size: int | None = None, parameters: int = 0):
    """``f`` or a derivative of it as a C function.

    Parameters
    ----------
    f : callable
        Python function, or function jitted with ``numba.njit``: of an array ``x`` of shape (n,), and for the kinds with
        a time ``f(t, u)`` or, with parameters, ``f(t, u, p)``, which returns the derivatives of ``u``.
    kind : str
        What the C function computes and how it is called:

        ================ =========================================================== ==================
        kind             C function                                                  of
        ================ =========================================================== ==================
        "value"          ``double value(int n, double *x)``                          ``f(x)``, a number
        "gradient"       ``void gradient(int n, double *x, double *g)``              the same
        "value_and_grad" ``double value_and_grad(int n, double *x, double *g)``      the same
        "hvp"            ``void hvp(int n, double *x, double *v, double *Hv)``       the same
        "jvp"            ``void jvp(int n, double *x, double *v, double *Jv)``       ``f(x)``, an array
        "rhs"            ``void rhs(double t, double *u, double *du, double *p)``    ``f(t, u[, p])``
        "rhs_jac"        ``void rhs_jac(double t, double *u, double *J, double *p)`` the same
        ================ =========================================================== ==================

        ``J[i * n + j]`` is the derivative of ``du[i]`` by ``u[j]``.  The caller owns all memory and makes room for the
        answer.
    size : int
        The length of ``u``, which ``"rhs"`` and ``"rhs_jac"`` are not told when they are called.
    parameters : int
        The length of ``p``; 0 where ``f`` has none.

    Returns
    -------
    numba.core.ccallback.CFunc
        Has ``address``, an integer, and ``ctypes``, a callable which ``scipy.LowLevelCallable`` takes.  The C function
        lives as long as this object: keep it.

    Raises
    ------
    ModeError
        There is no such kind.
    ArgumentCountError
        ``size`` is missing where it is needed.
    DTypeError, OutputError, UnsupportedError
        As the derivatives do, at once.

    Notes
    -----
    Cost: that of the derivative, with no Python in between.  C has no exceptions: what ``f`` raises is printed and the
    answer is left as it was.  ``"value"`` is what ``scipy.integrate.quad`` and ``nquad`` take; ``"rhs"`` is the
    signature of numbalsoda.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> from scipy import LowLevelCallable, integrate
    >>> bell = dj.cfunc(lambda x: np.exp(-x[0] ** 2), "value")
    >>> round(integrate.quad(LowLevelCallable(bell.ctypes), -9.0, 9.0)[0] ** 2, 9)
    3.141592654
    """
    if kind not in KINDS:
        raise ModeError(f"kind={kind!r}: the kinds are {tuple(KINDS)}")
    signature, make = KINDS[kind]
    f = as_function(f)
    if kind in WITH_TIME:
        if size is None:
            raise ArgumentCountError(f"kind={kind!r} needs size, the length of u, which the C function is not told")
        return numba.cfunc(signature)(make(f, int(size), int(parameters)))
    return numba.cfunc(signature)(make(f))


def _value(f):
    value = compiled_primal(f)
    return lambda n, x: value(carray(x, (n,)))


def _gradient(f):
    gradient = grad(f)

    def compute(n, x, g):
        carray(g, (n,))[:] = gradient(carray(x, (n,)))

    return compute


def _value_and_grad(f):
    both = value_and_grad(f)

    def compute(n, x, g):
        value, gradient = both(carray(x, (n,)))
        carray(g, (n,))[:] = gradient
        return value

    return compute


def _hvp(f):
    product = hvp(f)

    def compute(n, x, v, answer):
        carray(answer, (n,))[:] = product(carray(x, (n,)), carray(v, (n,)))

    return compute


def _jvp(f):
    product = along(f)

    def compute(n, x, v, answer):
        y_dot = product(HERE, carray(x, (n,)), carray(v, (n,)))
        for i in range(len(y_dot)):
            answer[i] = y_dot[i]

    return compute


def _rhs(f, size: int, parameters: int):
    value = compiled_primal(f)

    def with_parameters(t, u, du, p):
        y = value(t, carray(u, (size,)), carray(p, (parameters,)))
        for i in range(size):
            du[i] = y[i]

    def without(t, u, du, p):
        y = value(t, carray(u, (size,)))
        for i in range(size):
            du[i] = y[i]

    return with_parameters if parameters else without


def _rhs_jac(f, size: int, parameters: int):
    jacobian = jacfwd(f, 1)

    def store(rows, answer):
        for i in range(size):
            for j in range(size):
                answer[i * size + j] = rows[i][j]

    store = numba.njit(store)

    def with_parameters(t, u, answer, p):
        store(jacobian(t, carray(u, (size,)), carray(p, (parameters,))), answer)

    def without(t, u, answer, p):
        store(jacobian(t, carray(u, (size,))), answer)

    return with_parameters if parameters else without


WITH_TIME = ("rhs", "rhs_jac")
KINDS = {
    "value": (REAL(INT, POINTER), _value),
    "gradient": (types.void(INT, POINTER, POINTER), _gradient),
    "value_and_grad": (REAL(INT, POINTER, POINTER), _value_and_grad),
    "hvp": (types.void(INT, POINTER, POINTER, POINTER), _hvp),
    "jvp": (types.void(INT, POINTER, POINTER, POINTER), _jvp),
    "rhs": (types.void(REAL, POINTER, POINTER, POINTER), _rhs),
    "rhs_jac": (types.void(REAL, POINTER, POINTER, POINTER), _rhs_jac),
}
