"""``jvp``: value and directional derivative, one pass with one partial."""

from __future__ import annotations

from collections.abc import Callable

from numba import types
from numba.extending import overload

from dualjit.errors import ArgumentCountError, StructureError
from dualjit.frontend.dispatcher import Derivative
from dualjit.frontend.vectorized import as_function
from dualjit.transforms.arguments import check_primals, python_function, signature_of
from dualjit.transforms.derivatives import Driver
from dualjit.transforms.directions import check_structure, tangent_of, with_tangent
from dualjit.transforms.forward import ForwardPass, primal_of, without_none
from dualjit.transforms.once import once_per_function
from dualjit.transforms.source import Writer
from dualjit.transforms.structure import check_output, differentiated
from dualjit.transforms.transposed import PulledTangent, pullback_by


def jvp(f: Callable, primals: tuple, tangents: tuple, *, has_aux: bool = False) -> tuple:
    """Value of ``f`` and its derivative along a direction (Jacobian-vector product).

    Parameters
    ----------
    f : callable
        Python function, or function jitted with ``numba.njit``.
    primals : tuple
        Arguments of ``f``: floats, float arrays, and tuples of these.
    tangents : tuple
        The direction: the structure and shapes of ``primals``.
    has_aux : bool
        ``f`` returns a pair ``(y, aux)``; ``aux`` is returned as it is.

    Returns
    -------
    y : like the answer of ``f``
        Bit for bit what ``f`` itself returns.
    y_dot : like ``y``
        ``J(x) @ x_dot``.
    aux
        With ``has_aux`` alone.

    Raises
    ------
    StructureError, ShapeError, DTypeError
        Tangents do not fit the primals.
    UnsupportedError
        Active data reaches something whose derivative is not known.

    Notes
    -----
    Cost: one pass, about 1 to 2.5 evaluations of ``f``.  May be called inside ``@njit`` functions, too.
    Source: Griewank and Walther, Evaluating Derivatives, section 3.1.

    Examples
    --------
    >>> import math
    >>> import dualjit as dj
    >>> dj.jvp(lambda x: math.sin(x), (0.0,), (2.0,))
    (0.0, 2.0)
    """
    _check_tuples(primals, tangents)
    return driver(f, has_aux)(primals, tangents)


def driver(f: Callable, has_aux: bool = False) -> Derivative:
    """The dispatcher ``(primals, tangents) -> (y, y_dot[, aux])`` of ``f``; one per function."""
    return _driver(as_function(f), has_aux)


jvp.derivative_of = driver  # what the front end calls in its place


@once_per_function
def _driver(f: Callable, has_aux: bool) -> Derivative:
    return _Body(f, has_aux).derivative(driver, f, has_aux)


def _check_tuples(primals, tangents) -> None:
    for what, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, tuple):
            raise StructureError(
                f"{what} is a {type(given).__name__}, expected a tuple with one entry per argument: "
                f"write ({what[:-1]},)"
            )


@overload(jvp)
def _jvp_in_jitted_code(f, primals, tangents):
    function = getattr(f, "dispatcher", None)
    if function is None:
        return None
    compiled = driver(getattr(function, "function", function))  # inside differentiated code f is a twin
    return lambda f, primals, tangents: compiled(primals, tangents)


class _Body(Driver):
    """Writes the driver for given types of primals and tangents."""

    def __init__(self, f, has_aux: bool):
        super().__init__(f, "jvp", ("primals", "tangents"))
        self.has_aux = has_aux

    def __call__(self, argtypes: tuple) -> Callable:
        primals, tangents = argtypes
        check_structure(primals, tangents)
        check_count(self.f, len(primals.types))
        w = Writer()
        self.write(w, forward_of_primals(self.f, primals, 1, tangents), tangents)
        return self.function(w)

    def pullback(self, count):
        return None if self.has_aux else pullback_by(PulledTangent(self.f))

    def write(self, w: Writer, forward: ForwardPass, tangents: types.Type) -> None:
        forward.check_aliases(w)
        duals = {}
        for i, (name, t) in enumerate(zip(forward.names, forward.given, strict=True)):
            direction = f"tangents[{i}]"
            duals[i] = with_tangent(w, name, t, direction, forward.wanted[i])
        forward.call(w, duals, "_dj_answer")
        given = differentiated(forward.return_type, self.has_aux, forward.name)
        check_output(given, forward.name)
        answer, given = without_none(w, "_dj_answer[0]" if self.has_aux else "_dj_answer", given, forward.name)
        parts = [primal_of(w, answer, given, forward.level), tangent_of(w, answer, given, forward.level)]
        if self.has_aux:
            parts.append(primal_of(w, "_dj_answer[1]", forward.return_type.types[1], forward.level))
        w(f"return {', '.join(parts)}")


def forward_of_primals(f: Callable, primals: types.BaseTuple, lanes: int, *beside: types.Type) -> ForwardPass:
    """The pass with duals for all arguments, which are in a tuple called ``primals``."""
    names = check_primals(f, primals)
    return ForwardPass(f, tuple(primals.types), names, tuple(range(len(names))), lanes, beside)


def check_count(f: Callable, given: int) -> None:
    """Raise unless ``f`` can be called with so many arguments."""
    signature = signature_of(f)
    try:
        signature.bind(*[None] * given)
    except TypeError as error:
        raise ArgumentCountError(
            f"{python_function(f).__name__}{signature} was given {given} primals: {error}; give one primal per argument"
        ) from None
