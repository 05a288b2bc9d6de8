"""The algebra that generates code: rules of the table become LLVM instructions, for duals of any nesting.

One idea: while code is generated a number is either a `Leaf` (an LLVM value) or a `Pair` (its value, which is again
a number, and the tangent of the highest level in it).  A rule works on the highest level and computes with what is one
level down; so one code path serves every order.  An operand that lacks a level is never lifted to it: its product with
a tangent costs what the product with a float costs.

Values are computed by the primal's own implementation.  Only code for partials may be contracted (``fmul`` and
``fadd`` to one ``fma``); no other fast-math flag is ever set.

Source: Griewank & Walther, Evaluating Derivatives, 2nd ed., ch. 13 (tangents of tangents); the levels are
those of Siskind & Pearlmutter 2008, "Nesting forward-mode AD in a functional framework".
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import types

from dualjit.numbers import primal
from dualjit.numbers.powers import GREATEST, integer_power
from dualjit.numbers.tangents import FLAGS, PRODUCT_FLAGS, ListTangent, VectorTangent, total
from dualjit.numbers.types import Dual
from dualjit.rules.expr import evaluate
from dualjit.rules.table import scalar_rows

ORDERINGS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}


class Leaf:
    """A plain number: LLVM value ``ir`` of Numba type ``type``; with type None, the Python constant ``ir``."""

    level = 0
    __slots__ = ("ir", "type")

    def __init__(self, type, ir):
        self.type, self.ir = type, ir

    @property
    def constant(self):
        """The Python value of a constant, else None."""
        return self.ir if self.type is None else None


class Pair:
    """A dual number: ``value`` one level down, and the ``tangent`` of ``level``."""

    __slots__ = ("level", "tangent", "value")

    def __init__(self, level, value, tangent):
        self.level, self.value, self.tangent = level, value, tangent


def value_of(number, level):
    """The number without its tangent of ``level``; one that has none is its own value."""
    return number.value if number.level == level else number


def leaf_of(number):
    """The innermost value."""
    while number.level:
        number = number.value
    return number


class Algebra:
    """Generates code with ``builder``; all floats in it are of type ``scalar``.

    Parameters
    ----------
    context, builder
        Numba target context and LLVM builder.
    scalar : numba type
        The real numbers under the duals.
    masking : bool
        Whether zero tangents stay zero when multiplied by infinity or NaN.
    """

    def __init__(self, context, builder, scalar, masking=False):
        self.context, self.builder, self.scalar, self.masking = context, builder, scalar, masking
        self._known = {}

    # ---- between LLVM values and numbers

    def unpack(self, type, value):
        """The LLVM value of a Numba number as a number."""
        type = types.unliteral(type)
        if isinstance(type, Dual):
            model = self.context.data_model_manager[type]
            value, partials = model.split(self.builder, value)
            return Pair(type.level, self.unpack(type.base, value), self._tangent(type.base, partials))
        if isinstance(type, types.Integer):
            constant = isinstance(value, ir.Constant) and isinstance(value.constant, int)
            return Leaf(None, value.constant) if constant else Leaf(type, value)
        if isinstance(type, types.Boolean):
            return Leaf(type, value)
        return Leaf(self.scalar, self.context.cast(self.builder, value, type, self.scalar))

    def _tangent(self, base, partials):
        if isinstance(partials.type, ir.VectorType):
            return VectorTangent(self, self.resize(partials))
        elements = [self.builder.extract_value(partials, i) for i in range(partials.type.count)]
        return ListTangent(self, [self.unpack(base, e) for e in elements])

    def pack(self, type, number):
        """The LLVM value of Numba type ``type`` for a number with no more levels than it has."""
        if not isinstance(type, Dual):
            return self.context.cast(self.builder, self.real(number), self.scalar, type)
        if number.level > type.level:
            raise NotImplementedError(f"a dual number of level {number.level} does not fit into {type}")
        model = self.context.data_model_manager[type]
        value = self.pack(type.base, value_of(number, type.level))
        if number.level < type.level:
            return model.join(self.builder, value, ir.Constant(model.partials_type, None))
        return model.join(self.builder, value, self._partials(type, model.partials_type, number.tangent))

    def _partials(self, type, partials_type, tangent):
        if isinstance(partials_type, ir.VectorType):
            return self.resize(tangent.vector(), partials_type.element)
        answer = ir.Constant(partials_type, ir.Undefined)
        for i, element in enumerate(tangent.elements()):
            answer = self.builder.insert_value(answer, self.pack(type.base, element), i)
        return answer

    def resize(self, vector, element=None):
        """A vector of floats with elements of another width, by default the scalar's."""
        element = element or self.context.get_value_type(self.scalar)
        if element == vector.type.element:
            return vector
        to = ir.VectorType(element, vector.type.count)
        widen = isinstance(element, ir.DoubleType)
        return (self.builder.fpext if widen else self.builder.fptrunc)(vector, to)

    def real(self, leaf):
        """The LLVM value of a leaf as a scalar."""
        if leaf.type is None:
            return self.context.get_constant(self.scalar, float(leaf.ir))
        return self.context.cast(self.builder, leaf.ir, leaf.type, self.scalar)

    def typed(self, leaf, type):
        """The LLVM value of a leaf as Numba type ``type``."""
        if leaf.type is None:
            return self.context.get_constant(type, leaf.ir)
        return self.context.cast(self.builder, leaf.ir, leaf.type, type)

    def arguments(self, leaves, sig):
        """LLVM values of leaves as the arguments of a primal implementation."""
        return [self.typed(x, t) for x, t in zip(leaves, sig.args, strict=True)]

    def leaf(self, value):
        """The number for an LLVM value of the scalar type."""
        return Leaf(self.scalar, value)

    # ---- the algebra in which rules are evaluated

    def const(self, value):
        key = ("const", float(value).hex())
        if key not in self._known:
            self._known[key] = Leaf(None, float(value))
        return self._known[key]

    def apply(self, op, *operands):
        """A primitive or a row of the table on numbers; what has been computed is not computed again."""
        key = (op, *operands)
        if key not in self._known:
            self._known[key] = self._compute(op, operands)
        return self._known[key]

    def _compute(self, op, operands):
        if op == "select":
            return self.select(*operands)
        if op in _CONNECTIVES:
            return self._connect(op, operands)
        if op in ORDERINGS:
            return self._compare(ORDERINGS[op], *map(leaf_of, operands))
        row = scalar_rows()[op]
        return self.call(row, operands, lambda leaves: self._leaf(row, leaves))

    def call(self, row, operands, primal_value):
        """``row`` on numbers of any levels; ``primal_value`` makes the leaf of the answer from leaves."""
        level = max(x.level for x in operands)
        if not level:
            return primal_value(operands)
        if not row.active:
            return self.call(row, [leaf_of(x) for x in operands], primal_value)
        answer = self.call(row, [value_of(x, level) for x in operands], primal_value)
        return self.attach(row, operands, answer, level)

    def attach(self, row, operands, answer, level):
        """``answer`` of the row on the operands' values, with the tangent that the row's partials give."""
        algebra = self.masked() if row.singular else self
        values = [value_of(x, level) for x in operands]
        terms = []
        for operand, partial in zip(operands, row.partials, strict=False):
            if operand.level == level:
                coefficient = evaluate(partial, values, answer, algebra)
                terms.append(algebra.scaled(operand.tangent, coefficient))
        tangent = total(terms, FLAGS if row.name in ("add","sub") else PRODUCT_FLAGS)
        return answer if tangent is None else Pair(level, answer, tangent)

    def masked(self):
        """The same algebra, in which zero tangents stay zero."""
        return self if self.masking else Algebra(self.context, self.builder, self.scalar, masking=True)

    def scaled(self, tangent, coefficient):
        """``coefficient * tangent``; None where it is zero by structure."""
        return tangent.masked_times(coefficient) if self.masking else tangent.times(coefficient)

    def annihilated(self, coefficient, tangent):
        """``coefficient * tangent`` for numbers, zero wherever ``tangent`` is, for any coefficient."""
        level = max(coefficient.level, tangent.level)
        if not level:
            product = self.apply("mul", coefficient, tangent)
            return self.select(self._compare("==", tangent, self.const(0.0)), self.const(0.0), product)
        k, t = value_of(coefficient, level), value_of(tangent, level)
        terms = [tangent.tangent.masked_times(k)] if tangent.level == level else []
        if coefficient.level == level:
            terms.append(coefficient.tangent.times_masking(t))
        value, tangent = self.annihilated(k, t), total(terms)
        return value if tangent is None else Pair(level, value, tangent)

    def select(self, condition, then, otherwise):
        """``then`` where the condition holds; both are computed."""
        if condition.constant is not None:
            return then if condition.constant else otherwise
        if then is otherwise:
            return then
        level = max(then.level, otherwise.level)
        if not level:
            return Leaf(self.scalar, self.builder.select(condition.ir, self.real(then), self.real(otherwise)))
        a, b = (x.tangent if x.level == level else None for x in (then, otherwise))
        tangent = (b.zero() if a is None else a).chosen(condition, a.zero() if b is None else b)
        return Pair(level, self.select(condition, value_of(then, level), value_of(otherwise, level)), tangent)

    def _compare(self, ordering, a, b):
        if a.type is None and b.type is None:
            return Leaf(None, _FOLDED[ordering](a.ir, b.ir))
        if _integral(a) and _integral(b):
            a, b = self._integers(a, b)
            return Leaf(types.boolean, self.builder.icmp_signed(ordering, a, b))
        compare = self.builder.fcmp_unordered if ordering == "!=" else self.builder.fcmp_ordered
        return Leaf(types.boolean, compare(ordering, self.real(a), self.real(b)))

    def _connect(self, op, conditions):
        conditions = [self.context.get_constant(types.boolean, c.ir) if c.type is None else c.ir for c in conditions]
        return Leaf(types.boolean, getattr(self.builder, _CONNECTIVES[op])(*conditions))

    # ---- rows on leaves

    def _leaf(self, row, leaves):
        if row.name in _INSTRUCTIONS:
            return self._arithmetic(row.name, leaves)
        if row.name == "powi":
            return self._integer_power(*leaves)
        if callable(row.value):
            sig = self.scalar(*(self._type(x) for x in leaves))
            args = self.arguments(leaves, sig)
            return self.leaf(primal.compiled(self.context, self.builder, row.value, sig, args))
        if row.value is not None:
            return evaluate(row.value, leaves, None, self)
        function, sig = primal.real_function(self.context.typing_context, row, tuple(map(self._type, leaves)))
        return Leaf(sig.return_type, primal.call(self.context, self.builder, function, sig, self.arguments(leaves, sig)))

    def _type(self, leaf):
        return self.scalar if leaf.type is None or isinstance(leaf.type, types.Boolean) else leaf.type

    def _arithmetic(self, op, leaves):
        if all(x.type is None for x in leaves) and (op != "div" or leaves[1].ir):
            return self.const(_FOLDED[op](*(x.ir for x in leaves)))
        if op != "div" and all(map(_integral, leaves)):
            values = self._integers(*leaves)
            return Leaf(types.int64, getattr(self.builder, op)(*values))
        values = [self.real(x) for x in leaves]
        if op == "neg":
            # not fneg: libNVVM reads an older LLVM IR which lacks it; elsewhere LLVM makes it an fneg
            op, values = "sub", [self.context.get_constant(self.scalar, -0.0), *values]
        return Leaf(self.scalar, getattr(self.builder, _INSTRUCTIONS[op])(*values, flags=FLAGS))

    def _integers(self, *leaves):
        return [self.typed(Leaf(None, int(x.ir)) if x.type is None else x, types.int64) for x in leaves]

    def _integer_power(self, x, n):
        if n.constant is None and isinstance(n.type, types.Integer):
            sig = self.scalar(self.scalar, types.int64)
            args = self.arguments((x, n), sig)
            return self.leaf(primal.compiled(self.context, self.builder, integer_power, sig, args))
        if n.constant is None or abs(n.constant) > GREATEST:
            return self.apply("pow", x, n)
        power, square, bits = self.const(1.0), x, abs(int(n.constant))
        while bits:
            if bits & 1:
                power = square if power.constant == 1.0 else self.apply("mul", power, square)
            bits >>= 1
            square = self.apply("mul", square, square) if bits else square
        return self.apply("div", self.const(1.0), power) if n.constant < 0 else power


def _integral(leaf):
    if leaf.type is None:
        return float(leaf.ir).is_integer()
    return isinstance(leaf.type, types.Integer)


_CONNECTIVES = {"and": "and_", "or": "or_", "not": "not_"}
_INSTRUCTIONS = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv", "neg": "fneg"}
_FOLDED = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda a: -a,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}
