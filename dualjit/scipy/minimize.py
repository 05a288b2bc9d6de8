"""``minimize`` with exact derivatives, in the form that each method takes.

What a method takes was read in SciPy's source and tried: Newton-CG and trust-constr multiply with whatever Hessian they
get, trust-ncg and trust-krylov take a dense one or products, trust-exact and dogleg a dense one alone.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import optimize

from dualjit.errors import MethodError
from dualjit.scipy.constraints import differentiated
from dualjit.scipy.objective import FEW, JointObjective, LazyObjective, Objective
from dualjit.scipy.refusals import vector_start
from dualjit.scipy.solver import Solver, drop_in, extra, tell

NONE = frozenset({"nelder-mead", "powell", "cobyla", "cobyqa"})
GRADIENT = frozenset({"cg", "bfgs", "l-bfgs-b", "tnc", "slsqp"})
DENSE = frozenset({"trust-exact", "dogleg"})
PRODUCTS = frozenset({"newton-cg", "trust-ncg", "trust-krylov", "trust-constr"})
MANY = 50  # from so many variables on, products with the Hessian cost less than the Hessian alone

TAKES = "a function that returns one real number"


@drop_in(optimize.minimize)
def minimize(given):
    """``scipy.optimize.minimize`` with exact derivatives.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args)``, which returns one real number: a Python function, or one jitted with ``numba.njit``.
    x0 : array_like, shape (n,)
        The starting point.
    args, method, jac, hess, hessp, bounds, constraints, tol, callback, options
        As SciPy's.  Derivatives that are given are used; those left out are exact, in the form that ``method`` takes.
        Constraints with functions, as dictionaries or ``NonlinearConstraint``, get exact Jacobians where ``jac`` is
        left out, and exact Hessians under trust-constr where ``hess`` is left out, too.

    Returns
    -------
    scipy.optimize.OptimizeResult
        SciPy's, with two fields more.  ``derivatives``: how often SciPy asked for each derivative, under the names
        ``jac``, ``hess`` and ``hessp``, and a list of the same for ``constraints``; empty where the method takes none.
        ``evaluations``: how often each compiled derivative ran.

    Raises
    ------
    OutputError
        ``fun`` returns something else than one real number.
    DTypeError, NonFiniteError
        ``x0`` is complex; ``x0``, or value or gradient there, is NaN.
    ShapeError
        ``x0`` has more than one dimension; bounds of a constraint don't fit its function.
    UnsupportedError
        Active data reaches something whose derivative is not known.

    Notes
    -----
    One compiled call gives value and gradient, up to 8 variables the Hessian, too, where the method takes it.  From 50
    variables on trust-constr, trust-ncg, trust-krylov and Newton-CG multiply with the Hessian without storing it.
    Nelder-Mead, Powell, COBYLA and COBYQA take no derivatives: the call goes to SciPy as it is.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> def valley(x):
    ...     return 100.0 * (x[1] - x[0] ** 2) ** 2 + (1.0 - x[0]) ** 2
    >>> found = dj.scipy.minimize(valley, np.array([-1.2, 1.0]), method="trust-exact")
    >>> np.round(found.x, 6)
    array([1., 1.])
    >>> found.derivatives["hess"] == found.nhev
    True
    """
    method = given.get("method") or default_method(given)
    name = "custom" if callable(method) else method.lower()
    if name in NONE:
        return tell(optimize.minimize(**given), derivatives={}, evaluations={})
    solver = Solver("scipy.optimize.minimize", TAKES, name if callable(method) else method)
    args = extra(given)
    x0 = given["x0"] = vector_start(given["x0"], solver)
    start = within(x0, given.get("bounds"))
    objective, supplied = None, {}
    if given.get("jac") is None or callable(given["jac"]):
        objective = objective_for(given["fun"], name, x0.size, wants_hessian(given, name))
        supplied = functions_of(objective)
    if given.get("jac") is None:
        objective.start(start, args, solver)
    else:
        supplied = {k: v for k, v in supplied.items() if k not in ("fun", "jac")}
    given.update(supplied)
    functions: list = []
    if given.get("constraints") and name in ("slsqp", "trust-constr"):
        given["constraints"], functions = differentiated(given["constraints"], start, solver)
    result = optimize.minimize(**given)
    return tell(result, **facts(objective, functions))


def default_method(given: dict) -> str:
    """The method SciPy takes when none is named."""
    if given.get("constraints"):
        return "SLSQP"
    return "L-BFGS-B" if given.get("bounds") is not None else "BFGS"


def wants_hessian(given: dict, method: str) -> bool:
    """Does the method take second derivatives, and were none given?"""
    takes = method in DENSE or method in PRODUCTS or method == "custom"
    return takes and given.get("hess") is None and given.get("hessp") is None


def objective_for(f: Callable, method: str, size: int | None, second: bool) -> Objective:
    """What computes the derivatives that a method takes, of a function of so many variables (None: not known)."""
    if not second:
        return Objective(f)
    if method in PRODUCTS and size is not None and size >= MANY:
        return Objective(f).with_products()
    return JointObjective(f) if size is not None and size <= FEW else LazyObjective(f)


def functions_of(objective: Objective) -> dict[str, Callable]:
    """Its functions under the names of SciPy's arguments."""
    return {"fun": objective.fun, **{name: getattr(objective, name) for name in objective.asked}}


def minimize_objective(f: Callable, method: str | None, size: int | None) -> Objective:
    """What computes the derivatives that a method takes; raises where it takes none."""
    name = (method or "BFGS").lower()
    if name in NONE:
        raise MethodError(
            f"scipy.optimize.minimize(method={method!r}) takes no derivatives; those which do are "
            f"{', '.join(sorted(GRADIENT | DENSE | PRODUCTS))}"
        )
    return objective_for(f, name, size, name in DENSE | PRODUCTS)


def within(x0: np.ndarray, bounds) -> np.ndarray:
    """The starting point as SciPy moves it into the bounds."""
    if bounds is None:
        return x0
    if not isinstance(bounds, optimize.Bounds):
        lower, upper = zip(*bounds, strict=True)
        bounds = optimize.Bounds(
            [-np.inf if b is None else b for b in lower], [np.inf if b is None else b for b in upper]
        )
    fits = np.size(bounds.lb) in (1, x0.size) and np.size(bounds.ub) in (1, x0.size)
    return np.clip(x0, bounds.lb, bounds.ub) if fits else x0  # SciPy refuses bounds that don't fit


def facts(objective: Objective | None, functions: list) -> dict:
    """What the result tells of derivatives."""
    derivatives = {} if objective is None else dict(objective.asked)
    if functions:
        derivatives["constraints"] = [dict(function.asked) for function in functions]
    return {"derivatives": derivatives, "evaluations": {} if objective is None else objective.counts()}
