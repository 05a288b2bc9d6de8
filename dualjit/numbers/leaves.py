"""The leaves of the algebra: primitives and rows on plain numbers, inside derivatives.

One idea: all floats are of one type, the scalar, which need not be an LLVM double: whatever ``fadd`` and ``fmul`` take.
Nothing raises here, whatever the user's error model; constants are folded, so that literal exponents cost nothing.
"""

from __future__ import annotations

import math

from numba.core import types

from dualjit.numbers import primal
from dualjit.numbers.forms import Leaf
from dualjit.numbers.powers import GREATEST, integer_power
from dualjit.rules.expr import evaluate

FLAGS = ("contract",)  # of all arithmetic in derivatives: a product and a sum may become one fma
ORDERINGS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}
CONNECTIVES = {"and": "and_", "or": "or_", "not": "not_"}
ARITHMETIC = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv", "neg": "fneg"}
_FOLDED = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda a: -a,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
}


class Leaves:
    """Generates code for leaves with ``builder``; `dualjit.numbers.algebra.Algebra` adds the pairs."""

    def __init__(self, context, builder, scalar):
        self.context, self.builder, self.scalar = context, builder, scalar
        self._absolute = {}

    def leaf(self, value):
        """The number for an LLVM value of the scalar type."""
        return Leaf(self.scalar, value)

    def real(self, leaf):
        """The LLVM value of a leaf as a scalar."""
        return self.typed(leaf, self.scalar)

    def typed(self, leaf, type):
        """The LLVM value of a leaf as Numba type ``type``."""
        if leaf.type is not None:
            return self.context.cast(self.builder, leaf.ir, leaf.type, type)
        number = int(leaf.ir) if isinstance(type, types.Integer) else leaf.ir
        return self.context.get_constant(type, float(number) if isinstance(type, types.Float) else number)

    def arguments(self, leaves, sig):
        """LLVM values of leaves as the arguments of an implementation."""
        return [self.typed(x, t) for x, t in zip(leaves, sig.args, strict=True)]

    def compare(self, op, a, b):
        """A leaf of type boolean: IEEE comparison, or comparison of integers."""
        if a.type is None and b.type is None:
            return Leaf(None, _FOLDED[op](a.ir, b.ir))
        if _integral(a) and _integral(b):
            return Leaf(types.boolean, self.builder.icmp_signed(ORDERINGS[op], *self._integers(a, b)))
        compare = self.builder.fcmp_unordered if op == "ne" else self.builder.fcmp_ordered
        return Leaf(types.boolean, compare(ORDERINGS[op], self.real(a), self.real(b)))

    def connect(self, op, conditions):
        """``and``, ``or`` or ``not`` of conditions."""
        values = [self.typed(c, types.boolean) for c in conditions]
        return Leaf(types.boolean, getattr(self.builder, CONNECTIVES[op])(*values))

    def on_leaves(self, row, leaves):
        """A row of the table on leaves."""
        if row.name in ARITHMETIC:
            return self._arithmetic(row.name, leaves)
        if row.name == "powi":
            return self._integer_power(*leaves)
        if row.value is not None and not callable(row.value):
            return evaluate(row.value, leaves, None, self)
        given = tuple(x.type if isinstance(x.type, types.Integer) else self.scalar for x in leaves)
        if row.value is not None:
            return self._compiled(row.value, self.scalar(*given), leaves)
        function, sig = primal.real_function(self.context.typing_context, row, given)
        args = self.arguments(leaves, sig)
        answer = Leaf(sig.return_type, primal.call(self.context, self.builder, function, sig, args))
        if row.name == "abs":
            self._absolute[answer] = leaves[0]
        return answer

    def _compiled(self, function, sig, leaves):
        args = self.arguments(leaves, sig)
        return self.leaf(primal.compiled(self.context, self.builder, function, sig, args))

    def _arithmetic(self, op, leaves):
        if all(x.type is None for x in leaves) and (op != "div" or leaves[1].ir):
            return self.const(_FOLDED[op](*(x.ir for x in leaves)))
        if op != "div" and all(map(_integral, leaves)):
            return Leaf(types.int64, getattr(self.builder, op)(*self._integers(*leaves)))
        if op == "div" and _is_power_of_two(leaves[0].constant):
            reciprocal = self.reciprocal(leaves[1])
            return reciprocal if leaves[0].constant == 1.0 else self._arithmetic("mul", [leaves[0], reciprocal])
        values = [self.real(x) for x in leaves]
        if op == "neg":
            # not fneg: libNVVM reads an older LLVM IR which lacks it; elsewhere LLVM makes it an fneg
            op, values = "sub", [self.context.get_constant(self.scalar, -0.0), *values]
        return self.leaf(getattr(self.builder, ARITHMETIC[op])(*values, flags=FLAGS))

    def reciprocal(self, x):
        """``1 / x``, and of ``abs(x)`` the absolute value of that, so that LLVM sees that both are one division."""
        if x in self._absolute:
            return self.apply("abs", self.reciprocal(self._absolute[x]))
        one = self.context.get_constant(self.scalar, 1.0)
        return self.leaf(self.builder.fdiv(one, self.real(x)))

    def _integers(self, *leaves):
        return [self.typed(x, types.int64) for x in leaves]

    def _integer_power(self, x, n):
        if n.constant is None and isinstance(n.type, types.Integer):
            return self._compiled(integer_power, self.scalar(self.scalar, types.int64), (x, n))
        if n.constant is None or abs(n.constant) > GREATEST:
            return self.apply("pow", x, n)
        power, square, bits = self.const(1.0), x, abs(int(n.constant))
        while bits:
            if bits & 1:
                power = square if power.constant == 1.0 else self.apply("mul", power, square)
            bits >>= 1
            square = self.apply("mul", square, square) if bits else square
        return self.apply("div", self.const(1.0), power) if n.constant < 0 else power


def _is_power_of_two(x):
    """Is it a constant by which products and quotients are exact?"""
    return x is not None and abs(math.frexp(x)[0]) == 0.5


def _integral(leaf):
    return float(leaf.ir).is_integer() if leaf.type is None else isinstance(leaf.type, types.Integer)
