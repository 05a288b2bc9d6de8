"""``solve_ivp`` and ``odeint`` with exact Jacobians of the right-hand side."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import numpy as np
import scipy
from scipy import integrate
from scipy.sparse import csc_matrix

from dualjit.errors import MethodError, ShapeError
from dualjit.scipy.arrays import dense
from dualjit.scipy.bands import packed
from dualjit.scipy.direct import DIRECT
from dualjit.scipy.refusals import check_no_nan, vector_start
from dualjit.scipy.residuals import rows, vector_of
from dualjit.scipy.solver import Solver, drop_in, extra, tell, tell_in_full
from dualjit.transforms.along import jitted
from dualjit.transforms.arguments import python_function
from dualjit.transforms.jacfwd import jacfwd
from dualjit.transforms.once import once_per_function
from dualjit.transforms.vjp import compiled_primal

IMPLICIT = ("Radau", "BDF", "LSODA")
# Before 1.16 SciPy hands the bands for LSODA on as they are, and LSODA wants room for fill-in.
PADS_BANDS = tuple(map(int, scipy.__version__.split(".")[:2])) >= (1, 16)
TAKES = "a right-hand side that returns an array in the shape (n,) of y"

once_jacobian = once_per_function(jacfwd)


class RightHandSide:
    """A right-hand side and its Jacobian by ``y`` for SciPy, of shape (n, n).

    Parameters
    ----------
    f : callable
        ``f(t, y, *args)``, or ``f(y, t, *args)`` where ``state`` is 0.
    state : int
        The position of ``y``.
    arrange : callable
        Takes the Jacobian to the form that the solver stores: itself, transposed, by bands, sparse.
    name : str
        What SciPy calls the Jacobian.
    """

    __slots__ = ("_arrange", "_by_state", "_name", "_value", "asked", "f")

    def __init__(self, f: Callable, state: int = 1, arrange: Callable | None = None, name: str = "jac"):
        self.f, self._value, self._by_state = f, compiled_primal(f), once_jacobian(f, state)
        self._arrange, self._name, self.asked = arrange, name, {name: 0}

    def fun(self, t, y, *args):
        """The derivatives of ``y`` by time."""
        return self._value(float(t), dense(y), *args)

    def fun_of_state_first(self, y, t, *args):
        """The same for solvers that send ``y`` first."""
        return self._value(dense(y), float(t), *args)

    def jac(self, t, y, *args):
        """The Jacobian by ``y``."""
        y = dense(y)
        return self._arranged(self._by_state(float(t), y, *args), y.size)

    def jac_of_state_first(self, y, t, *args):
        """The same for solvers that send ``y`` first."""
        y = dense(y)
        return self._arranged(self._by_state(y, float(t), *args), y.size)

    def _arranged(self, jacobian, n: int):
        self.asked[self._name] += 1
        jacobian = rows(jacobian, n)
        return jacobian if self._arrange is None else self._arrange(jacobian)

    def start(self, first, second, args: tuple, solver: Solver) -> None:
        """Look at the right-hand side at the start; raises what SciPy would have misused."""
        y = first if isinstance(first, np.ndarray) else second
        name = python_function(self.f).__name__
        values = vector_of(self._value(first, second, *args), name, solver)
        if values.shape != y.shape:
            raise ShapeError(f"{name} returns shape {values.shape} for y of shape {y.shape}; {solver} takes {TAKES}")
        check_no_nan(values, f"what {name} returns at the start", solver)


@drop_in(integrate.solve_ivp)
def solve_ivp(given):
    """``scipy.integrate.solve_ivp`` with the exact Jacobian.

    Parameters
    ----------
    fun : callable
        ``fun(t, y, *args)``, which returns an array, a list or a tuple of n numbers.
    t_span : (float, float)
        The interval.
    y0 : array_like, shape (n,)
        The state at its begin.
    method, t_eval, dense_output, events, vectorized, args, **options
        As SciPy's.  Methods ``"Radau"``, ``"BDF"`` and ``"LSODA"`` get the exact Jacobian if ``jac`` is left out:
        dense; by bands for LSODA with ``lband`` and ``uband``; sparse where ``jac_sparsity`` is given.

    Returns
    -------
    scipy.integrate OdeResult
        SciPy's, with a field more, ``derivatives``: how often SciPy asked for the Jacobian; empty where the method
        takes none.

    Raises
    ------
    OutputError, ShapeError
        ``fun`` returns something else than n real numbers.
    DTypeError, NonFiniteError
        ``y0`` is complex; ``y0``, or the right-hand side there, is NaN.
    UnsupportedError
        Active data reaches something whose derivative is not known.

    Notes
    -----
    Cost of a Jacobian: ``ceil(n / 16)`` forward passes, where SciPy takes n evaluations in Python for differences.
    Radau and BDF factorize Jacobians of few diagonals as banded matrices, which they see by themselves.
    Explicit methods take no derivatives: the call goes to SciPy as it is.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> def decay(t, y, rate):
    ...     return -rate * y
    >>> solution = dj.scipy.solve_ivp(decay, (0.0, 1.0), [1.0], method="Radau", args=(2.0,), rtol=1e-8, atol=1e-10)
    >>> bool(abs(solution.y[0, -1] - np.exp(-2.0)) < 1e-7), solution.derivatives["jac"] == solution.njev
    (True, True)
    """
    method = given.get("method", "RK45")
    name = method.__name__ if inspect.isclass(method) else method
    if name not in IMPLICIT or given.get("jac") is not None:
        return tell(integrate.solve_ivp(**given), derivatives={})
    solver = Solver("scipy.integrate.solve_ivp", TAKES, name)
    y0 = given["y0"] = vector_start(given["y0"], solver)
    args = tuple(given.get("args") or ())
    f = of_one_column(given["fun"]) if given.pop("vectorized", False) else given["fun"]
    side = RightHandSide(f, 1, arrangement(given, name))
    side.start(float(given["t_span"][0]), y0.copy(), args, solver)
    given.update(fun=side.fun, jac=side.jac, method=DIRECT.get(method, method))
    return tell(integrate.solve_ivp(**given), derivatives=side.asked)


@once_per_function
def of_one_column(f: Callable) -> Callable:
    """A function of a vector from one of a matrix of columns, which is what ``vectorized=True`` says ``f`` takes."""

    g = jitted(f)

    def single(t, y, *args):
        return np.asarray(g(t, y.reshape(-1, 1), *args)).ravel()

    return single


def arrangement(given: dict, method: str) -> Callable | None:
    """How the options want the Jacobian to be stored."""
    lower, upper = given.get("lband"), given.get("uband")
    if method == "LSODA" and (lower is not None or upper is not None):
        return banded(lower or 0, upper or 0, 0 if PADS_BANDS else lower or 0)
    pattern = given.pop("jac_sparsity", None)
    return None if pattern is None else sparse(pattern)


def banded(lower: int, upper: int, below: int = 0) -> Callable:
    """The bands alone, as ODEPACK stores them, with empty rows below."""

    def arrange(jacobian: np.ndarray) -> np.ndarray:
        return packed(jacobian, lower, upper, below=below)

    return arrange


def sparse(pattern) -> Callable:
    """The entries where ``pattern`` has any, so that the solver factorizes a sparse matrix."""
    places = csc_matrix(pattern).nonzero()

    def arrange(jacobian: np.ndarray):
        return csc_matrix((jacobian[places], places), jacobian.shape)

    return arrange


def transposed(jacobian: np.ndarray) -> np.ndarray:
    """Derivatives down the columns."""
    return jacobian.T


@drop_in(integrate.odeint)
def odeint(given):
    """``scipy.integrate.odeint`` with the exact Jacobian.

    Parameters
    ----------
    func : callable
        ``func(y, t, *args)``, or ``func(t, y, *args)`` with ``tfirst``, which returns n numbers.
    y0 : array_like, shape (n,)
        The state at ``t[0]``.
    t : array_like
        The times.
    args, Dfun, col_deriv, full_output, ml, mu, rtol, atol, tcrit, h0, hmax, hmin, ixpr, mxstep, mxhnil, mxordn, \
