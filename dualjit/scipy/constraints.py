"""Constraints of ``minimize``: Jacobians, and for trust-constr Hessians, of constraint functions given without."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.optimize import BFGS, NonlinearConstraint

from dualjit.errors import ShapeError
from dualjit.scipy.arrays import dense
from dualjit.scipy.residuals import Residuals
from dualjit.scipy.solver import Solver, extra
from dualjit.transforms.along import jitted
from dualjit.transforms.hessian import hessian
from dualjit.transforms.once import once_per_function

VALUES = "constraint functions that return one number or an array of shape (m,)"


class ConstraintFunction(Residuals):
    """``fun``, ``jac`` and ``hess`` of a constraint's function for SciPy, extra arguments bound."""

    __slots__ = ("_args", "_hessian")

    def __init__(self, f: Callable, args: tuple = (), second: bool = False):
        super().__init__(f)
        self._args, self._hessian = args, None
        if second:
            self.asked["hess"] = 0

    def fun(self, x, *args):
        return super().fun(x, *self._args, *args)

    def jac(self, x, *args):
        return super().jac(x, *self._args, *args)

    def hess(self, x, v, *args) -> np.ndarray:
        """The Hessian of ``v @ fun(x)``, of shape (n, n)."""
        self.asked["hess"] += 1
        x = dense(x)
        if self._hessian is None:
            self._hessian = once_weighted_hessian(self.f, np.ndim(self.fun(x.copy(), *args)) == 0)
        return self._hessian(x, dense(v), *self._args, *args)


@once_per_function
def once_weighted_hessian(f: Callable, one_number: bool) -> Callable:
    """The Hessian of the sum of what ``f`` returns with weights: a function of (x, v, *args)."""

    g = jitted(f)

    def weighted(x, v, *args):
        return v[0] * g(x, *args)

    def weighted_sum(x, v, *args):
        y, total = g(x, *args), 0.0
        for i in range(len(y)):  # an array, a list or a tuple
            total += v[i] * y[i]
        return total

    return hessian(weighted if one_number else weighted_sum)


def differentiated(constraints, x0: np.ndarray, solver: Solver) -> tuple[Sequence, list[ConstraintFunction]]:
    """The constraints with derivatives, and the functions that were given them."""
    if isinstance(constraints, dict) or not isinstance(constraints, Sequence):
        constraints = [constraints]
    functions: list[ConstraintFunction] = []
    return [_differentiated(c, f"constraint {i}", x0, solver, functions) for i, c in enumerate(constraints)], functions


def _differentiated(constraint, which: str, x0: np.ndarray, solver: Solver, functions: list):
    second = solver.method.lower() == "trust-constr"
    within = Solver(f"{which} of {solver.name}", VALUES, solver.method)
    if isinstance(constraint, dict) and constraint.get("jac") is None and callable(constraint.get("fun")):
        return _dictionary(constraint, x0, within, second, functions)
    if isinstance(constraint, NonlinearConstraint) and constraint.jac == "2-point":
        return _nonlinear(constraint, x0, within, second and isinstance(constraint.hess, BFGS), functions)
    return constraint


def _dictionary(constraint: dict, x0: np.ndarray, solver: Solver, second: bool, functions: list):
    function = ConstraintFunction(constraint["fun"], extra(constraint), second)
    function.start(x0, (), solver)
    functions.append(function)
    kind = str(constraint.get("type")).lower()
    if second and kind in ("eq", "ineq"):
        # SciPy would make the same object of the dictionary, but without the Hessian.
        upper = 0.0 if kind == "eq" else np.inf
        return NonlinearConstraint(function.fun, 0.0, upper, jac=function.jac, hess=function.hess)
    return {**constraint, "fun": function.fun, "jac": function.jac, "args": ()}


def _nonlinear(constraint: NonlinearConstraint, x0: np.ndarray, solver: Solver, second: bool, functions: list):
    function = ConstraintFunction(constraint.fun, (), second)
    check_bounds(constraint, function.start(x0, (), solver), solver)
    functions.append(function)
    return NonlinearConstraint(
        function.fun,
        constraint.lb,
        constraint.ub,
        jac=function.jac,
        hess=function.hess if second else constraint.hess,
        keep_feasible=constraint.keep_feasible,
        finite_diff_rel_step=constraint.finite_diff_rel_step,
        finite_diff_jac_sparsity=constraint.finite_diff_jac_sparsity,
    )


def check_bounds(constraint: NonlinearConstraint, values: np.ndarray, solver: Solver) -> None:
    """Raise ShapeError where a constraint's bounds don't fit what its function returns."""
    for name in ("lb", "ub"):
        shape = np.shape(getattr(constraint, name))
        if shape not in ((), (1,), values.shape):
            raise ShapeError(
                f"{solver}: {name} has shape {shape}, its function returns shape {values.shape}: "
                f"give {name} as a number or in shape {values.shape}"
            )
