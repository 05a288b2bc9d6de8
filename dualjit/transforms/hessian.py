"""``hessian`` and ``value_grad_hessian``: second derivatives, by hyper-dual numbers or forward over reverse."""

from __future__ import annotations

from collections.abc import Callable

from numba import types

from dualjit.errors import ModeError
from dualjit.frontend.dispatcher import Derivative
from dualjit.frontend.vectorized import as_function
from dualjit.transforms.columns import JacobianBody
from dualjit.transforms.derivatives import Driver
from dualjit.transforms.forward import named
from dualjit.transforms.gradient import GradientDriver, pulled_gradient
from dualjit.transforms.jacfwd import ColumnDriver, columns_of, power_of_two, size_seen
from dualjit.transforms.jacrev import jacrev
from dualjit.transforms.pairs import PairBody, PairPass
from dualjit.transforms.parts import PulledParts
from dualjit.transforms.reverse import check_scalar
from dualjit.transforms.selection import select, selected_arguments
from dualjit.transforms.source import Writer
from dualjit.transforms.structure import check_output, differentiated
from dualjit.transforms.transposed import PulledJacobian, pullback_by

MODES = ("auto", "hyperdual", "fwdrev")
INNER, OUTER = 8, 4
FEW = 8  # up to so many columns hyper-dual numbers are as fast


def hessian(
    f: Callable, argnums=0, mode: str = "auto", has_aux: bool = False, *, cache: bool | None = None
) -> Derivative:
    """Hessian of ``f``.

    Parameters
    ----------
    f : callable
        Python function, or function jitted with ``numba.njit``; its code need not know about derivatives.
    argnums : int, str, or tuple of these
        Which arguments to differentiate with respect to: positions (negative ones count from the end) or names.
    mode : str
        ``"hyperdual"``: two sets of forward derivatives at once; ``"fwdrev"``: forward over reverse mode;
        ``"auto"``: the first for few inputs, the second else.
    has_aux : bool
        ``f`` returns a pair ``(y, aux)``; ``y`` is differentiated, ``aux`` is returned beside the Hessian.
    cache : bool, optional
        Keep compiled code on disk.  By default ``dualjit.options.cache`` and the decorator of ``f`` say.

    Returns
    -------
    Derivative
        A Numba dispatcher with the parameters of ``f``.  It returns an array of shape ``y.shape + x.shape + x.shape``
        with ``H[..., i, j] = ∂²y/∂x_i∂x_j``; a float where all are numbers; where these are tuples, the structure of
        ``y``, then that of the arguments, then that again.  With ``has_aux`` the pair ``(H, aux)``.

    Raises
    ------
    ModeError
        ``mode`` is not one of the three.
    ArgnumsError
        ``argnums`` selects nothing, something twice or something that isn't there.
    DTypeError
        At the first call: a selected argument is not real floating point.
    UnsupportedError
        At the first call: active data reaches something whose derivative is not known.

    Notes
    -----
    Hyper-dual: exactly symmetric; a pass for every pair of 8 columns with 4 that is not below the diagonal, about
    n²/64 passes of 3 to 15 evaluations.  Forward over reverse: symmetric to rounding; ``ceil(n / 16)`` reverse sweeps
    over dual numbers.  ``jacfwd`` and ``jacrev`` of ``jacfwd`` and ``jacrev`` of ``f`` return the same.
    Source: Fike and Alonso 2011, AIAA 2011-886; Griewank and Walther, Evaluating Derivatives, section 5.1.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> dj.hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 3.0]))
    array([[6., 2.],
           [2., 0.]])
    """
    check_mode(mode)
    f = as_function(f)
    driver = HessianDriver(f, argnums, mode, has_aux)
    doc = f"Hessian of {driver.primal_name}."
    return driver.derivative(hessian, f, argnums, mode, has_aux, doc=doc, cache=cache)


def value_grad_hessian(f: Callable, argnums=0, mode: str = "auto", *, cache: bool | None = None) -> Derivative:
    """Value, gradient and Hessian of ``f``, a function that returns one real number, at once.

    Parameters
    ----------
    f, argnums, mode, cache
        As for :func:`hessian`.

    Returns
    -------
    Derivative
        A Numba dispatcher with the parameters of ``f`` that returns ``(y, gradient, Hessian)``; ``y`` is bit for bit
        what ``f`` returns.

    Raises
    ------
    ModeError, ArgnumsError, DTypeError, UnsupportedError
        As :func:`hessian` does.
    OutputError
        At the first call: ``f`` returns something else than one real number.

    Notes
    -----
    Cost: that of the Hessian.

    Examples
    --------
    >>> import dualjit as dj
    >>> dj.value_grad_hessian(lambda x: x**3)(2.0)
    (8.0, 12.0, 12.0)
    """
    check_mode(mode)
    f = as_function(f)
    driver = AllDriver(f, argnums, mode)
    doc = f"Value, gradient and Hessian of {driver.primal_name}."
    return driver.derivative(value_grad_hessian, f, argnums, mode, doc=doc, cache=cache)


