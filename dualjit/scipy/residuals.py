"""Vector functions of a vector, with their Jacobians as dense matrices."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dualjit.errors import OutputError, ShapeError
from dualjit.scipy.arrays import dense
from dualjit.scipy.refusals import check_no_nan
from dualjit.scipy.solver import Solver
from dualjit.transforms.arguments import python_function
from dualjit.transforms.jacfwd import jacfwd
from dualjit.transforms.jacobian import jacobian
from dualjit.transforms.once import once_per_function
from dualjit.transforms.vjp import compiled_primal

once_jacobian = once_per_function(jacobian)
once_jacfwd = once_per_function(jacfwd)


class Residuals:
    """``fun`` and ``jac`` of a function for SciPy: values of shape (m,), Jacobians of shape (m, n).

    ``name`` is what SciPy calls the Jacobian.  ``fun`` is the function compiled; the Jacobian is evaluated where SciPy
    asks for it, which is not at every point.
    """

    __slots__ = ("_jacobian", "_name", "_value", "asked", "f")

    def __init__(self, f: Callable, name: str = "jac"):
        self.f, self._value, self._jacobian = f, compiled_primal(f), once_jacobian(f)
        self._name, self.asked = name, {name: 0}

    def fun(self, x, *args):
        """The values."""
        return self._value(dense(x), *args)

    def jac(self, x, *args) -> np.ndarray:
        """The Jacobian."""
        self.asked[self._name] += 1
        x = dense(x)
        return rows(self._jacobian(x, *args), x.size)

    def jac_transposed(self, x, *args) -> np.ndarray:
        """The Jacobian with a row for each input, as MINPACK takes it with ``col_deriv``."""
        return self.jac(x, *args).T

    def start(self, x0: np.ndarray, args: tuple, solver: Solver) -> np.ndarray:
        """The values at the starting point as an array; raises what SciPy would have misused."""
        y = self.fun(x0.copy(), *args)
        name = python_function(self.f).__name__
        values = vector_of(y, name, solver)
        if isinstance(y, list):
            self._jacobian = once_jacfwd(self.f)  # reverse mode knows no lists in answers
        check_no_nan(values, f"what {name} returns at the starting point", solver)
        return values


def vector_of(y, name: str, solver: Solver) -> np.ndarray:
    """An answer as an array of one dimension; raises where it is something else."""
    try:
        values = np.atleast_1d(np.asarray(y))
    except ValueError:
        raise OutputError(f"{name} returns items of unequal shapes; {solver} takes {solver.takes}") from None
    if values.dtype.kind != "f":
        raise OutputError(f"{name} returns {values.dtype}; {solver} takes {solver.takes}, real floating point")
    if values.ndim != 1:
        raise ShapeError(f"{name} returns shape {values.shape}; {solver} takes {solver.takes}: return y.ravel()")
    return values


def rows(jacobian, columns: int) -> np.ndarray:
    """A Jacobian as a matrix: as it is, or from the rows of a list or tuple, or from the gradient of one number."""
    if type(jacobian) is np.ndarray and jacobian.ndim == 2:
        return jacobian
    return np.asarray(jacobian, dtype=float).reshape(-1, columns)
