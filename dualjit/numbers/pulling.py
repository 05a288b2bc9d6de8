"""The arithmetic of adjoint programs: a cotangent times a partial derivative, and sums of cotangents.

One idea: the partials are the table's expression trees, evaluated by the same algebra as tangents are, so they hold for
cotangents and operands of any level.  Sums of cotangents may be reordered, which is what lets loops of the reverse
sweep use vectors; values are never computed here.
"""

from __future__ import annotations

import operator
from functools import cache

from llvmlite import ir
from numba.core import types
from numba.core.typing import signature
from numba.extending import intrinsic

from dualjit.numbers.algebra import Algebra
from dualjit.numbers.arity import intrinsic_of
from dualjit.numbers.complex_algebra import ComplexAlgebra, ComplexNumber
from dualjit.numbers.forms import Leaf, leaf_of
from dualjit.numbers.leaves import FLAGS
from dualjit.numbers.tangents import PRODUCT_FLAGS
from dualjit.numbers.types import Dual, Marked, Slope, complex_of, float_of, is_complex, part_of, promote
from dualjit.rules.complex import complex_rows
from dualjit.rules.expr import evaluate
from dualjit.rules.table import scalar_rows

SUM_FLAGS = (*FLAGS, "reassoc", "nsz")


def joined_type(ts):
    """The type that has the levels of all, over the cotangent's float; None when one is no number.

    It is complex where one of them is.
    """
    bar, *others = map(types.unliteral, ts)
    if isinstance(bar, Slope):
        return None  # its value is not known
    if any(map(is_complex, (bar, *others))):
        part = joined_type([part_of(t) for t in (bar, *others)])
        return part and complex_of(part)
    for t in others:
        if isinstance(t, Marked):
            bar = promote(bar, t) if isinstance(bar, Marked) else t.over(float_of(bar))
        elif not isinstance(t, types.Number | types.Boolean | types.NoneType):
            return None
    return bar


class PullAlgebra(Algebra):
    """Products of plain cotangents may be reordered, as those of tangents may; quotients are by reciprocals."""

    def _arithmetic(self, op, leaves):
        if all(x.type is None for x in leaves):
            return super()._arithmetic(op, leaves)
        if op == "mul":
            values = [self.real(x) for x in leaves]
            return self.leaf(self.builder.fmul(*values, flags=PRODUCT_FLAGS))
        if op == "div" and leaves[1].type is not None:
            a, b = leaves
            reciprocal = self.reciprocal(b)
            return reciprocal if a.constant == 1.0 else self._arithmetic("mul", [a, reciprocal])
        return super()._arithmetic(op, leaves)

    def weighted(self, coefficient, bar):
        """A cotangent times a partial; where this algebra masks, nothing stays nothing."""
        return self.annihilated(coefficient, bar) if self.masking else self.apply("mul", coefficient, bar)


def algebra_of(context, builder, t):
    """The algebra of numbers of a type."""
    reals = Algebra(context, builder, float_of(part_of(t)))
    return ComplexAlgebra(reals) if is_complex(t) else reals


def pull_term(name: str, index: int, sig, context, builder, args):
    """LLVM value of ``(bar, answer, *operands)``: ``bar`` times partial ``index`` of the scalar row ``name``."""
    row = scalar_rows()[name]
    algebra = PullAlgebra(context, builder, float_of(sig.return_type), masking=row.singular)
    bar, answer, *operands = unpacked(algebra, sig, args)
    coefficient = evaluate(row.partials[index], operands, answer, algebra)
    return algebra.pack(sig.return_type, algebra.weighted(coefficient, bar))


def unpacked(algebra, sig, args) -> list:
    """The numbers that a pullback is called with; None for those that it does not want."""
    pairs = zip(sig.args, args, strict=True)
    return [None if isinstance(t, types.NoneType) else algebra.unpack(t, v) for t, v in pairs]


def pull_complex_term(name: str, index: int, sig, context, builder, args):
    """LLVM value of ``(bar, answer, *operands)``: ``bar`` times the conjugate of a partial of a row of complex numbers.

    Of that the real part, where the return type is real.
    """
    row, t = complex_rows()[name], sig.return_type
    reals = PullAlgebra(context, builder, float_of(part_of(t)), masking=row.singular)
    algebra = ComplexAlgebra(reals)
    bar, answer, *operands = unpacked(algebra, sig, args)
    (x, y), (k, m) = bar.parts, evaluate(row.partials[index], operands, answer, algebra).parts

    def product(a, b):
        return None if a is None or b is None else reals.weighted(b, a)

    def total(a, b):
        return reals.apply("add", a, b) if a and b else a or b

    real = total(product(x, k), product(y, m))
    if not is_complex(t):
        return reals.pack(t, real or reals.const(0.0))
    across = product(x, m)
    return algebra.pack(t, ComplexNumber(real, total(product(y, k), across and reals.apply("neg", across))))


@cache
def pulled(name: str, index: int, field: str = "real"):
    """The intrinsic ``(bar, answer, *operands)``: ``bar`` times partial ``index`` of the scalar row ``name``.

    ``field`` says which row, and what the answer is: "real"; of the row of complex numbers, "complex", or the real
    part of that, "part".
    """
    write = pull_term if field == "real" else pull_complex_term

    def typed(*given):
        joined = joined_type(given)
        if joined is not None and field != "real":
            joined = part_of(joined) if field == "part" else complex_of(part_of(joined))
        return joined and (
            signature(joined, *given),
            lambda context, builder, sig, args: write(name, index, sig, context, builder, args),
        )

    arity = (scalar_rows() if field == "real" else complex_rows())[name].arity
    return intrinsic_of(f"pull_{name}_{index}", 2 + arity, typed)


