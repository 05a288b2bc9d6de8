"""Shadows of which the partials alone are wanted: sums of duals without the sums of their values.

One idea: the product of a Hessian with a vector is the partials of the arguments' cotangents; their values, which are
the gradient, nobody asks for.  An array of `Slope` holds the partial of each dual number and no more: half the memory,
and LLVM sees what else is not needed.  A slope can be added to and subtracted from, and nothing else: what would have
to know its value does not compile.
"""

from __future__ import annotations

from numba.core import cgutils, types
from numba.core.datamodel import models, register_default
from numba.core.imputils import impl_ret_borrowed, impl_ret_new_ref, lower_builtin
from numba.core.typing import signature
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

from dualjit.numbers.algebra import Algebra
from dualjit.numbers.arity import intrinsic_of
from dualjit.numbers.shadowing import fresh_zeros
from dualjit.numbers.templates import SUMS
from dualjit.numbers.types import Dual, Slope
from dualjit.rules.table import scalar_rows


@register_default(Slope)
class SlopeModel(models.PrimitiveModel):
    """The number that the partial is."""

    def __init__(self, dmm, fe_type):
        super().__init__(dmm, fe_type, dmm.lookup(fe_type.dual.base).get_value_type())


def _sum_of(row):
    def lower(context, builder, sig, args):
        algebra = Algebra(context, builder, sig.return_type.scalar)
        operands = [algebra.unpack(t, v) for t, v in zip(sig.args, args, strict=True)]
        return algebra.pack(sig.return_type, algebra.apply(row.name, *operands))

    return lower


def _register() -> None:
    """Code of the sums that `dualjit.numbers.templates` gives types."""
    for row in (scalar_rows()["add"], scalar_rows()["sub"]):
        for function in SUMS.intersection(row.functions):
            for other in (Dual, types.Number):
                lower_builtin(function, Slope, other)(_sum_of(row))


_register()


def _slopes(value, zero):
    if not (isinstance(value, types.Array) and isinstance(zero, Dual) and zero.n == 1):
        return None
    answer = types.Array(Slope(zero), value.ndim, "C")

    def generate(context, builder, sig, args):
        shape = cgutils.unpack_tuple(builder, make_array(value)(context, builder, args[0]).shape, value.ndim)
        fresh = fresh_zeros(context, builder, answer, shape)
        return impl_ret_new_ref(context, builder, answer, fresh._getvalue())

    return signature(answer, value, zero), generate


slopes = intrinsic_of("slopes", 2, _slopes)
"""``(value, zero)``: a shadow of slopes of the shape of an array, for cotangents like ``zero``."""


@intrinsic
def slopes_as_partials(typingctx, a):
    """The same memory as an array of the numbers that the partials are."""
    if not (isinstance(a, types.Array) and isinstance(a.dtype, Slope)):
        return None
    answer = a.copy(dtype=a.dtype.dual.base)

    def generate(context, builder, sig, args):
        # Both are the same structure in LLVM, with pointers to the same number.
        return impl_ret_borrowed(context, builder, answer, args[0])

    return signature(answer, a), generate
