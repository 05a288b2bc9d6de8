"""``solve_bvp`` with exact Jacobians of the equations and of the boundary conditions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import integrate

from dualjit.errors import OutputError, ShapeError
from dualjit.scipy.arrays import dense
from dualjit.scipy.refusals import check_no_nan, real_start
from dualjit.scipy.solver import Solver, drop_in, tell
from dualjit.transforms.along import jitted
from dualjit.transforms.arguments import python_function
from dualjit.transforms.jacfwd import jacfwd
from dualjit.transforms.once import once_per_function
from dualjit.transforms.vjp import compiled_primal

TAKES = (
    "equations fun(x, y[, p]) that return the shape (n, m) of y, and conditions bc(ya, yb[, p]) that return (n + k,)"
)
SOLVER = Solver("scipy.integrate.solve_bvp", TAKES)


@once_per_function
def equations_by_rows(f: Callable, with_parameters: bool) -> Callable:
    """The derivatives of ``f`` by the rows of ``y``, of shape (n, m, n); beside them those by ``p``.

    The equations act column by column on ``y``, which SciPy's contract says and its own differences use: a shift of a
    whole row gives the derivatives by its element in every column.
    """

    g = jitted(f)

    def shifted(shift, x, y):
        return np.asarray(g(x, y + shift.reshape(-1, 1)))

    def shifted_with_parameters(shift, x, y, p):
        return np.asarray(g(x, y + shift.reshape(-1, 1), p))

    return jacfwd(shifted_with_parameters, (0, 3)) if with_parameters else jacfwd(shifted)


@once_per_function
def conditions_by_sides(bc: Callable, with_parameters: bool) -> Callable:
    """The derivatives of ``bc`` by ``ya``, ``yb`` and ``p``."""
    return jacfwd(bc, (0, 1, 2) if with_parameters else (0, 1))


class BoundaryProblem:
    """``fun``, ``bc`` and their Jacobians for SciPy, with and without unknown parameters."""

    __slots__ = ("_bc", "_bc_given", "_by_rows", "_by_sides", "_fun", "_fun_given", "asked")

    def __init__(self, fun: Callable, bc: Callable, with_parameters: bool, wanted=("fun_jac", "bc_jac")):
        self._fun_given, self._bc_given = fun, bc
        self._fun, self._bc = compiled_primal(fun), compiled_primal(bc)
        self._by_rows = equations_by_rows(fun, with_parameters)
        self._by_sides = conditions_by_sides(bc, with_parameters)
        self.asked = dict.fromkeys(wanted, 0)

    def fun(self, x, y, *p):
        """The equations, of shape (n, m)."""
        return self._fun(dense(x), dense(y), *map(dense, p))

    def bc(self, ya, yb, *p):
        """What the boundary conditions leave, of shape (n + k,)."""
        return self._bc(dense(ya), dense(yb), *map(dense, p))

    def fun_jac(self, x, y, *p):
        """Of shape (n, n, m) by ``y``; with parameters, beside it, of shape (n, k, m) by ``p``."""
        self.asked["fun_jac"] += 1
        y = dense(y)
        answer = self._by_rows(np.zeros(y.shape[0]), dense(x), y, *map(dense, p))
        if p:
            by_y, by_p = answer
            return by_y.transpose(0, 2, 1), by_p.transpose(0, 2, 1)
        return answer.transpose(0, 2, 1)

    def bc_jac(self, ya, yb, *p):
        """Of shapes (n + k, n) by ``ya`` and by ``yb``, and with parameters (n + k, k) by ``p``."""
        self.asked["bc_jac"] += 1
        parts = self._by_sides(dense(ya), dense(yb), *map(dense, p))
        if isinstance(parts[0], tuple):  # conditions in a tuple: for each its derivatives by all
            parts = zip(*parts, strict=True)
        return tuple(np.asarray(part) for part in parts)

    def start(self, x: np.ndarray, y: np.ndarray, p: tuple) -> None:
        """Look at equations and conditions at the first guess; raises what SciPy would have misused."""
        k = p[0].size if p else 0
        self._check(self._fun_given, np.asarray(self.fun(x, y.copy(), *p)), y.shape)
        self._check(self._bc_given, np.asarray(self.bc(y[:, 0].copy(), y[:, -1].copy(), *p)), (y.shape[0] + k,))

    def _check(self, f: Callable, values: np.ndarray, expected: tuple) -> None:
        name = python_function(f).__name__
        if values.dtype.kind != "f":
            raise OutputError(f"{name} returns {values.dtype}; {SOLVER} takes {TAKES}, real floating point")
        if values.shape != expected:
            raise ShapeError(f"{name} returns shape {values.shape}, expected {expected}; {SOLVER} takes {TAKES}")
        check_no_nan(values, f"what {name} returns at the first guess", SOLVER)


@drop_in(integrate.solve_bvp)
def solve_bvp(given):
    """``scipy.integrate.solve_bvp`` with exact Jacobians.

    Parameters
    ----------
    fun : callable
        ``fun(x, y)`` or ``fun(x, y, p)``, which returns the derivatives of ``y`` by ``x`` in the shape (n, m) of ``y``,
        each column from the same column of ``y``.
    bc : callable
        ``bc(ya, yb)`` or ``bc(ya, yb, p)``, which returns n + k numbers that have to vanish.
    x : array_like, shape (m,)
        The mesh to begin with.
    y : array_like, shape (n, m)
        The first guess.
    p, S, fun_jac, bc_jac, tol, max_nodes, verbose, bc_tol
        As SciPy's; ``fun_jac`` and ``bc_jac`` left out: the exact ones.

    Returns
    -------
    scipy.integrate BVPResult
        SciPy's, with a field more, ``derivatives``: how often SciPy asked for ``fun_jac`` and ``bc_jac``.

    Raises
    ------
    OutputError, ShapeError
        ``fun`` or ``bc`` returns something else than real numbers in these shapes.
    DTypeError, NonFiniteError
        ``y`` or ``p`` is complex; one of them, or a value there, is NaN.
    UnsupportedError
        Active data reaches something whose derivative is not known.

    Notes
    -----
    Cost of ``fun_jac``: ``ceil((n + k) / 16)`` forward passes over the whole mesh.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> def bratu(x, y):
    ...     return np.vstack((y[1], -np.exp(y[0])))
    >>> def walls(ya, yb):
    ...     return np.array([ya[0], yb[0]])
    >>> solution = dj.scipy.solve_bvp(bratu, walls, np.linspace(0.0, 1.0, 5), np.zeros((2, 5)))
    >>> solution.success, round(float(solution.sol(0.5)[0]), 3)
    (True, 0.141)
    """
    wanted = [name for name in ("fun_jac", "bc_jac") if given.get(name) is None]
    x, y = real_start(given["x"], SOLVER, "x"), real_start(given["y"], SOLVER, "y")
    p = () if given.get("p") is None else (np.atleast_1d(real_start(given["p"], SOLVER, "p")),)
    if y.ndim != 2 or x.shape != y.shape[1:]:
        raise ShapeError(f"x has shape {x.shape} and y {y.shape}; {SOLVER} takes x of shape (m,) and y of shape (n, m)")
    problem = BoundaryProblem(given["fun"], given["bc"], bool(p), wanted)
    problem.start(x, y, p)
    given.update(fun=problem.fun, bc=problem.bc, **{name: getattr(problem, name) for name in wanted})
    return tell(integrate.solve_bvp(**given), derivatives=problem.asked)
