"""``root``, ``fsolve`` and ``leastsq`` with exact Jacobians."""

from __future__ import annotations

import warnings

from scipy import optimize

from dualjit.errors import MethodError, ShapeError
from dualjit.scipy.refusals import vector_start
from dualjit.scipy.residuals import Residuals
from dualjit.scipy.solver import Solver, drop_in, extra, tell, tell_in_full

WITH_JACOBIAN = ("hybr", "lm")
TAKES = "a function that returns an array in the shape (n,) of x0"
TAKES_RESIDUALS = "a function that returns residuals in shape (m,)"


@drop_in(optimize.root)
def root(given):
    """``scipy.optimize.root`` with the exact Jacobian.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args)``, which returns an array, a list or a tuple of n numbers; of m >= n with method ``"lm"``.
    x0 : array_like, shape (n,)
        The starting point.
    args, method, jac, tol, callback, options
        As SciPy's; ``jac`` left out: the exact Jacobian, with methods ``"hybr"`` and ``"lm"``.

    Returns
    -------
    scipy.optimize.OptimizeResult
        SciPy's, with a field more, ``derivatives``: how often SciPy asked for the Jacobian; empty where the method
        takes none.

    Warns
    -----
    RuntimeWarning
        ``method`` takes no Jacobian (all but ``"hybr"`` and ``"lm"``): the call goes to SciPy as it is.

    Raises
    ------
    OutputError, ShapeError
        ``fun`` returns something else than n real numbers.
    DTypeError, NonFiniteError
        ``x0`` is complex; ``x0``, or the function there, is NaN.
    UnsupportedError
        Active data reaches something whose derivative is not known.

    Notes
    -----
    Cost of a Jacobian: ``ceil(n / 16)`` forward passes.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> found = dj.scipy.root(lambda x: np.array([x[0] + x[1] - 3.0, x[0] * x[1] - 2.0]), [0.5, 2.6])
    >>> np.round(found.x, 6), found.derivatives["jac"] == found.njev + 1  # one more to see its shape
    (array([1., 2.]), True)
    """
    method = given.get("method", "hybr")
    if given.get("jac") is not None:
        return optimize.root(**given)
    if method.lower() not in WITH_JACOBIAN:
        warnings.warn(without_jacobian(method), RuntimeWarning, stacklevel=3)
        return tell(optimize.root(**given), derivatives={})
    solver = Solver("scipy.optimize.root", TAKES if method.lower() == "hybr" else TAKES_RESIDUALS, method)
    x0 = given["x0"] = vector_start(given["x0"], solver)
    residuals = started(given["fun"], x0, given, solver, square=method.lower() == "hybr")
    transposed = (given.get("options") or {}).get("col_deriv")
    given.update(fun=residuals.fun, jac=residuals.jac_transposed if transposed else residuals.jac)
    return tell(optimize.root(**given), derivatives=residuals.asked)


def without_jacobian(method: str) -> str:
    """What to say of a method that ignores a Jacobian."""
    return (
        f"scipy.optimize.root(method={method!r}) takes no Jacobian and runs without derivatives; methods which take "
        "one are 'hybr' and 'lm', and dualjit.scipy.newton_krylov multiplies with it without storing it"
    )


@drop_in(optimize.fsolve)
def fsolve(given):
    """``scipy.optimize.fsolve`` with the exact Jacobian.

    Parameters
    ----------
    func : callable
        ``func(x, *args)``, which returns an array, a list or a tuple of n numbers.
    x0 : array_like, shape (n,)
        The starting point.
    args, fprime, full_output, col_deriv, xtol, maxfev, band, epsfcn, factor, diag
        As SciPy's; ``fprime`` left out: the exact Jacobian.

    Returns
    -------
    ndarray or tuple
        SciPy's; with ``full_output`` the dictionary in it tells under ``derivatives`` how often SciPy asked for the
        Jacobian.

    Raises
    ------
    OutputError, ShapeError, DTypeError, NonFiniteError, UnsupportedError
        As :func:`root` does.

    Notes
    -----
    Cost of a Jacobian: ``ceil(n / 16)`` forward passes.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> np.round(dj.scipy.fsolve(lambda x: [x[0] * np.cos(x[1]) - 4.0, x[1] * x[0] - x[1] - 5.0], [1.0, 1.0]), 6)
    array([6.504097, 0.908414])
    """
    return minpack(optimize.fsolve, given, "fprime", Solver("scipy.optimize.fsolve", TAKES), square=True)


@drop_in(optimize.leastsq)
def leastsq(given):
    """``scipy.optimize.leastsq`` with the exact Jacobian.

    Parameters
    ----------
    func : callable
        ``func(x, *args)``, which returns an array, a list or a tuple of m >= n numbers.
    x0 : array_like, shape (n,)
        The starting point.
    args, Dfun, full_output, col_deriv, ftol, xtol, gtol, maxfev, epsfcn, factor, diag
        As SciPy's; ``Dfun`` left out: the exact Jacobian.

    Returns
    -------
    tuple
        SciPy's; with ``full_output`` the dictionary in it tells under ``derivatives`` how often SciPy asked for the
        Jacobian.

    Raises
    ------
    OutputError, ShapeError, DTypeError, NonFiniteError, UnsupportedError
        As :func:`least_squares` does.

    Notes
    -----
    Cost of a Jacobian: ``ceil(n / 16)`` forward passes.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> x, status = dj.scipy.leastsq(lambda x: np.array([10.0 * (x[1] - x[0] ** 2), 1.0 - x[0]]), [-1.2, 1.0])
    >>> np.round(x, 6)
    array([1., 1.])
    """
    return minpack(optimize.leastsq, given, "Dfun", Solver("scipy.optimize.leastsq", TAKES_RESIDUALS), square=False)


def minpack(entry, given: dict, derivative: str, solver: Solver, square: bool):
    """A call of MINPACK's older interfaces, which differ in the name of the derivative."""
    if given.get(derivative) is not None:
        return entry(**given)
    x0 = given["x0"] = vector_start(given["x0"], solver)
    residuals = started(given["func"], x0, given, solver, square, derivative)
    given["func"] = residuals.fun
    given[derivative] = residuals.jac_transposed if given.get("col_deriv") else residuals.jac
    return tell_in_full(given, entry(**given), derivatives=residuals.asked)


def started(f, x0, given: dict, solver: Solver, square: bool, derivative: str = "jac") -> Residuals:
    """Values and Jacobians of a function after a look at the starting point."""
    residuals = Residuals(f, derivative)
    values = residuals.start(x0, extra(given), solver)
    if square and values.shape != x0.shape:
        raise ShapeError(
            f"the function returns shape {values.shape} where x0 has shape {x0.shape}; {solver} takes as many "
            "equations as unknowns: for more equations use least_squares"
        )
    return residuals


def refuse_without_jacobian(method: str | None) -> None:
    """Raise MethodError where ``root`` would ignore a Jacobian."""
    if method is not None and method.lower() not in WITH_JACOBIAN:
        raise MethodError(without_jacobian(method))
