"""``least_squares`` with the exact Jacobian."""

from __future__ import annotations

from collections.abc import Callable

from scipy import optimize

from dualjit.scipy.refusals import vector_start
from dualjit.scipy.residuals import Residuals
from dualjit.scipy.solver import Solver, drop_in, extra, tell
from dualjit.transforms.arguments import signature_of

TAKES = "a function that returns residuals in shape (m,)"


@drop_in(optimize.least_squares)
def least_squares(given):
    """``scipy.optimize.least_squares`` with the exact Jacobian.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args, **kwargs)``, which returns the residuals in shape (m,): an array, a list or a tuple of numbers.
    x0 : array_like, shape (n,) or float
        The starting point.
    jac
        Left out: the exact Jacobian, in reverse mode where m is much smaller than n.  Else as SciPy's: a function or
        the name of a scheme of differences.
    bounds, method, ftol, xtol, gtol, x_scale, loss, f_scale, diff_step, tr_solver, tr_options, jac_sparsity, \
max_nfev, verbose, args, kwargs, callback, workers
        As SciPy's.

    Returns
    -------
    scipy.optimize.OptimizeResult
        SciPy's, with a field more, ``derivatives``: how often SciPy asked for the Jacobian.

    Raises
    ------
    OutputError, ShapeError
        ``fun`` returns something else than real numbers in shape (m,).
    DTypeError, NonFiniteError
        ``x0`` is complex; ``x0`` or a residual there is NaN.
    UnsupportedError
        Active data reaches something whose derivative is not known.

    Notes
    -----
    Cost of a Jacobian: ``ceil(n / 16)`` forward passes, or ``ceil(m / 16)`` pairs of sweeps.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> found = dj.scipy.least_squares(lambda x: np.array([10.0 * (x[1] - x[0] ** 2), 1.0 - x[0]]), [-1.2, 1.0])
    >>> np.round(found.x, 6), found.derivatives["jac"] == found.njev
    (array([1., 1.]), True)
    """
    if given.get("jac") is not None:
        return optimize.least_squares(**given)
    solver = Solver("scipy.optimize.least_squares", TAKES, given.get("method", "trf"))
    x0 = given["x0"] = vector_start(given["x0"], solver)
    args = positional(given["fun"], extra(given), given.pop("kwargs", None) or {})
    given.pop("args", None)
    residuals = Residuals(given["fun"])
    residuals.start(x0, args, solver)
    given.update(fun=residuals.fun, jac=residuals.jac, args=args)
    return tell(optimize.least_squares(**given), derivatives=residuals.asked)


def positional(f: Callable, args: tuple, kwargs: dict) -> tuple:
    """The arguments after the first, keywords put in their places."""
    if not kwargs:
        return args
    bound = signature_of(f).bind(None, *args, **kwargs)
    bound.apply_defaults()
    return bound.args[1:]
