"""Lets a dual scalar be an operand of an array expression: ``x * a`` with ``x`` dual and ``a`` an array.

Numba compiles an array expression to a loop over a scalar kernel, and that needs nothing of us, except that
``numba.np.npyimpl._prepare_argument`` accepts only NumPy's numbers as scalar operands.  It is replaced by a function
which handles dual operands and leaves all others to it.  What is relied on: the loop asks an operand for
``shape``, ``base_type``, ``create_iter_indices()`` and ``load_data()``, and ``_ScalarHelper`` answers them with the value given;
its constructor takes the data type only for a result slot, which operands have no use for but which is harmless.
"""

from __future__ import annotations

from functools import wraps

from numba.core import types
from numba.np import npyimpl

from dualjit.numbers.types import Dual


def _accept_duals(prepare):
    @wraps(prepare)
    def prepare_argument(context, builder, value, type, where="input operand"):
        if isinstance(type, types.Optional) and isinstance(type.type, Dual):
            value, type = context.cast(builder, value, type, type.type), type.type
        if isinstance(type, Dual):
            return npyimpl._ScalarHelper(context, builder, value, type)
        return prepare(context, builder, value, type, where)

    return prepare_argument


npyimpl._prepare_argument = _accept_duals(npyimpl._prepare_argument)
