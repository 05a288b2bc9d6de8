"""``jvp``: value and directional derivative, one pass with one partial."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import types
from numba.extending import overload

from dualjit.errors import ArgumentCountError, DTypeError, ShapeError, StructureError
from dualjit.frontend.dispatcher import Derivative
from dualjit.frontend.vectorized import as_function
from dualjit.numbers import blocks
from dualjit.numbers.intrinsics import partial
from dualjit.numbers.lifting import from_partial
from dualjit.numbers.types import Marked
from dualjit.transforms.arguments import check_primals, python_function, signature_of
from dualjit.transforms.columns import zero
from dualjit.transforms.derivatives import Driver
from dualjit.transforms.forward import ForwardPass, base_of, carries, mapped, named, primal_of, without_none
from dualjit.transforms.once import once_per_function
from dualjit.transforms.source import Writer
from dualjit.transforms.structure import check_output, differentiated, is_list, is_tuple, item_type, leaves, scalar_type


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
        self.write(w, forward_of_primals(self.f, primals, 1), tangents)
        return self.function(w)

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


def forward_of_primals(f: Callable, primals: types.BaseTuple, lanes: int) -> ForwardPass:
    """The pass with duals for all arguments, which are in a tuple called ``primals``."""
    names = check_primals(f, primals)
    return ForwardPass(f, tuple(primals.types), names, tuple(range(len(names))), lanes)


def check_count(f: Callable, given: int) -> None:
    """Raise unless ``f`` can be called with so many arguments."""
    signature = signature_of(f)
    try:
        signature.bind(*[None] * given)
    except TypeError as error:
        raise ArgumentCountError(
            f"{python_function(f).__name__}{signature} was given {given} primals: {error}; give one primal per argument"
        ) from None


def check_structure(primals: types.Type, tangents: types.Type, name: str = "tangents") -> None:
    """Raise unless tangents are nested like primals and have real numbers where these have."""
    if is_tuple(primals):
        if not is_tuple(tangents) or len(tangents.types) != len(primals.types):
            what = f"a tuple of {len(tangents.types)}" if is_tuple(tangents) else str(tangents)
            raise StructureError(
                f"{name} is {what}, expected a tuple of {len(primals.types)} like the primals: "
                "give one tangent for each primal"
            )
        for i, (p, t) in enumerate(zip(primals.types, tangents.types, strict=True)):
            check_structure(p, t, f"{name}[{i}]")
        return
    if is_list(primals) and is_list(tangents):
        check_structure(item_type(primals), item_type(tangents), f"{name}[...]")
        return
    if form_of(primals) != form_of(tangents):
        raise StructureError(
            f"{name} has type {tangents}, its primal has type {primals}: "
            "give a tangent with the structure and dimensions of the primal"
        )
    number = scalar_type(tangents)
    if isinstance(number, types.Complex) or not isinstance(number, (types.Number, types.Boolean, Marked)):
        raise DTypeError(f"{name} has type {tangents}: tangents are real numbers, complex ones have no meaning here")


def form_of(t: types.Type) -> object:
    """The dimensions of an array, 0 for a number, else the kind of the type."""
    if isinstance(t, types.Array):
        return t.ndim, "array"
    return type(t) if is_tuple(t) or is_list(t) else 0


def with_tangent(w: Writer, expr: str, t: types.Type, direction: str, wanted: types.Type) -> str:
    """Write the pair of a primal and its direction."""
    for (primal, leaf), tangent in zip(leaves(t, expr), (e for e, _ in leaves(t, direction)), strict=True):
        if is_list(leaf):
            check_lists(w, primal, leaf, tangent)
        elif isinstance(leaf, types.Array):
            check_shapes(w, primal, tangent)

    def array(exprs, source, target):
        return f"{w.bind('paired', blocks.paired)}({', '.join(exprs)}, {w.bind('T', target.dtype)})"

    def number(exprs, source, target):
        return f"{w.bind('from_partial', from_partial)}({w.bind('T', target)}, {', '.join(exprs)})"

    return named(w, "d", mapped(w, [expr, direction], t, wanted, array, number))


def check_lists(w: Writer, primal: str, t: types.Type, tangent: str) -> None:
    """Lengths of lists, and the shapes of arrays in them."""
    lengths = f"({{}}, (len({tangent}),), (len({primal}),))"
    with w.block(f"if len({tangent}) != len({primal}):"):
        w(f"raise {w.bind('ShapeError', ShapeError)}{lengths.format(repr('the tangent, a list,'))}")
    if isinstance(item_type(t), types.Array):
        i = w.fresh("i")
        with w.block(f"for {i} in range(len({primal})):"):
            check_shapes(w, f"{primal}[{i}]", f"{tangent}[{i}]")


def check_shapes(w: Writer, primal: str, tangent: str) -> None:
    with w.block(f"if {tangent}.shape != {primal}.shape:"):
        w(f"raise {w.bind('ShapeError', ShapeError)}('the tangent', {tangent}.shape, {primal}.shape)")


def tangent_of(w: Writer, expr: str, t: types.Type, level: int) -> str:
    """Write the partials of an answer; zero where it has none."""

    def array(exprs, source, target):
        if carries(source, level):
            return f"{w.bind('tangents', blocks.tangents)}({exprs[0]})"
        return f"{w.bind('zeros', np.zeros)}({exprs[0]}.shape, {w.bind('base', target.dtype)})"

    def number(exprs, source, target):
        return f"{w.bind('partial', partial)}({exprs[0]}, 0)" if carries(source, level) else zero(w, target)

    return named(w, "t", mapped(w, [expr], t, base_of(t, level), array, number))
