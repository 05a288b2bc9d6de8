"""``curve_fit`` with the exact Jacobian."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from scipy import optimize

from dualjit.errors import ArgumentCountError, ShapeError
from dualjit.scipy.arrays import dense
from dualjit.scipy.refusals import real_start
from dualjit.scipy.solver import Solver, drop_in, tell_in_full
from dualjit.transforms.arguments import python_function, signature_of, star_position
from dualjit.transforms.jacfwd import jacfwd
from dualjit.transforms.once import once_per_function
from dualjit.transforms.vjp import compiled_primal

TAKES = "a model (xdata, *parameters) that returns values in shape (M,)"

once_by_parameters = once_per_function(jacfwd)


@drop_in(optimize.curve_fit)
def curve_fit(given):
    """``scipy.optimize.curve_fit`` with the exact Jacobian.

    Parameters
    ----------
    f : callable
        The model ``f(xdata, *parameters)``, which returns values in the shape (M,) of ``ydata``.
    xdata : array_like
        What the model is evaluated at.
    ydata : array_like, shape (M,)
        The data.
    p0, sigma, absolute_sigma, check_finite, bounds, method, jac, full_output, nan_policy, **kwargs
        As SciPy's; ``jac`` left out: the exact Jacobian, which SciPy weights by ``sigma``.

    Returns
    -------
    tuple
        SciPy's; with ``full_output`` the dictionary in it tells under ``derivatives`` how often SciPy asked for the
        Jacobian.

    Raises
    ------
    ShapeError
        The model returns another shape than (M,).
    ArgumentCountError
        The number of parameters can't be told: the model has ``*args`` and there is no ``p0``.
    UnsupportedError
        Active data reaches something whose derivative is not known.

    Notes
    -----
    Cost of a Jacobian: one forward pass for up to 16 parameters.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> t = np.linspace(0.0, 2.0, 20)
    >>> best, _ = dj.scipy.curve_fit(lambda t, a, k: a * np.exp(-k * t), t, 3.0 * np.exp(-1.5 * t))
    >>> np.round(best, 6)
    array([3. , 1.5])
    """
    if given.get("jac") is not None:
        return optimize.curve_fit(**given)
    solver = Solver("scipy.optimize.curve_fit", TAKES, given.get("method"))
    if given.get("p0") is not None:
        given["p0"] = np.atleast_1d(real_start(given["p0"], solver, "p0"))
    model = Model(given["f"], parameters_of(given["f"], given.get("p0")), solver)
    given.update(f=model.signed(), jac=model.jac)
    return tell_in_full(given, optimize.curve_fit(**given), derivatives=model.asked)


class Model:
    """``f`` and ``jac`` of a model for SciPy: values of shape (M,), Jacobians of shape (M, k)."""

    __slots__ = ("_by_parameters", "_value", "asked", "f_given", "size", "solver")

    def __init__(self, f: Callable, size: int, solver: Solver):
        self.f_given, self.size, self.solver = f, size, solver
        self._value, self._by_parameters = compiled_primal(f), once_by_parameters(f, tuple(range(1, size + 1)))
        self.asked = {"jac": 0}

    def f(self, xdata, *parameters):
        """The values."""
        values = self._value(contiguous(xdata), *map(float, parameters))
        if np.ndim(values) != 1:
            name = python_function(self.f_given).__name__
            raise ShapeError(f"{name} returns shape {np.shape(values)}; {self.solver} takes {TAKES}")
        return values

    def jac(self, xdata, *parameters) -> np.ndarray:
        """The derivatives by the parameters."""
        self.asked["jac"] += 1
        columns = self._by_parameters(contiguous(xdata), *map(float, parameters))
        return np.array(columns).T

    def signed(self) -> Callable:
        """``f`` with the signature that was given: SciPy counts its parameters."""
        f = partial(self.f)
        f.__signature__ = signature_of(self.f_given)
        return f


def contiguous(xdata):
    """Arrays in the one form that is compiled for; SciPy hands other things to the model as they are."""
    return dense(xdata) if isinstance(xdata, np.ndarray) else xdata


def parameters_of(f: Callable, p0) -> int:
    """The number of parameters of a model."""
    if p0 is not None:
        return np.size(p0)
    if star_position(f) is not None:
        raise ArgumentCountError(
            f"{python_function(f).__name__}{signature_of(f)} may have any number of parameters: give p0, or size"
        )
    return len(signature_of(f).parameters) - 1