@intrinsic
def nothing(typingctx, kind):
    """A zero cotangent of the type of ``kind``."""

    def generate(context, builder, sig, args):
        return ir.Constant(args[0].type, None)

    return signature(types.unliteral(kind), kind), generate


def _plain(name: str, number: float):
    def typed(kind):
        t = float_of(kind)
        return signature(t, kind), lambda context, builder, sig, args: context.get_constant(t, number)

    return intrinsic_of(name, 1, typed)


plain_nothing, plain_one = _plain("plain_nothing", 0.0), _plain("plain_one", 1.0)
"""Zero and one of the floats of a cotangent, without partials."""


@intrinsic
def is_nothing(typingctx, bar):
    """Is a cotangent zero with all its lanes?

    A comparison looks at values alone, and the values of N cotangents are never used.
    """

    def generate(context, builder, sig, args):
        return builder.not_(_differs_from_zero(context, builder, bar, args[0]))

    return signature(types.boolean, bar), generate


def _differs_from_zero(context, builder, t, number):
    if is_complex(t):
        parts = (builder.extract_value(number, k) for k in (0, 1))
        return builder.or_(*(_differs_from_zero(context, builder, part_of(t), x) for x in parts))
    if not isinstance(t, Dual):
        return builder.fcmp_unordered("!=", number, ir.Constant(number.type, 0.0))
    value, partials = context.data_model_manager[t].split(builder, number)
    found = _differs_from_zero(context, builder, t.base, value)
    if isinstance(partials.type, ir.VectorType):
        lanes = builder.fcmp_unordered("!=", partials, ir.Constant(partials.type, None))
        bits = ir.IntType(partials.type.count)
        return builder.or_(found, builder.icmp_unsigned("!=", builder.bitcast(lanes, bits), bits(0)))
    for k in range(partials.type.count):
        found = builder.or_(found, _differs_from_zero(context, builder, t.base, builder.extract_value(partials, k)))
    return found


def added(context, builder, sig, args):
    """LLVM value of the sum of two cotangents, which may be reordered."""
    t = sig.return_type
    if isinstance(t, types.Float):
        a, b = (context.cast(builder, v, u, t) for v, u in zip(args, sig.args, strict=True))
        return builder.fadd(a, b, flags=SUM_FLAGS)
    algebra = algebra_of(context, builder, t)
    numbers = [algebra.unpack(u, v) for u, v in zip(sig.args, args, strict=True)]
    return algebra.pack(t, algebra.apply("add", *numbers))


def sum_type(a, b):
    """The type of the sum of two cotangents; what is added to a slope leaves it one."""
    if isinstance(a, Slope):
        return a if joined_type((a.dual, b)) == a.dual else None
    return joined_type((a, b))


def _sum(a, b):
    joined = sum_type(a, b)
    return joined and (signature(joined, a, b), added)


def _negative(a):
    def generate(context, builder, sig, args):
        algebra = algebra_of(context, builder, a)
        return algebra.pack(a, algebra.apply("neg", algebra.unpack(a, args[0])))

    return signature(a, a), generate


plus, minus = intrinsic_of("plus", 2, _sum), intrinsic_of("minus", 1, _negative)
"""The sum of two cotangents, and the negative of one."""


def _quotient(a, b):
    real = [t for t in (a, b) if isinstance(t, types.Float | Dual)] or [types.float64]  # of integers: a float
    joined = joined_type((real[0], a, b))
    if joined is None:
        return None

    def generate(context, builder, sig, args):
        if isinstance(joined, types.Float):
            return builder.fdiv(*(context.cast(builder, v, t, joined) for v, t in zip(args, sig.args, strict=True)))
        algebra = Algebra(context, builder, float_of(joined))
        operands = [algebra.unpack(t, v) for t, v in zip(sig.args, args, strict=True)]
        return algebra.pack(
            joined, algebra.call(scalar_rows()["div"], operands, lambda leaves: _divided(algebra, leaves))
        )

    return signature(joined, a, b), generate


quotient = intrinsic_of("quotient", 2, _quotient)
"""``a / b`` of numbers, which has been computed before and did not raise."""


def _zero_seen(failed, divisor):
    def generate(context, builder, sig, args):
        algebra = Algebra(context, builder, float_of(divisor))
        number = leaf_of(algebra.unpack(divisor, args[1]))
        is_zero = algebra.compare("eq", number, algebra.const(0.0))
        return builder.or_(args[0], builder.zext(algebra.typed(is_zero, types.boolean), args[0].type))

    return signature(types.int64, types.int64, divisor), generate


zero_seen = intrinsic_of("zero_seen", 2, _zero_seen)
"""``(failed, divisor)``: ``failed``, or 1 when the divisor is zero."""


def _divided(algebra, leaves):
    return Leaf(algebra.scalar, algebra.builder.fdiv(*(algebra.real(x) for x in leaves)))


@intrinsic
def add_in_any_order(typingctx, a, b):
    """``a + b`` of the primal, one addition of a sum of which LLVM may choose the order."""
    resolved = typingctx.resolve_function_type(operator.add, (a, b), {})
    if resolved is None:
        return None

    def generate(context, builder, sig, args):
        operands = [context.cast(builder, v, t, u) for v, t, u in zip(args, sig.args, resolved.args, strict=True)]
        if all(isinstance(t, types.Float) for t in resolved.args):
            return builder.fadd(*operands, flags=("reassoc",))
        return context.get_function(operator.add, resolved)(builder, operands)

    return signature(resolved.return_type, a, b), generate
