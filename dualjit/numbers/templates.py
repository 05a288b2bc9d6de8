"""Typing of scalar rows: the primal's type of the stripped arguments, marked as the arguments were.

One idea: nothing about the types of a function is written down twice.  The same key is resolved on the stripped
arguments and the marker goes back on the answer, and on each argument which carried it (so that an implicit
cast of the primal, ``float32 * int64``, is done here too).  What would lose the marker is not typed.
"""

from __future__ import annotations

import operator
from functools import reduce

import numpy as np
from numba.core import types
from numba.core.errors import TypingError
from numba.core.typing import signature
from numba.core.typing.templates import AbstractTemplate, infer_global

from dualjit.numbers.primal import signature_of
from dualjit.numbers.types import Marked, Slope, promote
from dualjit.rules.complex import takes_complex

IN_PLACE = {
    operator.iadd,
    operator.isub,
    operator.imul,
    operator.itruediv,
    operator.ifloordiv,
    operator.imod,
    operator.ipow,
}


SUMS = {operator.add, operator.iadd, np.add, operator.sub, operator.isub, np.subtract}
"""What may be done to slopes, which stand on the left: see :mod:`dualjit.numbers.slopes`."""

NUMBERS = (types.Float, types.Complex)  # what can be marked
OPERANDS = (Marked, types.Number, types.Boolean, types.Array, types.Optional)


def number_of(type):
    """The number that a scalar or an array consists of, as far as it is marked, else None."""
    if isinstance(type, types.Optional):
        type = type.type
    if isinstance(type, types.Array):
        type = type.dtype
    return type if isinstance(type, Marked) else None


def is_slope(type):
    """Is this a slope, or an array of them?"""
    return isinstance(type.dtype if isinstance(type, types.Array) else type, Slope)


def fits_slope(slope, other):
    """Can this be added to a slope, or to an array of them?"""
    element = other.dtype if isinstance(other, types.Array) else other
    dual = slope.dtype.dual if isinstance(slope, types.Array) else slope.dual
    return promote(dual, element) == dual and (isinstance(slope, types.Array) or element is other)


def remark(primal, marker):
    """The primal's type of an answer, marked; None when it has no place for the marker."""
    if isinstance(primal, NUMBERS):
        return marker.over(primal)
    if isinstance(primal, types.Array) and isinstance(primal.dtype, NUMBERS):
        return primal.copy(dtype=marker.over(primal.dtype))
    if isinstance(primal, types.BaseTuple):
        return types.Tuple([remark(t, marker) or t for t in primal])
    return None


def _stripped(type):
    number = number_of(type)
    if number is None:
        return type
    return type.copy(dtype=number.scalar) if isinstance(type, types.Array) else number.scalar


def _argument(given, primal):
    number = number_of(given)
    if isinstance(primal, types.Complex) and not isinstance(given, types.Complex | types.Optional):
        # a real number among complex ones: the rule makes use of its being real
        return types.unliteral(given)
    return primal if number is None else remark(primal, number)


def is_complex(type):
    """Is this a complex number, or an array of them, not marked?"""
    return isinstance(type.dtype if isinstance(type, types.Array) else type, types.Complex)


class RowTemplate(AbstractTemplate):
    """Types one callable of a row on marked scalars, and on arrays of them where the primal does."""

    active = True

    def generic(self, args, kws):
        if self.function in SUMS and len(args) == 2 and is_slope(args[0]):
            return signature(args[0], *args) if fits_slope(*args) else None
        numbers = [n for n in map(number_of, args) if n is not None]
        if not numbers or kws or not all(isinstance(t, OPERANDS) for t in args):
            return None
        if isinstance(self.function, np.ufunc) and len(args) > self.function.nin:
            return None  # the front end makes an output argument an assignment
        marker = reduce(lambda a, b: a and promote(a, b), numbers)
        primal = signature_of(self.context, self.function, tuple(map(_stripped, args)))
        if marker is None or primal is None or len(primal.args) != len(args):
            return None
        if any(map(is_complex, (primal.return_type, *primal.args))) and not self.takes_complex(len(args), primal):
            raise TypingError(f"'{self.function.__name__}' of complex numbers has no rule")
        given = tuple(map(_argument, args, primal.args))
        if self.function in IN_PLACE and isinstance(args[0], types.Array):
            # an unmarked array can't receive marked numbers
            fits = number_of(args[0]) is not None and promote(args[0].dtype, marker) == args[0].dtype
            return signature(args[0], *given) if fits else None
        answer = remark(primal.return_type, marker) if self.active else primal.return_type
        return None if answer is None or None in given else signature(answer, *given)

    def takes_complex(self, arity, primal):
        """Is the meaning of the function known for complex numbers, where its answer carries a derivative?"""
        if self.active:
            return takes_complex(self.function, arity)
        return not is_complex(primal.return_type)

    def get_impl_key(self, sig):
        """Whole arrays have code of their own, which Numba's for arrays of any elements must not hide."""
        whole = any(isinstance(t, types.Array) for t in sig.args)
        return elementwise_key(self.function) if whole else super().get_impl_key(sig)


def elementwise_key(function):
    """Under which key the code of ``function`` on arrays of marked numbers is registered."""
    return "elementwise", function


def register_template(key, active):
    """Give ``key`` the typing of a row.

    It is entered twice: for all targets, where Numba asks it after its own templates; and for the CPU target alone,
    where it is therefore asked first, which makes type inference of dual code about a third faster.
    """
    for metadata in ({}, {"target": "cpu"}):
        # static, since a Python function would be bound as a method
        members = {"function": staticmethod(key), "active": active, "metadata": metadata}
        infer_global(key)(type(f"Row_{getattr(key, '__name__', key)}", (RowTemplate,), members))
