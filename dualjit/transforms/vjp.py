"""``vjp``.

The value of a function and its pullback, which takes cotangents of the answer to cotangents of the arguments.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit

from dualjit.errors import ArgumentCountError, ShapeError, StructureError
from dualjit.frontend.dispatcher import Derivative
from dualjit.frontend.twin import Twin
from dualjit.frontend.vectorized import as_function
from dualjit.transforms.arguments import check_primals, python_function, star_position
from dualjit.transforms.derivatives import Driver
from dualjit.transforms.jvp import check_count
from dualjit.transforms.once import once_per_function
from dualjit.transforms.reverse import ReversePass
from dualjit.transforms.source import Writer
from dualjit.transforms.structure import check_output, differentiated, is_active, leaves, not_a_pair
from dualjit.transforms.values import copied


def vjp(f: Callable, *primals, has_aux: bool = False) -> tuple:
    """Value of ``f`` and its pullback (vector-Jacobian products).

    Parameters
    ----------
    f : callable
        Python function, or function jitted with ``numba.njit``.
    *primals
        Arguments of ``f``: floats, float arrays, lists and tuples of these.
    has_aux : bool
        ``f`` returns a pair ``(y, aux)``; ``aux`` is returned as it is.

    Returns
    -------
    y : like the answer of ``f``
    pullback : Pullback
        ``pullback(u)``, for a cotangent ``u`` of the structure and shapes of ``y``, is the tuple of ``uᵀ J`` with one
        entry for each primal.
    aux
        With ``has_aux`` alone.

    Raises
    ------
    StructureError, ShapeError, DTypeError
        Primals that have no derivative; a cotangent that does not fit the answer (when the pullback is called).
    UnsupportedError
        Active data reaches something whose derivative is not known (when the pullback is first called).

    Notes
    -----
    Cost: ``vjp`` one evaluation of ``f``; each pullback one forward and one reverse sweep, together about 2 to 5.
    Source: Griewank and Walther, Evaluating Derivatives, section 3.2.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> y, pullback = dj.vjp(lambda x, s: x * s, np.array([1.0, 2.0]), 3.0)
    >>> y
    array([3., 6.])
    >>> pullback(np.array([1.0, 1.0]))
    (array([3., 3.]), 3.0)
    """
    f = as_function(f)
    check_count(f, len(primals))
    point = copied(primals)
    answer = compiled_primal(f)(*copied(primals))
    if not has_aux:
        return answer, Pullback(f, point, answer)
    if not isinstance(answer, tuple) or len(answer) != 2:
        raise not_a_pair(python_function(f).__name__, type(answer).__name__)
    return answer[0], Pullback(f, point, answer[0], has_aux=True), answer[1]


class Pullback:
    """Takes a cotangent of the answer of a function, at a point, to cotangents of its arguments."""

    def __init__(self, f: Callable, primals: tuple, answer, has_aux: bool = False):
        self._driver, self._primals, self._answer = driver(f, has_aux), primals, answer

    def __call__(self, *cotangents):
        """The tuple of cotangents of the primals, from one of the answer."""
        if len(cotangents) != 1:
            raise ArgumentCountError(
                f"the pullback was given {len(cotangents)} cotangents, expected one: "
                f"{describe(self._answer)} like the answer"
            )
        (cotangent,) = cotangents
        return self._driver(self._primals, fitted(cotangent, self._answer))


def driver(f: Callable, has_aux: bool = False) -> Derivative:
    """The dispatcher ``(primals, cotangent) -> cotangents of the primals`` of ``f``; one per function."""
    return _driver(f, has_aux)


@once_per_function
def _driver(f: Callable, has_aux: bool) -> Derivative:
    return _Body(f, has_aux).derivative(driver, f, has_aux)


def compiled_primal(f: Callable) -> Callable:
    """``f`` itself, compiled; of a Python function also what it calls."""
    return f if hasattr(f, "py_func") else _compiled(f)


@once_per_function
def _compiled(f: Callable) -> Callable:
    return njit(f) if star_position(f) is not None else _Primal(f, "value").derivative(_compiled, f)


class _Primal(Driver):
    """Writes the call of the function, compiled as derivatives are: functions that it calls need not be jitted."""

    def __call__(self, argtypes: tuple) -> Callable:
        w = Writer()
        twin = Twin.of(self.f).specialise(argtypes).twin
        w(f"return {w.bind('twin', twin)}({', '.join(self.signature.parameters)})")
        return self.function(w)


class _Body(Driver):
    """Writes the driver for given types."""

    def __init__(self, f, has_aux: bool):
        super().__init__(f, "vjp", ("primals", "cotangent"))
        self.has_aux = has_aux

    def __call__(self, argtypes: tuple) -> Callable:
        primals, cotangent = argtypes
        reverse = reverse_of_primals(self.f, primals, aux=self.has_aux)
        w = Writer()
        reverse.check_aliases(w)
        zero = reverse.zero(w)
        shadows = reverse.shadows(w, zero)
        answer_type = differentiated(reverse.return_type, self.has_aux, reverse.name)
        seeds = active_parts(cotangent, "cotangent", answer_type)
        answer = reverse.call(w, shadows, seeds, zero)
        gradients = reverse.gradients(w, shadows, answer, 0)
        w(f"return ({', '.join(gradients[i] for i in range(len(primals.types)))},)")
        return self.function(w)


def active_parts(t, expr: str, answer) -> list[str]:
    """The parts of a cotangent of which the adjoint takes a seed: where the answer depends on the arguments."""
    return [e for (e, _), (_, part) in zip(leaves(t, expr), leaves(answer, ""), strict=True) if is_active(part)]


def reverse_of_primals(f: Callable, primals, aux: bool = False) -> ReversePass:
    """The adjoint with respect to all arguments, which are in a tuple called ``primals``."""
    names = check_primals(f, primals)
    reverse = ReversePass(f, tuple(primals.types), names, tuple(range(len(names))), aux=aux)
    check_output(differentiated(reverse.return_type, aux, reverse.name), reverse.name)
    return reverse


def fitted(cotangent, answer, where: str = "the cotangent"):
    """The cotangent as numbers and arrays like those of the answer; raises where it does not fit."""
    if isinstance(answer, tuple):
        if not isinstance(cotangent, tuple) or len(cotangent) != len(answer):
            raise StructureError(f"{where} is {describe(cotangent)}, expected {describe(answer)} like the answer")
        return tuple(fitted(c, a, f"{where}[{i}]") for i, (c, a) in enumerate(zip(cotangent, answer, strict=True)))
    if isinstance(answer, list):
        raise StructureError(f"{where}: the answer is a list; return a tuple or an array")
    if isinstance(cotangent, (tuple, list)) or np.iscomplexobj(cotangent):
        raise StructureError(f"{where} is {describe(cotangent)}, expected {describe(answer)} like the answer")
    if np.shape(cotangent) != np.shape(answer):
        raise ShapeError(where, np.shape(cotangent), np.shape(answer))
    if isinstance(answer, np.ndarray):
        return np.ascontiguousarray(cotangent, dtype=answer.dtype).reshape(answer.shape)
    return float(cotangent)


def describe(value) -> str:
    """What kind of thing a value is."""
    if isinstance(value, tuple):
        return f"a tuple of {len(value)}"
    return f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"
