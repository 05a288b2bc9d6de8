"""Four amendments to Numba's NumPy support, without which marked numbers in array code fail inside Numba.

Each leaves everything that has no marked number in it to the function it replaces.

*Scalar operands of array expressions* (``x * a`` with ``x`` dual).  Numba compiles an array expression to a loop over a
scalar kernel, and that needs nothing of us, except that ``npyimpl._prepare_argument`` accepts only NumPy's numbers.
Relied on: the loop asks an operand for ``shape``, ``base_type``, ``create_iter_indices()`` and ``load_data()``, which
``_ScalarHelper`` answers with the value given; a result of arrays without axes is stored in what its constructor sets
up.

*In-place operators on arrays* (``a += x``).  ``NumpyRulesInplaceArrayOperator.generic`` raises AttributeError, which
ends type inference, where it should say that it does not know the types.

*Results of parallel array expressions.*  ``parfor.mk_alloc`` names the element type of the array it allocates by
``numpy.<str(dtype)>``, which only NumPy's numbers have; the type itself is put in its place.

*Shapes in parallel functions.*  ``ArrayAnalysis._analyze_op_call`` knows the shape of what ``np.zeros`` and others
return by their names.  Where it does not know an axis to be of length 1, it takes for granted that operands which are
broadcast are of one length and asserts it, and an assertion that fails in a ``prange`` loop is lost.  So it has to know
of the stubs of rows and of ``lifted`` what it knows of the functions themselves.  Relied on: its methods' names, their
parameters, and what they return.
"""

from __future__ import annotations

import inspect
from functools import wraps

from numba.core import cgutils, ir, types
from numba.core.ir_utils import get_definition, guard
from numba.core.typing.npydecl import NumpyRulesInplaceArrayOperator
from numba.np import npyimpl
from numba.parfors import parfor
from numba.parfors.array_analysis import ArrayAnalysis

from dualjit.numbers.lifting import lifted
from dualjit.numbers.templates import is_slope, number_of
from dualjit.numbers.types import Marked
from dualjit.rules import arrays


class _MarkedScalar(npyimpl._ScalarHelper):
    """An operand or a result that is a marked number: it is kept as a value, which may differ from how it is stored."""

    def __init__(self, context, builder, value, type):
        super().__init__(context, builder, value, type)
        self._ptr = cgutils.alloca_once(builder, context.get_value_type(type))


def _accepting_marked(prepare):
    @wraps(prepare)
    def prepare_argument(context, builder, value, type, where="input operand"):
        if isinstance(type, types.Optional) and isinstance(type.type, Marked):
            value, type = context.cast(builder, value, type, type.type), type.type
        if isinstance(type, Marked):
            return _MarkedScalar(context, builder, value, type)
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


def _knowing_stubs(analyse):
    @wraps(analyse)
    def analyze_op_call(self, scope, equiv_set, expr, lhs):
        found = get_definition(self.func_ir, expr.func)
        function = found.value if isinstance(found, ir.Global) else None
        if function is lifted and isinstance(self.typemap[expr.args[0].name], types.Array):
            return self.AnalyzeResult(shape=expr.args[0])
        name = _STUBS.get(function) if inspect.isfunction(function) else None
        if name is None:
            return analyse(self, scope, equiv_set, expr, lhs)
        of_shape = getattr(self, f"_analyze_op_call_numpy_{name}", None)
        if of_shape is None:
            return None
        given = {"loc": expr.loc, "args": list(expr.args), "kws": dict(expr.kws)}
        result = guard(of_shape, scope=scope, equiv_set=equiv_set, **given)
        return None if result is None or "rhs" in result.kwargs else result

    return analyze_op_call


_STUBS = {row.stub: name for name, row in arrays.array_rows().items()}
ArrayAnalysis._analyze_op_call = _knowing_stubs(ArrayAnalysis._analyze_op_call)
parfor.mk_alloc = _knowing_marked(parfor.mk_alloc)
npyimpl._prepare_argument = _accepting_marked(npyimpl._prepare_argument)
NumpyRulesInplaceArrayOperator.generic = _passing_over_marked(NumpyRulesInplaceArrayOperator.generic)
