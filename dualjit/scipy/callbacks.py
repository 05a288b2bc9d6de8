"""``callbacks``: the functions that a solver of SciPy takes, for those who call SciPy themselves."""

from __future__ import annotations

from collections.abc import Callable

from dualjit.errors import MethodError
from dualjit.scipy.boundary_value import BoundaryProblem
from dualjit.scipy.constraints import ConstraintFunction
from dualjit.scipy.curve_fit import TAKES, Model, parameters_of
from dualjit.scipy.initial_value import RightHandSide, odeint_functions, refuse_explicit
from dualjit.scipy.minimize import functions_of, minimize_objective
from dualjit.scipy.residuals import Residuals
from dualjit.scipy.roots import refuse_without_jacobian
from dualjit.scipy.scalar_roots import Curve
from dualjit.scipy.solver import Solver


class Callbacks(dict):
    """Functions under the names of a solver's arguments, to be passed on by ``**``.

    Parameters
    ----------
    functions : dict
        The functions by name.
    asked : dict
        Counts of calls, kept up to date by these functions.
    """

    def __init__(self, functions: dict[str, Callable], asked: dict[str, int]):
        super().__init__(functions)
        self._asked = asked

    @property
    def derivatives(self) -> dict[str, int]:
        """How often each derivative was asked for since the callbacks were made."""
        return dict(self._asked)


def callbacks(f, for_: str, method=None, args: tuple = (), size: int | None = None) -> Callbacks:
    """Functions for a solver of SciPy that you call yourself.

    Parameters
    ----------
    f : callable
        The function that the solver takes; for ``"solve_bvp"`` the pair ``(fun, bc)``.
    for_ : str
        The solver: ``"minimize"``, ``"NonlinearConstraint"``, ``"constraint"`` (a dictionary of SLSQP's),
        ``"least_squares"``, ``"leastsq"``, ``"curve_fit"``, ``"root"``, ``"fsolve"``, ``"newton"``, ``"root_scalar"``,
        ``"solve_ivp"``, ``"odeint"``, ``"ode"`` or ``"solve_bvp"``.
    method : str, optional
        The solver's method, which decides the form of the derivatives.
    args : tuple
        Extra arguments of ``f``, which the functions then have within: pass none to SciPy.
    size : int, optional
        The number of unknowns where it matters: ``"minimize"`` by methods which take products with the Hessian gets
        these from 50 on; ``"curve_fit"`` of a model with ``*args``; ``"solve_bvp"``: that of parameters.

    Returns
    -------
    Callbacks
        A dictionary to be passed on as ``**``.  Its ``derivatives`` tell how often SciPy asked for each.

    Raises
    ------
    MethodError
        There is no such solver, or its method takes no derivatives.

    Examples
    --------
    >>> import numpy as np
    >>> import scipy.optimize
    >>> import dualjit as dj
    >>> def valley(x):
    ...     return 100.0 * (x[1] - x[0] ** 2) ** 2 + (1.0 - x[0]) ** 2
    >>> functions = dj.scipy.callbacks(valley, for_="minimize", method="trust-ncg")
    >>> sorted(functions)
    ['fun', 'hess', 'jac']
    >>> found = scipy.optimize.minimize(x0=[-1.2, 1.0], method="trust-ncg", **functions)
    >>> np.round(found.x, 4), functions.derivatives["jac"] == found.njev
    (array([1., 1.]), True)
    """
    if for_ not in MAKERS:
        others = " It takes no such function: call dualjit.scipy.newton_krylov." if for_ == "newton_krylov" else ""
        raise MethodError(f"for_={for_!r}: the solvers are {', '.join(MAKERS)}.{others}")
    functions, asked = MAKERS[for_](f, method, size)
    if args:
        functions = {name: followed_by(args, function) for name, function in functions.items()}
    return Callbacks(functions, asked)


def followed_by(args: tuple, function: Callable) -> Callable:
    """``function`` with these arguments behind those it is called with."""

    def bound(*given):
        return function(*given, *args)

    return bound


def _minimize(f, method, size):
    objective = minimize_objective(f, method, size)
    return functions_of(objective), objective.asked


def _constraint(f, method, size):
    function = ConstraintFunction(f)
    return {"fun": function.fun, "jac": function.jac}, function.asked


def _nonlinear_constraint(f, method, size):
    function = ConstraintFunction(f, second=True)
    return {"fun": function.fun, "jac": function.jac, "hess": function.hess}, function.asked


def _residuals(value: str, derivative: str):
    def make(f, method, size):
        residuals = Residuals(f, derivative)
        return {value: residuals.fun, derivative: residuals.jac}, residuals.asked

    return make


def _root(f, method, size):
    refuse_without_jacobian(method)
    return _residuals("fun", "jac")(f, method, size)


def _curve_fit(f, method, size):
    model = Model(f, size or parameters_of(f, None), Solver("scipy.optimize.curve_fit", TAKES, method))
    return {"f": model.signed(), "jac": model.jac}, model.asked


def _newton(f, method, size):
    curve = Curve(f)
    return {"func": curve.fun, "fprime": curve.fprime}, curve.asked


def _root_scalar(f, method, size):
    if method not in (None, "newton", "halley"):
        raise MethodError(
            f"scipy.optimize.root_scalar(method={method!r}) takes no derivatives; 'newton' and 'halley' do"
        )
    curve = Curve(f, second=method == "halley")
    return {"f": curve.fun, **{name: getattr(curve, name) for name in curve.asked}}, curve.asked


def _solve_ivp(f, method, size):
    refuse_explicit(method)
    side = RightHandSide(f)
    return {"fun": side.fun, "jac": side.jac}, side.asked


def _ode(f, method, size):
    side = RightHandSide(f)
    return {"f": side.fun, "jac": side.jac}, side.asked


def _odeint(f, method, size):
    side = RightHandSide(f, state=0, name="Dfun")
    return odeint_functions(side, time_first=False), side.asked


def _solve_bvp(f, method, size):
    problem = BoundaryProblem(*f, with_parameters=bool(size))
    return {name: getattr(problem, name) for name in ("fun", "bc", "fun_jac", "bc_jac")}, problem.asked


MAKERS = {
    "minimize": _minimize,
    "NonlinearConstraint": _nonlinear_constraint,
    "constraint": _constraint,
    "least_squares": _residuals("fun", "jac"),
    "leastsq": _residuals("func", "Dfun"),
    "curve_fit": _curve_fit,
    "root": _root,
    "fsolve": _residuals("func", "fprime"),
    "newton": _newton,
    "root_scalar": _root_scalar,
    "solve_ivp": _solve_ivp,
    "odeint": _odeint,
    "ode": _ode,
    "solve_bvp": _solve_bvp,
}
