"""Casts: what becomes a dual number, and the little that a dual number becomes.

One idea: up only.  A float, an integer or a dual with fewer levels is a dual whose missing partials are zero; no dual
is ever cast to a float.  Truth values and integers carry no derivative, so a dual may become one.
"""

from __future__ import annotations

from numba.core import types
from numba.core.imputils import lower_cast, lower_constant
from numba.np.arrayobj import load_item, make_array

from dualjit.numbers.algebra import Algebra
from dualjit.numbers.forms import Leaf, leaf_of
from dualjit.numbers.types import Active, Dual, MarkedComplex


@lower_cast(types.Float, Dual)
@lower_cast(types.Integer, Dual)
@lower_cast(types.IntegerLiteral, Dual)
@lower_cast(types.Boolean, Dual)
@lower_cast(types.BooleanLiteral, Dual)
@lower_cast(Dual, Dual)
def to_dual(context, builder, fromty, toty, value):
    if isinstance(fromty, types.Literal):
        return lower_number(context, builder, toty, fromty.literal_value)
    algebra = Algebra(context, builder, toty.scalar)
    return algebra.pack(toty, algebra.unpack(fromty, value))


@lower_cast(types.Array, Dual)
@lower_cast(types.Array, MarkedComplex)
def number_of_array(context, builder, fromty, toty, value):
    """What an array without axes holds, which is stored in another array; so Numba casts arrays of floats."""
    held = load_item(context, builder, fromty, make_array(fromty)(context, builder, value).data)
    return context.cast(builder, held, fromty.dtype, toty)


@lower_constant(Dual)
def lower_number(context, builder, type, number):
    """A Python number as a constant of dual type."""
    return Algebra(context, builder, type.scalar).pack(type, Leaf(None, number))


@lower_cast(Dual, types.Boolean)
@lower_cast(Dual, types.Integer)
def to_inactive(context, builder, fromty, toty, value):
    leaf = leaf_of(Algebra(context, builder, fromty.scalar).unpack(fromty, value))
    return context.cast(builder, leaf.ir, leaf.type, toty)


@lower_cast(types.Float, Active)
@lower_cast(types.Integer, Active)
@lower_cast(types.Boolean, Active)
def to_active(context, builder, fromty, toty, value):
    return context.cast(builder, value, fromty, toty.scalar)
