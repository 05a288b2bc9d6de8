"""``grad`` and ``value_and_grad``: the gradient of a function that returns one number, by one reverse sweep."""

from __future__ import annotations

from collections.abc import Callable

from numba import types

from dualjit.errors import ArgnumsError, OutputError
from dualjit.frontend.dispatcher import Derivative, Implementation
from dualjit.frontend.vectorized import as_function
from dualjit.transforms.arguments import Selection, flat_arguments, python_function, select, signature_of
from dualjit.transforms.reverse import ReversePass, check_scalar
from dualjit.transforms.source import Writer, build, header, identifier
from dualjit.transforms.structure import check_differentiable, is_tuple


def grad(f: Callable, argnums=0, has_aux: bool = False) -> Derivative:
    """Gradient of ``f``, a function that returns one real number.

    Parameters
    ----------
    f : callable
        Python function, or function jitted with ``numba.njit``; its code need not know about derivatives.
    argnums : int, str, or tuple of these
        Which arguments to differentiate with respect to: positions (negative ones count from the end) or names.
    has_aux : bool
        ``f`` returns a pair ``(y, aux)``; ``aux`` is returned beside the gradient.

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
    return _derivative(f, argnums, has_aux, value=False)


def value_and_grad(f: Callable, argnums=0, has_aux: bool = False) -> Derivative:
    """Value and gradient of ``f``, a function that returns one real number.

    Parameters
    ----------
    f, argnums, has_aux
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
    return _derivative(f, argnums, has_aux, value=True)


def _derivative(f, argnums, has_aux: bool, value: bool) -> Derivative:
    f = as_function(f)
    selection = select(f, argnums)
    kind = "value_and_grad" if value else "grad"
    name = identifier(f"{kind}_{python_function(f).__name__}")
    names: dict = {}
    skeleton = build(name, header(name, signature_of(f), names) + "\n    pass\n", names)
    skeleton.__doc__ = (
        f"{'Value and gradient' if value else 'Gradient'} of {python_function(f).__name__} by reverse mode."
    )
    implement = GradientDriver(f, name, selection, has_aux, value)
    return Derivative(skeleton, implement, f, (value_and_grad if value else grad, (f, argnums, has_aux), {}))


class GradientDriver(Implementation):
    """Writes the driver for given argument types."""

    def __init__(self, f, name: str, selection: Selection, has_aux: bool, value: bool):
        self.f, self.name, self.selection, self.has_aux, self.value = f, name, selection, has_aux, value

    def __call__(self, argtypes: tuple) -> Callable:
        reverse = self.reverse_pass(argtypes)
        w = Writer()
        self.write(w, reverse)
        return build(self.name, w.text(header(self.name, signature_of(self.f), w.names)), w.names)

    def reverse_pass(self, argtypes: tuple) -> ReversePass:
        """The adjoint for these types, after the checks."""
        names, given = flat_arguments(self.f, argtypes)
        check_selected(self.selection, names, given, self.name)

        def make(value: bool) -> ReversePass:
            return ReversePass(
                self.f, given, names, self.selection.positions, value=value, aux=self.has_aux, check=self.check
            )

        reverse = make(self.value or self.has_aux)
        optional = isinstance(reverse.return_type, types.Optional)  # that it isn't None is checked at run time
        return make(True) if optional else reverse

    def check(self, t: types.Type) -> None:
        """Raise unless the answer is one number (and something beside)."""
        name = python_function(self.f).__name__
        check_scalar(differentiated(types.unliteral(t), self.has_aux, name), name)

    def write(self, w: Writer, reverse: ReversePass) -> None:
        reverse.check_aliases(w)
        zero = reverse.zero(w)
        shadows = reverse.shadows(w, zero)
        seed = f"{w.bind('real', reverse.zero_type)}(1.0)"
        answer = reverse.call(w, shadows, [seed] * len(reverse.adjoint.seeded()), zero)
        returned = 1 if reverse.adjoint.seeds.value else 0
        if isinstance(reverse.return_type, types.Optional):
            with w.block(f"if {answer}[0] is None:"):
                message = f"{reverse.name} returned None instead of a number"
                w(f"raise {w.bind('OutputError', OutputError)}({message!r})")
        gradients = reverse.gradients(w, shadows, answer, returned)
        chosen = [gradients.get(i, "None") for i in self.selection.positions]
        gradient = chosen[0] if self.selection.single else f"({', '.join(chosen)},)"
        w(f"return {self.result(answer, gradient, reverse, w)}")

    def result(self, answer: str, gradient: str, reverse: ReversePass, w: Writer) -> str:
        if self.value:
            return f"{answer}[0], {gradient}"
        return f"{gradient}, {answer}[0][1]" if self.has_aux else gradient


def check_selected(selection: Selection, names: list[str], given: tuple, name: str) -> None:
    """Raise unless the selected arguments are there and can be differentiated."""
    for i in selection.positions:
        if i >= len(given):
            raise ArgnumsError(f"argnums has position {i}, but {name} was called with {len(given)} arguments")
        check_differentiable(given[i], names[i])


def differentiated(t: types.Type, has_aux: bool, name: str) -> types.Type:
    """The type of what is differentiated of an answer."""
    if not has_aux:
        return t
    if not is_tuple(t) or len(t.types) != 2:
        raise OutputError(f"{name} returns {t}; with has_aux=True it has to return a pair (y, aux)")
    return t.types[0]
