"""Three amendments to Numba's NumPy support, without which marked numbers in array code fail inside Numba.

Each leaves everything that has no marked number in it to the function it replaces.

*Scalar operands of array expressions* (``x * a`` with ``x`` dual).  Numba compiles an array expression to a loop over a
scalar kernel, and that needs nothing of us, except that ``npyimpl._prepare_argument`` accepts only NumPy's numbers.
Relied on: the loop asks an operand for ``shape``, ``base_type``, ``create_iter_indices()`` and ``load_data()``, which
``_ScalarHelper`` answers with the value given; what its constructor sets up besides is for results.

*In-place operators on arrays* (``a += x``).  ``NumpyRulesInplaceArrayOperator.generic`` raises AttributeError, which
ends type inference, where it should say that it does not know the types.

*Results of parallel array expressions.*  ``parfor.mk_alloc`` names the element type of the array it allocates by
``numpy.<str(dtype)>``, which only NumPy's numbers have; the type itself is put in its place.
"""

from __future__ import annotations

from functools import wraps

from numba.core import ir, types
from numba.core.typing.npydecl import NumpyRulesInplaceArrayOperator
from numba.np import npyimpl
from numba.parfors import parfor

from dualjit.numbers.templates import is_slope, number_of
from dualjit.numbers.types import Marked


def _accepting_marked(prepare):
    @wraps(prepare)
    def prepare_argument(context, builder, value, type, where="input operand"):
        if isinstance(type, types.Optional) and isinstance(type.type, Marked):
            value, type = context.cast(builder, value, type, type.type), type.type
        if isinstance(type, Marked):
            return npyimpl._ScalarHelper(context, builder, value, type)
        return prepare(context, builder, value, type, where)

    return prepare_argument


def _passing_over_marked(generic):
    @wraps(generic)
    def passing(self, args, kws):
        return None if any(number_of(t) is not None or is_slope(t) for t in args) else generic(self, args, kws)

    return passing


def _knowing_marked(allocate):
    @wraps(allocate)
    def mk_alloc(typingctx, typemap, calltypes, lhs, size_var, dtype, *more):
        statements = allocate(typingctx, typemap, calltypes, lhs, size_var, dtype, *more)
        if isinstance(dtype, Marked):
            for s in statements:
                if isinstance(s.value, ir.Expr) and s.value.op == "getattr" and s.value.attr == str(dtype):
                    s.value = ir.Global(str(dtype), dtype, s.loc)
        return statements

    return mk_alloc


parfor.mk_alloc = _knowing_marked(parfor.mk_alloc)
npyimpl._prepare_argument = _accepting_marked(npyimpl._prepare_argument)
NumpyRulesInplaceArrayOperator.generic = _passing_over_marked(NumpyRulesInplaceArrayOperator.generic)
