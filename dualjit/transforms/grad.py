"""``grad`` and ``value_and_grad``: the gradient of a function that returns one number, by one reverse sweep."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from numba import types

from dualjit.frontend.dispatcher import Derivative
from dualjit.frontend.vectorized import as_function
from dualjit.transforms.derivatives import Driver
from dualjit.transforms.forward import refuse_none
from dualjit.transforms.parts import PulledAnswer, PulledParts, part_of
from dualjit.transforms.reverse import ReversePass, check_scalar
from dualjit.transforms.selection import Selection, select, selected_arguments
from dualjit.transforms.source import Writer
from dualjit.transforms.structure import differentiated
from dualjit.transforms.transposed import PulledGradient, TransposedDriver, pullback_by


def grad(f: Callable, argnums=0, has_aux: bool = False, *, cache: bool | None = None) -> Derivative:
    """Gradient of ``f``, a function that returns one real number.

    Parameters
    ----------
    f : callable
        Python function, or function jitted with ``numba.njit``; its code need not know about derivatives.
    argnums : int, str, or tuple of these
        Which arguments to differentiate with respect to: positions (negative ones count from the end) or names.
    has_aux : bool
        ``f`` returns a pair ``(y, aux)``; ``aux`` is returned beside the gradient.
    cache : bool, optional
        Keep compiled code on disk.  By default ``dualjit.options.cache`` and the decorator of ``f`` say.

    Returns
    -------
    Derivative
        A Numba dispatcher with the parameters of ``f``.  It returns the gradient with the structure and shapes of the
        argument; for a tuple of ``argnums`` a tuple.  With ``has_aux`` the pair ``(gradient, aux)``.

    Raises
    ------
    ArgnumsError
        ``argnums`` selects nothing, something twice or something that isn't there.
    DTypeError
        At the first call: a selected argument is not real floating point.
    OutputError
        At the first call: ``f`` returns something else than one real number.
    UnsupportedError
        At the first call: active data reaches something whose derivative is not known.

    Notes
    -----
    Cost: one reverse sweep, about 1 to 4 evaluations of ``f`` for any number of inputs; the value of ``f`` is not
    computed where the sweep does not need it.  Memory: what the sweep can't compute again, see :doc:`/how-it-works`.
    Source: Griewank and Walther, Evaluating Derivatives, section 3.2.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> def f(x):
    ...     s = 0.0
    ...     for i in range(x.size):
    ...         s += x[i] ** 3
    ...     return s
    >>> dj.grad(f)(np.array([1.0, 2.0]))
    array([ 3., 12.])
    """
    return _derivative(f, argnums, has_aux, value=False, cache=cache)


def value_and_grad(f: Callable, argnums=0, has_aux: bool = False, *, cache: bool | None = None) -> Derivative:
    """Value and gradient of ``f``, a function that returns one real number.

    Parameters
    ----------
    f, argnums, has_aux, cache
        As for :func:`grad`.

    Returns
    -------
    Derivative
        A Numba dispatcher with the parameters of ``f`` that returns ``(y, gradient)``; with ``has_aux``
        ``((y, aux), gradient)``.  ``y`` is bit for bit what ``f`` returns.

    Raises
    ------
    ArgnumsError, DTypeError, OutputError, UnsupportedError
        As :func:`grad` does.

    Notes
    -----
    Cost: one forward and one reverse sweep.

    Examples
    --------
    >>> import dualjit as dj
    >>> dj.value_and_grad(lambda x, y: x * y * y, argnums=(0, 1))(2.0, 3.0)
    (18.0, (9.0, 12.0))
    """
    return _derivative(f, argnums, has_aux, value=True, cache=cache)


def _derivative(f, argnums, has_aux: bool, value: bool, cache: bool | None) -> Derivative:
    f = as_function(f)
    transform = value_and_grad if value else grad
    driver = GradientDriver(f, transform.__name__, select(f, argnums), has_aux, value)
    doc = f"{'Value and gradient' if value else 'Gradient'} of {driver.primal_name} by reverse mode."
    return driver.derivative(transform, f, argnums, has_aux, doc=doc, cache=cache)


def pulled_gradient(f: Callable, count: int, selection: Selection, value: bool, has_aux=False) -> TransposedDriver:
    """How reverse mode goes back through a gradient, and through what is beside it."""
    if not has_aux:
        return PulledGradient(f, count, selection, value, partial(grad, f))
    slope = pulled_gradient(part_of(f, 0), count, selection, value)
    beside = PulledAnswer(part_of(f, 1), count)
    by_slope, by_aux = ([(0, 0), (1,)], [(0, 1)]) if value else ([(0,)], [(1,)])
    return PulledParts(f, count, [(slope, by_slope), (beside, by_aux)])


class GradientDriver(Driver):
    """Writes the driver for given argument types."""

    def __init__(self, f, transform: str, selection: Selection, has_aux: bool, value: bool):
        super().__init__(f, transform)
        self.selection, self.has_aux, self.value = selection, has_aux, value

    def __call__(self, argtypes: tuple) -> Callable:
        reverse = self.reverse_pass(argtypes)
        w = Writer()
        self.write(w, reverse)
        return self.function(w)

    def reverse_pass(self, argtypes: tuple) -> ReversePass:
        """The adjoint for these types, after the checks."""
        names, given = selected_arguments(self.f, argtypes, self.selection, self.name)

        def make(value: bool) -> ReversePass:
            return ReversePass(
                self.f, given, names, self.selection.positions, value=value, aux=self.has_aux, check=self.check
            )

        reverse = make(self.value or self.has_aux)
        optional = isinstance(reverse.return_type, types.Optional)  # that it isn't None is checked at run time
        return make(True) if optional else reverse

    def pullback(self, count):
        return pullback_by(pulled_gradient(self.f, count, self.selection, self.value, self.has_aux))

    def check(self, t: types.Type) -> None:
        """Raise unless the answer is one number (and something beside)."""
        check_scalar(differentiated(types.unliteral(t), self.has_aux, self.primal_name), self.primal_name)

    def write(self, w: Writer, reverse: ReversePass) -> None:
        reverse.check_aliases(w)
        zero = reverse.zero(w)
        shadows = reverse.shadows(w, zero)
        seed = reverse.number(w, "1.0")
        answer = reverse.call(w, shadows, [seed] * len(reverse.adjoint.seeded()), zero)
        returned = 1 if reverse.adjoint.seeds.value else 0
        if isinstance(reverse.return_type, types.Optional):
            refuse_none(w, f"{answer}[0]", reverse.name)
        gradients = reverse.gradients(w, shadows, answer, returned)
        gradient = self.selection.packed([gradients.get(i, "None") for i in self.selection.positions])
        w(f"return {self.result(answer, gradient, reverse, w)}")

    def result(self, answer: str, gradient: str, reverse: ReversePass, w: Writer) -> str:
        if self.value:
            return f"{answer}[0], {gradient}"
        return f"{gradient}, {answer}[0][1]" if self.has_aux else gradient
