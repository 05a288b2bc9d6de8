"""Data models: how marked numbers are laid out in registers and in memory.

One idea: the partials of a dual number are one LLVM vector, so that one instruction moves all of them, and the number
is *packed* (alignment 1).  Unpacked, a ``<8 x double>`` would claim a 64-byte alignment which the memory that Numba
gives to arrays, lists and threads does not have.  Where partials are no plain floats (nested duals), or a target has no
vectors, they are an LLVM array.  The layout is the same in registers and in memory: floats one after the other.

Only this file knows it.  Code generation asks the model of the target at hand (``context.data_model_manager[t]``) to
``split`` a number and to ``join`` one, and looks at the LLVM type of the partials; another target registers
`DualStructModel`, or one of its own, for the same type.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import types
from numba.core.datamodel import models, register_default

from dualjit.numbers.types import Active, Dual


@register_default(Active)
class ActiveModel(models.PrimitiveModel):
    """Same as the float's: Numba's own overloads are typed with it, nothing is ever computed with it."""

    def __init__(self, dmm, fe_type):
        super().__init__(dmm, fe_type, dmm.lookup(fe_type.scalar).get_value_type())


class DualArrayModel(models.PrimitiveModel):
    """``{base, [n x base]}``."""

    def __init__(self, dmm, fe_type):
        base = dmm.lookup(fe_type.base).get_value_type()
        self.partials_type = self._partials(base, fe_type)
        vector = isinstance(self.partials_type, ir.VectorType)
        super().__init__(dmm, fe_type, ir.LiteralStructType([base, self.partials_type], packed=vector))

    @staticmethod
    def _partials(base, dual):
        return ir.ArrayType(base, dual.n)

    def split(self, builder, number):
        """The value and the partials of a number."""
        return builder.extract_value(number, 0), builder.extract_value(number, 1)

    def join(self, builder, value, partials):
        """The number with this value and these partials."""
        number = ir.Constant(self.get_value_type(), ir.Undefined)
        return builder.insert_value(builder.insert_value(number, value, 0), partials, 1)


@register_default(Dual)
class DualModel(DualArrayModel):
    """``{base, <n x base>}`` over floats, ``{base, [n x base]}`` over numbers which are no plain floats.

    A vector of seven floats takes the memory of eight: numbers of partials that are no powers of two are arrays, too.
    So is one partial: loops over vectors, if only of one float, are not vectorised.
    """

    @staticmethod
    def _partials(base, dual):
        vector = isinstance(dual.base, types.Float) and dual.n > 1 and dual.n & (dual.n - 1) == 0
        return ir.VectorType(base, dual.n) if vector else ir.ArrayType(base, dual.n)


class DualStructModel(models.StructModel):
    """``{base, [n x base]}`` as a struct model, which local and shared arrays of Numba's CUDA targets ask for.

    libNVVM takes vectors apart and spills more than it does with arrays.
    """

    def __init__(self, dmm, fe_type):
        members = [("value", fe_type.base), ("partials", types.UniTuple(fe_type.base, fe_type.n))]
        super().__init__(dmm, fe_type, members)

    @property
    def partials_type(self):
        """The LLVM type of the partials."""
        return self.get_value_type().elements[1]

    split, join = DualArrayModel.split, DualArrayModel.join
