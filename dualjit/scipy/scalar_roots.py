"""``newton`` and ``root_scalar`` with exact first and second derivatives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import optimize

from dualjit.errors import OutputError, ShapeError
from dualjit.scipy.arrays import dense, same
from dualjit.scipy.elementwise import curvature, slope_and_value
from dualjit.scipy.refusals import check_no_nan, real_start
from dualjit.scipy.solver import Solver, drop_in, extra, tell, tell_in_full
from dualjit.transforms.along import HERE
from dualjit.transforms.arguments import python_function

TAKES = "a function of one number that returns one number"
TAKES_ARRAYS = "a function that acts element by element on an array"


class Curve:
    """``fun``, ``fprime`` and ``fprime2`` of a function of one number, or of many, element by element.

    Value and slope come of one evaluation, which ``fun`` makes and ``fprime`` at the same point finds done.
    """

    __slots__ = ("_answer", "_curvature", "_evaluate", "_given", "_key", "asked", "evaluations", "f")

    def __init__(self, f: Callable, second: bool = False):
        self.f, self._evaluate = f, slope_and_value(f)
        self._curvature = curvature(f) if second else None
        self._key, self._given, self._answer = None, (), (None, None)
        self.asked, self.evaluations = {"fprime": 0, **({"fprime2": 0} if second else {})}, 0

    def fun(self, x, *args):
        """The values."""
        x = number_or_array(x)
        self._run(x, args)
        return self._answer[1]

    def fprime(self, x, *args):
        """The slopes."""
        self.asked["fprime"] += 1
        x = number_or_array(x)
        if key_of(x) != self._key or not same(args, self._given):
            self._run(x, args)
        return self._answer[0]

    def fprime2(self, x, *args):
        """The second derivatives."""
        self.asked["fprime2"] += 1
        return self._curvature(HERE, number_or_array(x), *args)

    def _run(self, x, args: tuple) -> None:
        self._answer = self._evaluate(HERE, x, np.ones(x.shape) if isinstance(x, np.ndarray) else 1.0, *args)
        self._key, self._given = key_of(x), args
        self.evaluations += 1

    def start(self, x0, args: tuple, solver: Solver) -> None:
        """Evaluate at the starting point; raises what SciPy would have misused."""
        try:
            values = self.fun(x0, *args)
        except OutputError as error:
            raise OutputError(f"{solver} takes {solver.takes}: {error}") from error
        name = python_function(self.f).__name__
        if np.shape(values) != np.shape(x0):
            raise ShapeError(
                f"{name} returns shape {np.shape(values)} for an argument of shape {np.shape(x0)}; {solver} takes "
                f"{solver.takes}: for systems of equations use root"
            )
        check_no_nan(values, f"what {name} returns at x0", solver)
        if isinstance(x0, np.ndarray):
            self._check_elementwise(x0, args, name, solver)

    def _check_elementwise(self, x0: np.ndarray, args: tuple, name: str, solver: Solver) -> None:
        """Raise unless along any direction the derivatives are the slopes times its elements."""
        direction = 1.0 + np.random.default_rng(0).uniform(size=x0.shape)
        along, _ = self._evaluate(HERE, x0, direction, *args)
        if not np.allclose(along, self._answer[0] * direction, rtol=1e-6, atol=0.0, equal_nan=True):
            raise ShapeError(
                f"an element of what {name} returns depends on other elements of its argument; {solver} takes "
                f"{solver.takes}: for systems of equations use root"
            )


def number_or_array(x):
    """A float, or an array in the one form that is compiled for."""
    if isinstance(x, float):
        return x
    return dense(x) if np.ndim(x) else float(x)


def key_of(x):
    """What tells points apart."""
    return x.tobytes() if isinstance(x, np.ndarray) else x


@drop_in(optimize.newton)
def newton(given):
    """``scipy.optimize.newton`` with the exact derivative.

    Parameters
    ----------
    func : callable
        ``func(x, *args)``: a function of one number, or for an array ``x0`` one that acts element by element.
    x0 : float or array_like
        The starting point, or several.
    args, fprime, tol, maxiter, fprime2, x1, rtol, full_output, disp
        As SciPy's.  ``fprime`` left out: the exact derivative, unless ``x1`` asks for the secant method.
        ``fprime2=True``: the exact second derivative, for Halley's method.

    Returns
    -------
    float, ndarray or tuple
        SciPy's; with ``full_output`` the ``RootResults`` in it has a field more, ``derivatives``: how often SciPy asked
        for each.

    Raises
    ------
    OutputError, ShapeError
        ``func`` returns something else than a number, or an array in the shape of ``x0``.
    DTypeError, NonFiniteError
        ``x0`` is complex; ``x0``, or the function there, is NaN.
    UnsupportedError
        Active data reaches something whose derivative is not known.

    Notes
    -----
    Value and derivative come of one forward pass with one partial.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> float(dj.scipy.newton(lambda x, a: x**3 - a, 1.5, args=(27.0,)))
    3.0
    >>> dj.scipy.newton(lambda x, a: x**3 - a, np.array([1.0, 2.0]), args=(8.0,), fprime2=True)
    array([2., 2.])
    """
    if given.get("fprime") is not None or given.get("x1") is not None or callable(given.get("fprime2")):
        return optimize.newton(**given)
    second = given.pop("fprime2", None) is True
    many = np.size(given["x0"]) > 1
    solver = Solver("scipy.optimize.newton", TAKES_ARRAYS if many else TAKES)
    curve = started(given, "func", second, solver)
    return tell_in_full(given, optimize.newton(**given), derivatives=curve.asked)


@drop_in(optimize.root_scalar)
def root_scalar(given):
    """``scipy.optimize.root_scalar`` with exact derivatives.

    Parameters
    ----------
    f : callable
        ``f(x, *args)``, a function of one number that returns one number.
    args, method, bracket, fprime, fprime2, x0, x1, xtol, rtol, maxiter, options
        As SciPy's.  Method ``"newton"``, which is taken where only ``x0`` is given, gets the exact derivative if
        ``fprime`` is left out; ``"halley"`` the second one, too.

    Returns
    -------
    scipy.optimize.RootResults
        SciPy's, with a field more, ``derivatives``: how often SciPy asked for each; empty where the method takes none.

    Raises
    ------
    OutputError, ShapeError, DTypeError, NonFiniteError, UnsupportedError
        As :func:`newton` does.

    Notes
    -----
    Value and derivative come of one forward pass with one partial.

    Examples
    --------
    >>> import dualjit as dj
    >>> found = dj.scipy.root_scalar(lambda x: x**3 - 8.0, x0=1.0, method="halley")
    >>> float(found.root), sorted(found.derivatives)
    (2.0, ['fprime', 'fprime2'])
    """
    method = (given.get("method") or default_method(given)).lower()
    own = given.get("fprime") is not None or given.get("fprime2") is True  # with True f returns all of them
    if method not in ("newton", "halley") or own or given.get("x0") is None:
        return tell(optimize.root_scalar(**given), derivatives={})
    solver = Solver("scipy.optimize.root_scalar", TAKES, method)
    curve = started(given, "f", method == "halley" and given.get("fprime2") is None, solver)
    return tell(optimize.root_scalar(**{**given, "method": method}), derivatives=curve.asked)


def started(given: dict, name: str, second: bool, solver: Solver) -> Curve:
    """Puts a function of that name and its derivatives among the arguments, after a look at the starting point."""
    x0 = given["x0"] = number_or_array(real_start(given["x0"], solver))
    curve = Curve(given[name], second)
    curve.start(x0, extra(given), solver)
    given.update({name: curve.fun, **{derivative: getattr(curve, derivative) for derivative in curve.asked}})
    return curve


def default_method(given: dict) -> str:
    """The method SciPy takes when none is named."""
    if given.get("bracket") is not None:
        return "brentq"
    if given.get("x1") is not None:
        return "secant"
    return "halley" if given.get("fprime2") else "newton"
