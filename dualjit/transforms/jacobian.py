"""``jacobian``: by columns or by rows, whichever needs less work for the sizes at hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import typeof, types

from dualjit.errors import ModeError
from dualjit.frontend.dispatcher import Derivative
from dualjit.frontend.twin import Twin
from dualjit.frontend.vectorized import as_function
from dualjit.transforms.derivatives import Driver
from dualjit.transforms.jacfwd import ColumnDriver
from dualjit.transforms.jacrev import RowDriver
from dualjit.transforms.selection import select, selected_arguments
from dualjit.transforms.structure import leaves
from dualjit.transforms.values import copied, count
from dualjit.transforms.vjp import compiled_primal

MODES = ("auto", "fwd", "rev")
LANES = 16
SWEEP = 2.0  # what a reverse sweep with its forward sweep costs, in forward passes with as many lanes


def jacobian(f: Callable, argnums=0, mode: str = "auto", *, cache: bool | None = None) -> JacobianDerivative:
    """Jacobian of ``f`` by forward or by reverse mode.

    Parameters
    ----------
    f, argnums
        As for :func:`jacfwd`.
    mode : str
        ``"fwd"``, ``"rev"``, or ``"auto"``: the one with less work for the numbers of inputs and outputs of the first
        call.
    cache : bool, optional
        Keep compiled code on disk.  By default ``dualjit.options.cache`` and the decorator of ``f`` say.

    Returns
    -------
    Derivative
        A Numba dispatcher with the parameters of ``f`` that returns what :func:`jacfwd` returns.  Its attribute
        ``mode`` says which mode was taken; until the first call it is ``"auto"``.

    Raises
    ------
    ModeError
        ``mode`` is not one of the three.
    ArgnumsError, DTypeError, UnsupportedError
        As :func:`jacfwd` does.

    Notes
    -----
    Cost: forward ``ceil(n / 16)`` passes, reverse ``ceil(m / 16)`` pairs of sweeps, which count twice.  With
    ``"auto"`` the first call from Python evaluates ``f`` once more, to see the size of its answer.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> J = dj.jacobian(lambda x: np.sum(x * x))
    >>> J(np.arange(100.0)).shape, J.mode
    ((100,), 'rev')
    """
    if mode not in MODES:
        raise ModeError(f"mode={mode!r}: the modes are {MODES}")
    f = as_function(f)
    driver = _Choice(f, argnums, mode)
    doc = f"Jacobian of {driver.primal_name}."
    return driver.derivative(jacobian, f, argnums, mode, doc=doc, kind=JacobianDerivative, cache=cache)


class JacobianDerivative(Derivative):
    """A Jacobian that knows by which mode it is computed."""

    @property
    def mode(self) -> str:
        return self._compiler.implement.mode


class _Choice(Driver):
    """Chooses the driver when types, and at a call from Python sizes, are known."""

    def __init__(self, f, argnums, mode: str):
        super().__init__(f, "jacobian")
        self.mode, self.selection = mode, select(f, argnums)
        self.columns = ColumnDriver(f, "jacobian", self.selection, False, None)
        self.rows = RowDriver(f, "jacobian", self.selection, False, None)
        self.sizes: tuple[int, int] | None = None

    def __call__(self, argtypes: tuple) -> Callable:
        if self.mode == "auto":
            self.mode = self.choose(argtypes)
        return (self.columns if self.mode == "fwd" else self.rows)(argtypes)

    def pullback(self, count):
        return self.columns.pullback(count)

    def choose(self, argtypes: tuple) -> str:
        """By sizes where they were seen; else reverse mode for the functions of many inputs that return a number."""
        if self.sizes is not None:
            n, m = self.sizes
            return "rev" if SWEEP * np.ceil(m / LANES) < np.ceil(n / LANES) else "fwd"
        chosen = [leaf for i in self.selection.positions if i < len(argtypes) for _, leaf in leaves(argtypes[i], "")]
        arrays = any(isinstance(leaf, types.Array) for leaf in chosen)
        answer = Twin.of(self.f).specialise(argtypes).return_type
        return "rev" if arrays and isinstance(answer, types.Float) else "fwd"

    def choice(self, argtypes):
        if self.mode == "auto" and self.sizes is not None:
            self.mode = self.choose(argtypes)
        return self.mode, *self.columns.choice(argtypes)

    def observe(self, args):
        self.columns.observe(args)
        if self.mode == "auto":
            selected_arguments(self.f, tuple(map(typeof, args)), self.selection, self.primal_name)
            answer = compiled_primal(self.f)(*copied(tuple(args)))
            chosen = tuple(args[i] for i in self.selection.positions if i < len(args))
            self.sizes = count(chosen), count(answer)
