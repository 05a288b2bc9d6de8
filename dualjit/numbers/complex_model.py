"""Data model of marked complex numbers: two marked numbers side by side, packed as each of them is."""

from __future__ import annotations

from llvmlite import ir
from numba.core.datamodel import models, register_default

from dualjit.numbers.types import MarkedComplex


@register_default(MarkedComplex)
class MarkedComplexModel(models.DataModel):
    """``{part, part}``: real part first, as in a complex number."""

    def __init__(self, dmm, fe_type):
        super().__init__(dmm, fe_type)
        self.part = dmm.lookup(fe_type.part)
        self._value_type = ir.LiteralStructType([self.part.get_value_type()] * 2)
        self._data_type = ir.LiteralStructType([self.part.get_data_type()] * 2, packed=True)

    def split(self, builder, number):
        """The real and the imaginary part of a number."""
        return builder.extract_value(number, 0), builder.extract_value(number, 1)

    def join(self, builder, real, imag):
        """The number with these parts."""
        return self._joined(builder, self._value_type, real, imag)

    @staticmethod
    def _joined(builder, type, real, imag):
        number = ir.Constant(type, ir.Undefined)
        return builder.insert_value(builder.insert_value(number, real, 0), imag, 1)

    def get_value_type(self):
        return self._value_type

    def get_data_type(self):
        return self._data_type

    def as_data(self, builder, value):
        parts = (self.part.as_data(builder, part) for part in self.split(builder, value))
        return self._joined(builder, self._data_type, *parts)

    def from_data(self, builder, value):
        parts = (self.part.from_data(builder, part) for part in self.split(builder, value))
        return self._joined(builder, self._value_type, *parts)

    def as_argument(self, builder, value):
        return value

    def from_argument(self, builder, value):
        return value

    def as_return(self, builder, value):
        return value

    def from_return(self, builder, value):
        return value
