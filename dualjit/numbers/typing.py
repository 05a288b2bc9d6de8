"""Types and code of the stubs of array rows.

One idea: the type of a row's answer is the primal's type of the stripped arguments, marked as the arguments were.  The
primal's type is Numba's own; where asking Numba means compiling the float function only to throw it away, a short rule
in :mod:`dualjit.numbers.arrays.returns` gives the same type.  A stub of duals is compiled from the implementation that
:mod:`dualjit.numbers.arrays` has for its row.

Relies on ``AbstractTemplate``, ``fold_arguments``, ``Context.resolve_function_type`` and ``BaseContext.get_function``.
"""

from __future__ import annotations

import inspect

from numba.core import errors, types
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import AbstractTemplate, fold_arguments, infer_global, signature

from dualjit.numbers.arrays import complex_implementation_of, implementation_of, returns
from dualjit.numbers.complex_arrays import COMPLEX
from dualjit.numbers.types import Marked, has_complex, mark, marker_of, strip
from dualjit.rules.arrays import ArrayRow, array_rows

# What the functions of the table are methods of, or take: anything else may do anything with a marked argument.
UNDERSTOOD = (
    types.Array,
    types.BaseTuple,
    types.Boolean,
    types.DictType,
    types.DTypeSpec,
    types.Function,
    types.List,
    types.ListType,
    Marked,
    types.NoneType,
    types.Number,
    types.NumberClass,
    types.Omitted,
    types.Optional,
    types.SliceType,
    types.StringLiteral,
    types.TypeRef,
    types.UnicodeType,
    types.Undefined,
)


def register(row: ArrayRow) -> None:
    """Give the row's stub a type and code."""
    pysig = inspect.signature(row.stub)

    class RowTemplate(AbstractTemplate):
        key = row.stub
        prefer_literal = True

        def generic(self, args, kws):
            marker = marker_of(*args, *kws.values())
            if marker is None:
                answer = primal_type(self.context, row, args, kws)
                return answer and signature(answer, *args, *kws.values())
            args, kws = tuple(map(present, args)), {k: present(t) for k, t in kws.items()}
            check_understood(row, (*args, *kws.values()))
            folded = fold(pysig, args, kws)
            if lacks_room(row, folded, marker):
                return None  # the front end marks the allocation first
            bare = {k: strip(t) for k, t in kws.items()}
            answer = primal_type(self.context, row, tuple(map(strip, args)), bare)
            if answer is None:
                return None
            if has_complex(answer, *folded):
                check_complex(row)
            if row.active:
                answer = mark(answer, marker)
            return signature(answer, *folded).replace(pysig=pysig)

    RowTemplate.__name__ = f"Row_{row.name}"
    infer_global(row.stub)(RowTemplate)
    lower_builtin(row.stub, types.VarArg(types.Any))(lower(row))


def primal_type(context, row: ArrayRow, args, kws) -> types.Type | None:
    """What Numba says the call gives for these types, without marks."""
    quick = returns.quick_type(row, args, kws)
    if quick is not None:
        return quick
    failure = None
    for callee, rest in callees(context, row, args):
        try:
            found = context.resolve_function_type(callee, rest, kws)
        except errors.TypingError as error:
            failure = failure or error
        else:
            if found is not None:
                return found.return_type
    if failure is not None:
        raise failure
    return None


def callees(context, row: ArrayRow, args):
    """Types of the functions the call may mean, each with its arguments: a foreign receiver's own method first."""
    bound = [(m, args[1:]) for m in methods_of(context, row, args)]
    functions = [(context.resolve_value_type(f), args) for f in row.functions]
    return functions + bound if args and isinstance(args[0], types.Array) else bound + functions


def methods_of(context, row, args):
    if not args:
        return []
    found = (context.resolve_getattr(args[0], name) for name in row.methods)
    return [m for m in found if m is not None]


def fold(pysig, args, kws) -> tuple[types.Type, ...]:
    """Types by parameter; omitted parameters are ``Omitted(default)``, literal numbers are plain ones."""
    return fold_arguments(
        pysig,
        args,
        kws,
        lambda index, parameter, t: plain(t),
        lambda index, parameter, default: types.Omitted(default),
        lambda index, parameter, values: types.StarArgTuple(list(map(plain, values))),
    )


def present(t: types.Type) -> types.Type:
    """What an optional argument is when it is not None; NumPy's functions take no None here."""
    return t.type if isinstance(t, types.Optional) else t


def plain(t: types.Type) -> types.Type:
    """Literals of numbers would compile one implementation per number; those of strings choose the implementation."""
    return t if isinstance(t, types.StringLiteral) else types.unliteral(t)


def lacks_room(row: ArrayRow, folded, marker: Marked) -> bool:
    """Is something written that can't hold the derivatives which go in?"""
    passed = dict(zip(row.parameters, folded, strict=True))
    written = [passed[name] for name in row.writes]
    return any(isinstance(t, types.Array) and mark(t, marker) != t for t in written)


def check_understood(row: ArrayRow, given) -> None:
    for t in given:
        if not isinstance(t, UNDERSTOOD):
            raise errors.TypingError(f"active values reach '{row.name}' of {t}, which is not known to dualjit")


def check_complex(row: ArrayRow) -> None:
    if not (row.generic or row.name in COMPLEX or complex_implementation_of(row)):
        raise errors.TypingError(f"'{row.name}' of complex numbers has no rule")


def lower(row: ArrayRow):
    def code(context, builder, sig, args):
        typing = context.typing_context
        given, values = expanded(builder, sig.args, args)
        direct = row.generic or marker_of(*given) is None
        if direct:  # Numba's own function knows its defaults better than we do
            given, values = without_omitted(given, values)
        callee = typing.resolve_value_type(row.functions[0] if direct else implementation_for(row, sig))
        found = callee.get_call_type(typing, given, {})
        values = [context.cast(builder, v, t, u) for v, t, u in zip(values, given, found.args, strict=False)]
        values += [context.get_constant_generic(builder, t, None) for t in found.args[len(given) :]]
        answer = context.get_function(callee, found)(builder, values)
        return context.cast(builder, answer, found.return_type, sig.return_type)

    return code


def implementation_for(row: ArrayRow, sig):
    found = complex_implementation_of(row) if has_complex(sig.return_type, *sig.args) else None
    return found or implementation_of(row)


def expanded(builder, given, values):
    """The arguments of ``*args`` one by one."""
    if not given or not isinstance(given[-1], (types.StarArgTuple, types.StarArgUniTuple)):
        return given, values
    more = [builder.extract_value(values[-1], i) for i in range(len(given[-1]))]
    return (*given[:-1], *given[-1]), (*values[:-1], *more)


def without_omitted(given, values):
    """The arguments up to the last one that the caller gave."""
    count = len(given)
    while count and isinstance(given[count - 1], types.Omitted):
        count -= 1
    return given[:count], values[:count]


for _row in array_rows().values():
    register(_row)
