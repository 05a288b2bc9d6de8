"""Casts, constants, parts and number classes of marked complex numbers.

One idea: up only, as among real numbers: whatever is a number becomes complex, nothing that is complex becomes real.
"""

from __future__ import annotations

from numba.core import types
from numba.core.imputils import lower_cast, lower_constant, lower_getattr
from numba.core.typing.templates import AttributeTemplate, infer_getattr

from dualjit.numbers.algebra import Algebra
from dualjit.numbers.complex_algebra import ComplexAlgebra, ComplexNumber
from dualjit.numbers.conversions import class_template
from dualjit.numbers.forms import Leaf, leaf_of
from dualjit.numbers.types import Dual, MarkedComplex


def algebra_of(context, builder, type):
    return ComplexAlgebra(Algebra(context, builder, type.part.scalar))


@lower_cast(types.Float, MarkedComplex)
@lower_cast(types.Integer, MarkedComplex)
@lower_cast(types.IntegerLiteral, MarkedComplex)
@lower_cast(types.Boolean, MarkedComplex)
@lower_cast(types.BooleanLiteral, MarkedComplex)
@lower_cast(types.Complex, MarkedComplex)
@lower_cast(Dual, MarkedComplex)
@lower_cast(MarkedComplex, MarkedComplex)
def to_complex(context, builder, fromty, toty, value):
    if isinstance(fromty, types.Literal):
        return lower_number(context, builder, toty, fromty.literal_value)
    algebra = algebra_of(context, builder, toty)
    return algebra.pack(toty, algebra.unpack(fromty, value))


@lower_constant(MarkedComplex)
def lower_number(context, builder, type, number):
    """A Python number as a constant of a marked complex type."""
    algebra, number = algebra_of(context, builder, type), complex(number)
    return algebra.pack(type, ComplexNumber(Leaf(None, number.real), Leaf(None, number.imag)))


@lower_cast(MarkedComplex, types.Boolean)
def to_truth(context, builder, fromty, toty, value):
    algebra = algebra_of(context, builder, fromty)
    leaf = algebra.typed(algebra.unpack(fromty, value).map(leaf_of), fromty.scalar)
    return context.cast(builder, leaf, fromty.scalar, toty)


@infer_getattr
class ComplexAttributes(AttributeTemplate):
    """The two parts."""

    key = MarkedComplex

    def resolve_real(self, number):
        return number.part

    def resolve_imag(self, number):
        return number.part


@lower_getattr(MarkedComplex, "real")
def real(context, builder, type, number):
    return context.data_model_manager[type].split(builder, number)[0]


@lower_getattr(MarkedComplex, "imag")
def imag(context, builder, type, number):
    return context.data_model_manager[type].split(builder, number)[1]


for _number in types.complex_domain:
    class_template(_number)
