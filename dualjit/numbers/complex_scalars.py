"""Functions of complex numbers with derivatives: each callable gets its code, and typing where no real row has it.

One idea: as in `dualjit.numbers.scalars`, the value is what the primal's implementation of the same callable gives for
the complex value; the partials are the complex row's, or those of a real row of the parts.
"""

from __future__ import annotations

import cmath
from itertools import product

import numpy as np
from numba.core import cgutils, types
from numba.core.imputils import lower_builtin

from dualjit.numbers import primal
from dualjit.numbers.algebra import Algebra
from dualjit.numbers.complex_algebra import ComplexAlgebra, ComplexNumber
from dualjit.numbers.forms import leaf_of
from dualjit.numbers.templates import register_template
from dualjit.numbers.types import Dual, MarkedComplex, marker_of, strip
from dualjit.rules.complex import INACTIVE, PlaneRow, complex_calls, complex_rows
from dualjit.rules.table import row_of, scalar_rows

OPERANDS = (MarkedComplex, Dual, types.Complex, types.Number, types.Boolean)


def operand_types(arity):
    """All tuples of type classes of scalar operands with a marked and a complex one among them."""
    marked, complexes = {MarkedComplex, Dual}, {MarkedComplex, types.Complex}
    return [c for c in product(OPERANDS, repeat=arity) if marked & {*c} and complexes & {*c}]


class Call:
    """The code of one call: its operands as complex numbers, and its values as the primal computes them."""

    def __init__(self, context, builder, key, sig, args):
        self.key, self.sig = key, sig
        self.algebra = ComplexAlgebra(Algebra(context, builder, marker_of(sig.return_type, *sig.args).scalar))
        self.operands = [self.algebra.unpack(t, v) for t, v in zip(sig.args, args, strict=True)]
        self.primal_sig = primal.signature_of(context.typing_context, key, tuple(map(strip, sig.args)))

    def value(self, leaves):
        """The LLVM value of the call on numbers without derivatives."""
        return self.algebra.primal(self.key, self.primal_sig, leaves)

    def complex_value(self, leaves):
        return self.algebra.leaf(self.primal_sig.return_type, self.value(leaves))

    def packed(self, number):
        return self.algebra.pack(self.sig.return_type, number)


def lowering(key, row):
    """Code of ``key``, a callable of the holomorphic ``row``."""

    def lower(context, builder, sig, args):
        call = Call(context, builder, key, sig, args)
        integer_power = row.name == "pow" and isinstance(sig.args[1], types.Integer)
        exact = complex_rows()["powi"] if integer_power else row
        return call.packed(call.algebra.call(exact, call.operands, call.complex_value))

    return lower


def real_answer(call, row, value):
    """What a real ``row`` of the parts of the operand gives; ``value`` makes its leaf from a complex leaf."""
    reals, (z,) = call.algebra.reals, call.operands
    parts = [getattr(z, name) or reals.const(0.0) for name in row.parts]
    answer = lambda leaves: value([ComplexNumber(**dict(zip(row.parts, leaves, strict=True)))])  # noqa: E731
    return reals.call(row.real, parts, answer)


def plane_lowering(key, row):
    """Code of ``key``, a real function of a complex number."""

    def lower(context, builder, sig, args):
        call = Call(context, builder, key, sig, args)
        answer = real_answer(call, row, lambda leaves: call.algebra.reals.leaf(call.value(leaves)))
        return call.algebra.reals.pack(sig.return_type, answer)

    return lower


def inactive_lowering(key):
    """Code of a callable whose answer carries no derivative."""

    def lower(context, builder, sig, args):
        call = Call(context, builder, key, sig, args)
        return call.value([z.map(leaf_of) for z in call.operands])

    return lower


@lower_builtin(np.conjugate, MarkedComplex)
@lower_builtin("complex.conjugate", MarkedComplex)
def conjugate(context, builder, sig, args):
    algebra = ComplexAlgebra(Algebra(context, builder, sig.return_type.part.scalar))
    z = algebra.unpack(sig.args[0], args[0])
    return algebra.pack(sig.return_type, ComplexNumber(z.real, algebra.reals.apply("neg", z.imag)))


@lower_builtin(complex, Dual)
@lower_builtin(complex, MarkedComplex)
@lower_builtin(complex, Dual, Dual)
@lower_builtin(complex, Dual, types.Number)
@lower_builtin(complex, Dual, types.Boolean)
@lower_builtin(complex, types.Number, Dual)
@lower_builtin(complex, types.Boolean, Dual)
def make_complex(context, builder, sig, args):
    algebra = ComplexAlgebra(Algebra(context, builder, sig.return_type.part.scalar))
    real, *imag = (algebra.unpack(t, v) for t, v in zip(sig.args, args, strict=True))
    return algebra.pack(sig.return_type, ComplexNumber(real.real, imag[0].real) if imag else real)


@lower_builtin(cmath.polar, MarkedComplex)
def polar(context, builder, sig, args):
    call = Call(context, builder, cmath.polar, sig, args)

    def value(i):
        reals = call.algebra.reals
        return lambda leaves: reals.leaf(cgutils.unpack_tuple(builder, call.value(leaves))[i])

    rows = (complex_calls()[abs, 1], complex_calls()[cmath.phase, 1])
    answers = [real_answer(call, row, value(i)) for i, row in enumerate(rows)]
    packed = [call.algebra.reals.pack(t, x) for t, x in zip(sig.return_type, answers, strict=True)]
    return context.make_tuple(builder, sig.return_type, packed)


def register():
    """Enter all functions of complex numbers into Numba's registries."""
    for (key, arity), row in complex_calls().items():
        make = plane_lowering if isinstance(row, PlaneRow) else lowering
        combinations = operand_types(arity)
        if key is cmath.rect:
            combinations = [(Dual, Dual), (Dual, types.Number), (types.Number, Dual)]
        for combination in combinations:
            lower_builtin(key, *combination)(make(key, row))
    own = {key for key, _ in complex_calls() if row_of(key) is None}
    for key in (complex, cmath.polar, *own):
        register_template(key, active=True)
    for key in INACTIVE:
        register_template(key, active=False)
    predicates = [(f, row.arity) for row in scalar_rows().values() if not row.active for f in row.functions]
    for key, arity in (*predicates, *((f, 1) for f in (bool, *INACTIVE))):
        for combination in operand_types(arity):
            lower_builtin(key, *combination)(inactive_lowering(key))


register()