def check_mode(mode: str) -> None:
    """Raise ModeError unless there is such a mode."""
    if mode not in MODES:
        raise ModeError(f"mode={mode!r}: the modes are {MODES}")


def known_columns(selected: list[types.Type], seen: int | None) -> int | None:
    """How many columns there are, by the types of the arguments or as ``seen`` at a call; None if nobody knows."""
    found = columns_of(selected)
    return seen if found is None else found


def lanes_seen(columns: int | None) -> int | None:
    """What of the number of columns seen at a call makes another code."""
    return None if columns is None else power_of_two(min(columns, FEW + 1))


def by_hyperduals(mode: str, columns: int | None) -> bool:
    """Are hyper-dual numbers asked for, or as good as forward over reverse mode?"""
    return mode == "hyperdual" or (mode == "auto" and columns is not None and columns <= FEW)


class SecondDriver(Driver):
    """Chooses the mode and writes the driver for given argument types; ``over`` does by forward over reverse mode."""

    over: ColumnDriver

    def __init__(self, f, transform: str, argnums, mode: str):
        super().__init__(f, transform)
        self.selection, self.mode = select(f, argnums), mode
        self.columns: int | None = None

    def __call__(self, argtypes: tuple) -> Callable:
        names, given = selected_arguments(self.f, argtypes, self.selection, self.name)
        columns = known_columns([given[i] for i in self.selection.positions], self.columns)
        if not by_hyperduals(self.mode, columns):
            return self.over(argtypes)
        inner = min(INNER, power_of_two(columns or INNER))
        w = Writer()
        self.by_pairs(w, PairPass(self.f, given, names, self.selection.positions, inner, min(OUTER, inner)))
        return self.function(w)

    def observe(self, args):
        """The sizes seen first are the best guess at those to come."""
        self.columns = size_seen(args, self.selection)
        self.over.observe(args)

    def choice(self, argtypes):
        return lanes_seen(self.columns), *self.over.choice(argtypes)

    def by_pairs(self, w: Writer, forward: PairPass) -> None:
        """Write the body with hyper-dual numbers."""
        raise NotImplementedError


class HessianDriver(SecondDriver):
    """The Hessian alone."""

    def __init__(self, f, argnums, mode: str, has_aux: bool):
        super().__init__(f, "hessian", argnums, mode)
        self.has_aux = has_aux
        self.over = ColumnDriver(jacrev(f, argnums, has_aux), "hessian", self.selection, has_aux, None)

    def pullback(self, count):
        return self.over.pullback(count)

    def by_pairs(self, w: Writer, forward: PairPass) -> None:
        answer = differentiated(forward.return_type, self.has_aux, forward.name)
        check_output(answer, forward.name)
        aux = forward.return_type.types[1] if self.has_aux else None
        PairBody(w, forward, self.selection, answer, aux).write()


class AllDriver(SecondDriver):
    """Value, gradient and Hessian."""

    def __init__(self, f, argnums, mode: str):
        super().__init__(f, "value_grad_hessian", argnums, mode)
        self.argnums = argnums
        self.over = AllColumns(gradient_and_beside(f, argnums), "value_grad_hessian", self.selection, True, None)

    def pullback(self, count):
        both = pulled_gradient(self.f, count, self.selection, value=True)
        second = PulledJacobian(jacrev(self.f, self.argnums), count, self.selection)
        return pullback_by(PulledParts(self.f, count, [(both, [(0,), (1,)]), (second, [(2,)])]))

    def by_pairs(self, w: Writer, forward: PairPass) -> None:
        check_scalar(forward.return_type, forward.name)
        PairBody(w, forward, self.selection, forward.return_type, None).write(with_gradient=True)


class BesideDriver(GradientDriver):
    """Writes the gradient, and beside it the value and the gradient again: they are not differentiated."""

    def result(self, answer, gradient, reverse, w):
        both = named(w, "g", gradient)
        return f"{both}, ({answer}[0], {both})"


def gradient_and_beside(f: Callable, argnums) -> Derivative:
    """The function ``(gradient, (value, gradient))``."""
    driver = BesideDriver(f, "value_and_grad", select(f, argnums), has_aux=False, value=True)
    return driver.derivative(gradient_and_beside, f, argnums)


class AllBody(JacobianBody):
    """The Jacobian of a gradient, with value and gradient before."""

    def give_back(self, jacobian: str) -> None:
        self.w(f"return _dj_aux[0], _dj_aux[1], {jacobian}")


class AllColumns(ColumnDriver):
    """Writes the driver of all three for given argument types."""

    body = AllBody
