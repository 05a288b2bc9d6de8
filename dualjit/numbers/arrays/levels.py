"""Takes arrays of duals apart, one level at a time, and puts them together.

One idea: an array of ``Dual(base, n)`` is an array of values and an array of partials with one axis more, both of the
base's type.  A linear operation is applied to both by itself, one level down; so it works for every nesting.
"""

from __future__ import annotations

import numpy as np
from numba.core import types
from numba.core.errors import TypingError
from numba.extending import intrinsic, overload, register_jitable

from dualjit.numbers.intrinsics import from_partials, primal, store_partials, value
from dualjit.numbers.lifting import lifted
from dualjit.numbers.types import Dual, Marked, marker_of, promote


def meet(*ts: types.Type) -> types.Type:
    """The type of numbers that hold elements of all of these arrays and numbers, at least one of which is marked."""
    answer = element(ts[0])
    for t in ts[1:]:
        other = element(t)
        if isinstance(answer, Marked) or isinstance(other, Marked):
            joined = promote(answer, other)
            if joined is None:
                raise TypingError(f"{answer} and {other} have no common type")
            answer = joined
        elif isinstance(other, types.Float) and not (
            isinstance(answer, types.Float) and answer.bitwidth > other.bitwidth
        ):
            answer = other
    return answer


def element(t: types.Type) -> types.Type:
    """The numbers in an array, list or tuple; a number itself."""
    t = types.unliteral(t)
    if isinstance(t, types.BaseTuple):
        return meet(*t.types)
    inner = getattr(t, "dtype", None)
    return element(inner) if isinstance(inner, types.Type) and not isinstance(t, types.Number) else t


def scalar_of(t: types.Type) -> types.Float:
    """The plain number under the elements."""
    found = element(t)
    return found.scalar if isinstance(found, Marked) else found


def on_top(t: types.Type, marked: Dual) -> bool:
    """Do the elements have the highest level of ``marked``?"""
    found = element(t)
    return isinstance(found, Dual) and found.level == marked.level


def is_none(t) -> bool:
    """Is this parameter left out or None?"""
    return t is None or isinstance(t, types.NoneType) or (isinstance(t, types.Omitted) and t.value is None)


def is_false(t) -> bool:
    """Is this parameter left out with default False?"""
    return isinstance(t, types.Omitted) and t.value is False


def primals(x):
    """The innermost floats: a fresh array of the same order for an array of duals, anything unmarked as it is."""
    raise NotImplementedError("compiled code only")


def values(x):
    """One level down: a fresh array of the same order, or a number."""
    raise NotImplementedError("compiled code only")


def partials(x):
    """Partials of the highest level: a fresh array with one axis more, in C order."""
    raise NotImplementedError("compiled code only")


def assembled(v, p, marked):
    """The array of duals with values ``v`` and partials ``p`` (in C order), in the order of ``v``."""
    raise NotImplementedError("compiled code only")


def with_values(x, v):
    """Replace the values of an array of duals, in place."""
    raise NotImplementedError("compiled code only")


@overload(primals)
def _primals(x):
    if marker_of(x) is None:
        return lambda x: x
    if isinstance(x, Dual):
        return lambda x: primal(x)
    if isinstance(x, types.Array):
        return mapped(x, primal, x.dtype.scalar)
    return None


@overload(values)
def _values(x):
    if isinstance(x, Dual):
        return lambda x: value(x)
    return mapped(x, value, x.dtype.base)


def mapped(x: types.Array, function, dtype):
    """An implementation that applies a function of numbers to each element, keeping the order in memory."""
    if x.layout == "F" and x.ndim > 1:

        def impl(x):
            answer = np.empty(x.shape[::-1], dtype)
            flat, source = answer.reshape(answer.size), x.T.reshape(x.size)
            for i in range(x.size):
                flat[i] = function(source[i])
            return answer.T

    elif x.layout == "A" or x.ndim == 0:

        def impl(x):
            answer = np.empty(x.shape, dtype)
            for i, v in np.ndenumerate(x):
                answer[i] = function(v)
            return answer

    else:

        def impl(x):
            answer = np.empty(x.shape, dtype)
            flat, source = answer.reshape(answer.size), x.reshape(x.size)
            for i in range(x.size):
                flat[i] = function(source[i])
            return answer

    return impl


@overload(partials)
def _partials(x):
    base, n = x.dtype.base, x.dtype.n

    def impl(x):
        answer = np.empty(x.size * n, base)
        start = 0
        for _, d in np.ndenumerate(x):
            store_partials(d, answer, start, 0, n)
            start += n
        return answer.reshape(x.shape + (n,))  # noqa: RUF005 (compiled)

    return impl


@overload(assembled)
def _assembled(v, p, marked):
    element_type, n, transposed = marked.instance_type, marked.instance_type.n, v.layout == "F"

    def impl(v, p, marked):
        answer = np.empty(v.shape[::-1], element_type).T if transposed else np.empty(v.shape, element_type)
        source, start = p.reshape(p.size), 0
        for i, u in np.ndenumerate(v):
            answer[i] = from_partials(element_type, u, source[start : start + n])
            start += n
        return answer

    return impl


def slopes(x, marked):
    """A function that takes an array to its partials of the level of ``marked``, zero if it has none."""
    base, n = marked.base, marked.n
    if not on_top(x, marked):
        return register_jitable(lambda x: np.zeros(x.shape + (n,), base))  # noqa: RUF005 (compiled)
    if x.dtype.base == base:
        return register_jitable(lambda x: partials(x))
    return register_jitable(lambda x: lifted(partials(x), base))


def below(t, marked):
    """A function that takes an array one level down, if it has the level of ``marked``."""
    return values if on_top(t, marked) else same


@register_jitable
def same(x):
    return x


@overload(with_values)
def _with_values(x, v):
    def impl(x, v):
        for i, u in np.ndenumerate(v):
            x[i] = with_value(x[i], u)
        return x

    return impl


@intrinsic
def with_primal(typingctx, d, v):
    """The dual number with another innermost value and the same partials at all levels."""
    if not isinstance(d, Dual):
        return None

    def code(context, builder, sig, args):
        def replaced(t, number):
            if not isinstance(t, Dual):
                return context.cast(builder, args[1], v, t)
            model = context.data_model_manager[t]
            inner, own = model.split(builder, number)
            return model.join(builder, replaced(t.base, inner), own)

        return replaced(d, args[0])

    return d(d, v), code


@intrinsic
def with_value(typingctx, d, v):
    """The dual number with another value and the same partials."""
    if not isinstance(d, Dual):
        return None

    def code(context, builder, sig, args):
        model = context.data_model_manager[d]
        _, own = model.split(builder, args[0])
        return model.join(builder, context.cast(builder, args[1], v, d.base), own)

    return d(d, v), code


__all__ = [
    "assembled",
    "below",
    "element",
    "is_false",
    "is_none",
    "meet",
    "on_top",
    "partials",
    "primals",
    "same",
    "scalar_of",
    "slopes",
    "values",
    "with_primal",
    "with_value",
    "with_values",
]
