"""``grad`` and ``value_and_grad``: the gradient of a function that returns one number, by one reverse sweep."""

from __future__ import annotations

from collections.abc import Callable

from dualjit.frontend.dispatcher import Derivative
from dualjit.frontend.vectorized import as_function
from dualjit.transforms.derivatives import Deferred, Driver
from dualjit.transforms.selection import select


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
    selection = select(f, argnums)

    def make() -> Driver:
        from dualjit.transforms.gradient import GradientDriver

        return GradientDriver(f, transform.__name__, selection, has_aux, value)

    driver = Deferred(f, transform.__name__, make)
    doc = f"{'Value and gradient' if value else 'Gradient'} of {driver.primal_name} by reverse mode."
    return driver.derivative(transform, f, argnums, has_aux, doc=doc, cache=cache)
