"""What solvers would misuse is refused before they start, in their terms."""

from __future__ import annotations

import numpy as np

from dualjit.errors import DTypeError, NonFiniteError, ShapeError
from dualjit.scipy.solver import Solver


def real_start(x0, solver: Solver, name: str = "x0") -> np.ndarray:
    """The starting point in double precision; raises where it is complex or has NaN."""
    x0 = np.array(x0, order="C")
    if x0.dtype.kind == "c":
        raise DTypeError(
            f"{name} is complex; with derivatives {solver} takes real numbers: pass real and imaginary parts as "
            "separate unknowns"
        )
    if x0.dtype.kind not in "biuf":
        raise DTypeError(f"{name} has dtype {x0.dtype}; {solver} takes real numbers")
    x0 = x0.astype(float)
    check_no_nan(x0, name, solver)
    return x0


def vector_start(x0, solver: Solver) -> np.ndarray:
    """A starting point of one dimension."""
    x0 = np.atleast_1d(real_start(x0, solver))
    if x0.ndim != 1:
        raise ShapeError(f"x0 has shape {x0.shape}; {solver} takes one dimension: pass x0.ravel()")
    return x0


def check_no_nan(values, what: str, solver: Solver) -> None:
    """Raise NonFiniteError where a value, a derivative or a starting point is NaN."""
    bad = np.argwhere(np.isnan(values))
    if bad.size == 0 and not np.isnan(values).any():
        return
    where = "" if np.ndim(values) == 0 else f" at {', '.join(str(tuple(map(int, i))) for i in bad[:3])}"
    raise NonFiniteError(
        f"{what} is NaN{where}; {solver} takes {solver.takes}, defined at the starting point: "
        "start where the function and its derivatives are finite"
    )
