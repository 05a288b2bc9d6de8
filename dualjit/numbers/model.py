"""Data models: how marked numbers are laid out in registers and in memory.

One idea: the partials of a dual number are one LLVM vector, so that one instruction moves all of them.  In memory the
number is *packed* (alignment 1): an unpacked ``<8 x double>`` would claim the 64-byte alignment which Numba's allocator
does not give.  Where partials are no plain floats (nested duals), or a target has no vectors, they are an LLVM array.

Only this file knows the layout.  Code generation asks the model of the target at hand
(``context.data_model_manager[t]``) to ``split`` a number and to ``join`` one, and looks at the LLVM type of the partials;
another target registers `DualArrayModel`, or one of its own, for the same type.
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


class DualArrayModel(models.DataModel):
    """``{base, [n x base]}``."""

    def __init__(self, dmm, fe_type):
        super().__init__(dmm, fe_type)
        self.base = dmm.lookup(fe_type.base)
        self.partials_type = self._partials(self.base.get_value_type())
        self._value_type = ir.LiteralStructType([self.base.get_value_type(), self.partials_type])
        base_data = self.base.get_data_type()
        self._data_type = ir.LiteralStructType([base_data, self._partials(base_data)], packed=True)

    def _partials(self, base):
        return ir.ArrayType(base, self.fe_type.n)

    def split(self, builder, number):
        """The value and the partials of a number."""
        return builder.extract_value(number, 0), builder.extract_value(number, 1)

    def join(self, builder, value, partials):
        """The number with this value and these partials."""
        number = ir.Constant(self._value_type, ir.Undefined)
        return builder.insert_value(builder.insert_value(number, value, 0), partials, 1)

    def get_value_type(self):
        return self._value_type

    def get_data_type(self):
        return self._data_type

    def as_data(self, builder, value):
        return self._convert(builder, value, self._data_type, self.base.as_data)

    def from_data(self, builder, value):
        return self._convert(builder, value, self._value_type, self.base.from_data)

    def _convert(self, builder, number, to, convert):
        answer = ir.Constant(to, ir.Undefined)
        answer = builder.insert_value(answer, convert(builder, builder.extract_value(number, 0)), 0)
        if isinstance(to.elements[1], ir.VectorType):
            return builder.insert_value(answer, builder.extract_value(number, 1), 1)
        for i in range(self.fe_type.n):
            element = convert(builder, builder.extract_value(number, (1, i)))
            answer = builder.insert_value(answer, element, (1, i))
        return answer

    def as_argument(self, builder, value):
        return value

    def from_argument(self, builder, value):
        return value

    def as_return(self, builder, value):
        return value

    def from_return(self, builder, value):
        return value


@register_default(Dual)
class DualModel(DualArrayModel):
    """``{base, <n x base>}`` over floats, ``{base, [n x base]}`` over numbers which are no plain floats."""

    def _partials(self, base):
        if isinstance(self.fe_type.base, types.Float):
            return ir.VectorType(base, self.fe_type.n)
        return super()._partials(base)
