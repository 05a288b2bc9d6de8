"""The algebra that generates code for complex numbers with derivatives.

One idea: a complex number is a pair of numbers of the real algebra, with the same levels; a holomorphic rule gives one
complex coefficient, and its product with a tangent is four products of real tangents.  A part that is zero by
structure, such as the imaginary part of a float among complex numbers, is absent and costs nothing.

Source: as `dualjit.numbers.algebra`; Smith 1962, Algorithm 116: complex division, for reciprocals inside derivatives.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import types

from dualjit.numbers import primal
from dualjit.numbers.algebra import Algebra
from dualjit.numbers.forms import Leaf, Pair, leaf_of, value_of
from dualjit.numbers.leaves import ORDERINGS
from dualjit.numbers.powers import GREATEST, complex_integer_power
from dualjit.numbers.tangents import total
from dualjit.numbers.types import MarkedComplex, wider
from dualjit.rules.complex import complex_rows
from dualjit.rules.expr import evaluate


class ComplexNumber:
    """A complex number: its parts, numbers of the real algebra, or None for a part that is zero by structure."""

    __slots__ = ("imag", "real")

    def __init__(self, real, imag):
        self.real, self.imag = real, imag

    @property
    def parts(self):
        return self.real, self.imag

    @property
    def level(self):
        return max((x.level for x in self.parts if x is not None), default=0)

    def map(self, function):
        """The number with a function applied to the parts it has."""
        return ComplexNumber(*(None if x is None else function(x) for x in self.parts))

    def tangents(self, level):
        """The tangents of the parts; None where a part has none of this level."""
        return [x.tangent if x is not None and x.level == level else None for x in self.parts]


class ComplexAlgebra:
    """Generates code with ``builder``; all floats in it are of the type ``scalar``.

    Parameters
    ----------
    real : Algebra
        Of the parts; where it masks, zero tangents stay zero.
    """

    def __init__(self, real: Algebra):
        self.reals = real
        self.context, self.builder = real.context, real.builder
        self.type = wider(real.scalar, types.complex64)
        self._known = {}

    # ---- between LLVM values and numbers

    def unpack(self, type, value):
        """The LLVM value of a Numba number, real or complex, as a complex number."""
        type = types.unliteral(type)
        if isinstance(type, MarkedComplex):
            parts = self.context.data_model_manager[type].split(self.builder, value)
            return ComplexNumber(*(self.reals.unpack(type.part, x) for x in parts))
        if isinstance(type, types.Complex):
            if isinstance(value, ir.Constant) and isinstance(value.constant, list | tuple):
                return ComplexNumber(*(_constant(x.constant) for x in value.constant))
            return self.leaf(type, value)
        return ComplexNumber(self.reals.unpack(type, value), None)

    def leaf(self, type, value):
        """The number for an LLVM value of a complex type."""
        parts = (self.builder.extract_value(value, i) for i in (0, 1))
        return ComplexNumber(*(self.reals.unpack(type.underlying_float, x) for x in parts))

    def pack(self, type, number):
        """The LLVM value of type ``type``, complex, for a number with no more levels than it has."""
        if isinstance(type, types.Complex):
            return self.typed(number, type)
        parts = (self.reals.pack(type.part, x or self.reals.const(0.0)) for x in number.parts)
        return self.context.data_model_manager[type].join(self.builder, *parts)

    def typed(self, leaf, type):
        """The LLVM value of a leaf as Numba type ``type``."""
        if not isinstance(type, types.Complex):
            return self.reals.typed(leaf.real or self.reals.const(0.0), type)
        number = self.context.make_complex(self.builder, type)
        number.real, number.imag = (
            self.reals.typed(x or self.reals.const(0.0), type.underlying_float) for x in leaf.parts
        )
        return number._getvalue()

    def primal(self, key, sig, leaves):
        """What the primal's implementation of ``key`` with this signature gives for leaves: an LLVM value."""
        args = [self.typed(x, t) for x, t in zip(leaves, sig.args, strict=True)]
        return primal.call(self.context, self.builder, key, sig, args)

    # ---- the algebra in which rules are evaluated

    def const(self, value):
        """A Python float as a number."""
        return self.real_number(self.reals.const(value))

    def real_number(self, real):
        """A number of the real algebra as a complex one; the same object for the same number."""
        return self._remembered(("real", real), lambda: ComplexNumber(real, None))

    def apply(self, op, *operands):
        """A primitive or a row on numbers; what has been computed is not computed again."""
        return self._remembered((op, *operands), lambda: self._compute(op, operands))

    def _remembered(self, key, compute):
        if key not in self._known:
            self._known[key] = compute()
        return self._known[key]

    def _compute(self, op, operands):
        if op == "i":
            return ComplexNumber(None, self.reals.const(1.0))
        if op == "real":
            return ComplexNumber(operands[0].real or self.reals.const(0.0), None)
        if op == "select":
            return self.select(*operands)
        if op == "and":
            return self.reals.connect(op, operands)
        if op in ORDERINGS:
            return self.compare(op, *operands)
        row = complex_rows()[op]
        return self.call(row, operands, lambda leaves: self.on_leaves(row, leaves))

    def call(self, row, operands, primal_value):
        """``row`` on numbers of any levels; ``primal_value`` makes the leaf of the answer from leaves."""
        level = max(x.level for x in operands)
        if not level:
            return primal_value(operands)
        values = [x.map(lambda part: value_of(part, level)) for x in operands]
        return self.attach(row, operands, values, self.call(row, values, primal_value), level)

    def attach(self, row, operands, values, answer, level):
        """``answer``, that of the row on ``values``, with the tangent that the row's partials give."""
        algebra = self.masked() if row.singular else self
        terms = ([], [])
        for operand, partial in zip(operands, row.partials, strict=True):
            if operand.level == level:
                coefficient = evaluate(partial, values, answer, algebra)
                algebra.add_product(terms, coefficient, operand.tangents(level))
        return ComplexNumber(*(self._with_tangent(x, t, level) for x, t in zip(answer.parts, terms, strict=True)))

    def add_product(self, terms, coefficient, tangents):
        """Add ``coefficient * tangent`` to the lists of terms of both parts."""
        (k, m), (x, y) = coefficient.parts, tangents
        terms[0].extend((self._scaled(x, k), self._scaled(y, m and self.reals.apply("neg", m))))
        terms[1].extend((self._scaled(y, k), self._scaled(x, m)))

    def _scaled(self, tangent, coefficient):
        absent = tangent is None or coefficient is None
        return None if absent else self.reals.scaled(tangent, coefficient)

    def _with_tangent(self, answer, terms, level):
        tangent = total(terms)
        return answer if tangent is None else Pair(level, answer or self.reals.const(0.0), tangent)

    def masked(self):
        """The same algebra, in which zero tangents stay zero."""
        return self if self.reals.masking else ComplexAlgebra(self.reals.masked())

    def select(self, condition, then, otherwise):
        """``then`` where the condition holds; both are computed."""
        pairs = zip(then.parts, otherwise.parts, strict=True)
        return ComplexNumber(*(self._chosen(condition, a, b) for a, b in pairs))

    def _chosen(self, condition, a, b):
        if a is None and b is None:
            return None
        zero = self.reals.const(0.0)
        return self.reals.select(condition, a or zero, b or zero)

    def compare(self, op, a, b):
        """A leaf of type boolean: whether both parts are equal, or an order of the real parts."""
        zero = self.reals.const(0.0)
        (x, y), (u, v) = ([leaf_of(part or zero) for part in z.parts] for z in (a, b))
        same = self.reals.compare(op, x, u)
        if op != "eq" or (a.imag is None and b.imag is None):
            return same
        return self.reals.connect("and", (same, self.reals.compare(op, y, v)))

    # ---- leaves

    def on_leaves(self, row, leaves):
        """A row of the table on numbers without derivatives."""
        if row.name in _ARITHMETIC:
            return _ARITHMETIC[row.name](self, *leaves)
        if row.name == "powi":
            return self._integer_power(*leaves)
        if row.value is not None:
            return evaluate(row.value, leaves, None, self)
        given = (self.type,) * row.arity
        for function in row.functions:
            # ufuncs never raise
            sig = signature_of_ufunc(self.context, function, given)
            if sig is not None:
                return self.leaf(sig.return_type, self.primal(function, sig, leaves))
        raise NotImplementedError(f"Numba has no ufunc {row.name} on {self.type}")

    def _reals(self, op, *parts):
        return self.reals.apply(op, *parts)

    def _add(self, a, b):
        return ComplexNumber(*(self._sum(x, y) for x, y in zip(a.parts, b.parts, strict=True)))

    def _sum(self, x, y):
        return self._reals("add", x, y) if x and y else x or y

    def _sub(self, a, b):
        return self._add(a, self._neg(b))

    def _neg(self, a):
        return a.map(lambda x: self._reals("neg", x))

    def _mul(self, a, b):
        (x, y), (u, v) = a.parts, b.parts
        square = self._product(y, v)
        real = self._sum(self._product(x, u), square and self._reals("neg", square))
        return ComplexNumber(real, self._sum(self._product(x, v), self._product(y, u)))

    def _product(self, x, y):
        return self._reals("mul", x, y) if x and y else None

    def _div(self, a, b):
        if b.imag is None:
            return a.map(lambda x: self._reals("div", x, b.real))
        return self._mul(a, self._reciprocal(b))

    def _reciprocal(self, b):
        """Smith's algorithm, which scales such that no square overflows."""
        one, (x, y) = self.reals.const(1.0), (part or self.reals.const(0.0) for part in b.parts)
        wide = self.reals.compare("ge", *(self.reals.apply("abs", part) for part in (x, y)))
        large, small = self.reals.select(wide, x, y), self.reals.select(wide, y, x)
        ratio = self._reals("div", small, large)
        scale = self._reals("div", one, self._sum(large, self._reals("mul", small, ratio)))
        rest = self._reals("mul", ratio, scale)
        imag = self.reals.select(wide, rest, scale)
        return ComplexNumber(self.reals.select(wide, scale, rest), self._reals("neg", imag))

    def _integer_power(self, z, n):
        exponent = n.real
        if exponent.constant is None:
            sig = self.type(self.type, types.int64)
            args = [self.typed(z, self.type), self.reals.typed(exponent, types.int64)]
            return self.leaf(self.type, primal.compiled(self.context, self.builder, complex_integer_power, sig, args))
        if abs(exponent.constant) > GREATEST:
            return self.apply("pow", z, n)
        power, square, bits = None, z, abs(int(exponent.constant))
        while bits:
            if bits & 1:
                power = square if power is None else self.apply("mul", power, square)
            bits >>= 1
            square = self.apply("mul", square, square) if bits else square
        power = power or self.const(1.0)
        return self.apply("div", self.const(1.0), power) if exponent.constant < 0 else power


_ARITHMETIC = {
    "add": ComplexAlgebra._add,
    "sub": ComplexAlgebra._sub,
    "mul": ComplexAlgebra._mul,
    "div": ComplexAlgebra._div,
    "neg": ComplexAlgebra._neg,
}


def signature_of_ufunc(context, function, given):
    """The signature of a ufunc that maps complex numbers to a complex one; None for other functions."""
    sig = primal.signature_of(context.typing_context, function, given) if hasattr(function, "nin") else None
    return sig if sig is not None and isinstance(sig.return_type, types.Complex) else None


def _constant(value):
    """A float constant; plain zero is absent."""
    absent = value == 0.0 and str(value) == "0.0"
    return None if absent else Leaf(None, value)
