"""``newton_krylov`` with exact products of the Jacobian.

Relies on ``scipy.optimize._nonlin.nonlin_solve``, the function behind SciPy's ``newton_krylov``: the public one makes
its own ``KrylovJacobian`` and takes no other.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable

import numpy as np
from scipy import optimize
from scipy.optimize import KrylovJacobian
from scipy.optimize._nonlin import nonlin_solve

from dualjit.scipy.arrays import dense
from dualjit.scipy.refusals import check_no_nan, real_start
from dualjit.scipy.solver import Solver, drop_in
from dualjit.transforms.along import HERE, along
from dualjit.transforms.arguments import python_function
from dualjit.transforms.vjp import compiled_primal

SOLVER = Solver("scipy.optimize.newton_krylov", "a function that returns an array in the shape of its argument")
OF_JACOBIAN = frozenset(inspect.signature(KrylovJacobian).parameters) - {"kw"}
OF_SOLVER = frozenset(inspect.signature(nonlin_solve).parameters)


@drop_in(optimize.newton_krylov)
def newton_krylov(given):
    """``scipy.optimize.newton_krylov`` with exact products ``J v`` in the place of differences.

    Parameters
    ----------
    F : callable
        ``F(x)``, which returns an array in the shape of ``x``.
    xin : array_like
        The starting point, of any shape.
    iter, rdiff, method, inner_maxiter, inner_M, outer_k, verbose, maxiter, f_tol, f_rtol, x_tol, x_rtol, tol_norm, \
line_search, callback, **kw
        As SciPy's; ``rdiff``, the step of differences, has no effect.

    Returns
    -------
    ndarray
        The root, in the shape of ``xin``.

    Raises
    ------
    scipy.optimize.NoConvergence
        As SciPy's.
    DTypeError, NonFiniteError
        ``xin`` is complex; ``xin``, or the function there, is NaN.
    UnsupportedError
        Active data reaches something whose derivative is not known.

    Notes
    -----
    Cost of a product: one forward pass, about 1 to 2.5 evaluations, where a difference takes one; it is exact, so that
    the inner solver converges where differences stall.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> root = dj.scipy.newton_krylov(lambda x: np.array([x[0] + 0.5 * x[1] - 1.0, 0.5 * (x[1] - x[0]) ** 2]), [0, 0])
    >>> np.round(root, 2)
    array([0.67, 0.67])
    """
    f = given.pop("F")
    x0 = real_start(given.pop("xin"), SOLVER, "xin")
    value = compiled_primal(f)
    check_no_nan(value(x0.copy()), f"what {python_function(f).__name__} returns at xin", SOLVER)
    options = {k: given.pop(k) for k in list(given) if k in OF_SOLVER}
    jacobian = ExactKrylovJacobian(f, x0.shape, **given)
    return nonlin_solve(lambda x: np.asarray(value(dense(x))), x0, jacobian, **options)


class ExactKrylovJacobian(KrylovJacobian):
    """SciPy's, which solves with products alone, but with exact ones."""

    def __init__(self, f: Callable, shape: tuple, **options):
        super().__init__(**options)
        self.product, self.inner_shape = along(f), shape

    def matvec(self, v):
        x, direction = self.x0.reshape(self.inner_shape), np.reshape(v, self.inner_shape)
        return np.asarray(self.product(HERE, dense(x), dense(direction))).ravel()