mxords, printmessg, tfirst
        As SciPy's; ``Dfun`` left out: the exact Jacobian, by bands where ``ml`` and ``mu`` are given.

    Returns
    -------
    ndarray or tuple
        SciPy's; with ``full_output`` the dictionary in it tells under ``derivatives`` how often SciPy asked for the
        Jacobian: never, as long as the problem does not turn out to be stiff.

    Raises
    ------
    OutputError, ShapeError, DTypeError, NonFiniteError, UnsupportedError
        As :func:`solve_ivp` does.

    Notes
    -----
    Cost of a Jacobian: ``ceil(n / 16)`` forward passes.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> y = dj.scipy.odeint(lambda y, t: np.array([y[1], -y[0]]), [0.0, 1.0], [0.0, np.pi / 2], rtol=1e-8, atol=1e-10)
    >>> np.round(y[-1], 5)
    array([1., 0.])
    """
    if given.get("Dfun") is not None:
        return integrate.odeint(**given)
    solver = Solver("scipy.integrate.odeint", TAKES)
    y0 = given["y0"] = vector_start(given["y0"], solver)
    side = RightHandSide(given["func"], 1 if given.get("tfirst") else 0, odeint_arrangement(given), "Dfun")
    args, t0 = extra(given), float(np.ravel(given["t"])[0])
    first, second = (t0, y0.copy()) if given.get("tfirst") else (y0.copy(), t0)
    side.start(first, second, args, solver)
    given.update(odeint_functions(side, bool(given.get("tfirst"))))
    return tell_in_full(given, integrate.odeint(**given), derivatives=side.asked)


def odeint_arrangement(given: dict) -> Callable | None:
    """How the options want the Jacobian to be stored."""
    if given.get("ml") is not None or given.get("mu") is not None:
        given.pop("col_deriv", None)
        return banded(given.get("ml") or 0, given.get("mu") or 0)
    return transposed if given.get("col_deriv") else None


def odeint_functions(side: RightHandSide, time_first: bool) -> dict[str, Callable]:
    """Its functions under the names of ``odeint``'s arguments."""
    if time_first:
        return {"func": side.fun, "Dfun": side.jac}
    return {"func": side.fun_of_state_first, "Dfun": side.jac_of_state_first}


def refuse_explicit(method) -> None:
    """Raise MethodError where ``solve_ivp`` would ignore a Jacobian."""
    name = method.__name__ if inspect.isclass(method) else method
    if name is not None and name not in IMPLICIT:
        raise MethodError(
            f"scipy.integrate.solve_ivp(method={name!r}) is explicit and takes no Jacobian; {', '.join(IMPLICIT)} do"
        )
