"""Attributes of marked numbers: ``x.real`` is the number itself, ``x.imag`` a float zero, as for floats."""

from __future__ import annotations

from numba.core import types
from numba.core.imputils import lower_getattr
from numba.core.typing import signature
from numba.core.typing.templates import AttributeTemplate, bound_function, infer_getattr

from dualjit.numbers.types import Dual, Marked


@infer_getattr
class MarkedAttributes(AttributeTemplate):
    """Both kinds of marked numbers."""

    key = Marked

    def resolve_real(self, number):
        return number

    def resolve_imag(self, number):
        return number.scalar

    def resolve___class__(self, number):
        # type(x) is what makes numbers of the primal's type; called with an active number it gives an active one.
        return types.NumberClass(number.scalar)

    @bound_function("complex.conjugate")
    def resolve_conjugate(self, number, args, kws):
        return signature(number)


@lower_getattr(Dual, "real")
def real(context, builder, type, number):
    return number


@lower_getattr(Dual, "imag")
def imag(context, builder, type, number):
    return context.get_constant(type.scalar, 0.0)
