"""The algebra that generates code: rules of the table become LLVM instructions, for duals of any nesting.

One idea: a rule works on the highest level among its operands and computes with what is one level down; so one code
path serves every order.  An operand that lacks that level is never lifted to it: its product with a tangent costs
what the product with a float costs.

Values are computed by the primal's own implementation, without fast-math flags.  Code for partials may be contracted
(``fmul`` and ``fadd`` to one ``fma``), and products with tangents may be reordered.

Source: Griewank & Walther, Evaluating Derivatives, 2nd ed., ch. 13 (tangents of tangents); the levels are
those of Siskind & Pearlmutter 2008, "Nesting forward-mode AD in a functional framework".
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import types

from dualjit.numbers.forms import Leaf, Pair, leaf_of, value_of
from dualjit.numbers.leaves import ARITHMETIC, CONNECTIVES, FLAGS, ORDERINGS, Leaves
from dualjit.numbers.model import DualStructModel
from dualjit.numbers.tangents import PRODUCT_FLAGS, ListTangent, VectorTangent, total
from dualjit.numbers.types import Dual, Slope
from dualjit.rules.expr import evaluate
from dualjit.rules.table import scalar_rows

# In kernels, where partials that are zero are worth their registers: the compiler may take a product with a constant
# zero for zero, as if no factor were infinite or NaN, and a sum with it for the other term.
ZERO_PRODUCT, ZERO_SUM = (*FLAGS, "nsz", "nnan"), (*FLAGS, "nsz")


class Algebra(Leaves):
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
        super().__init__(context, builder, scalar)
        self.masking = masking
        self.drops_zeros = isinstance(context.data_model_manager[Dual(scalar, 1)], DualStructModel)
        self._known = {}

    # ---- between LLVM values and numbers

    def unpack(self, type, value):
        """The LLVM value of a Numba number as a number."""
        type = types.unliteral(type)
        if isinstance(type, Dual):
            model = self.context.data_model_manager[type]
            value, partials = model.split(self.builder, value)
            return Pair(type.level, self.unpack(type.base, value), self._tangent(type.base, partials))
        if isinstance(type, Slope):
            return Pair(type.dual.level, self.const(0.0), ListTangent(self, [self.unpack(type.dual.base, value)]))
        if isinstance(type, types.Integer):
            constant = isinstance(value, ir.Constant) and isinstance(value.constant, int)
            return Leaf(None, value.constant) if constant else Leaf(type, value)
        if isinstance(type, types.Boolean):
            return Leaf(type, value)
        return self.leaf(self.context.cast(self.builder, value, type, self.scalar))

    def _tangent(self, base, partials):
        if isinstance(partials.type, ir.VectorType):
            return VectorTangent(self, self.resized(partials, self.context.get_value_type(self.scalar)))
        elements = [self.builder.extract_value(partials, i) for i in range(partials.type.count)]
        return ListTangent(self, [self.unpack(base, e) for e in elements])

    def pack(self, type, number):
        """The LLVM value of Numba type ``type`` for a number with no more levels than it has."""
        if isinstance(type, Slope):
            (partial,) = number.tangent.elements() if number.level else (self.const(0.0),)
            return self.pack(type.dual.base, partial)
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
            return self.resized(tangent.vector(), partials_type.element)
        answer = ir.Constant(partials_type, ir.Undefined)
        for i, element in enumerate(tangent.elements()):
            answer = self.builder.insert_value(answer, self.pack(type.base, element), i)
        return answer

    def resized(self, vector, element):
        """A vector of floats with elements of another width."""
        if element == vector.type.element:
            return vector
        resize = self.builder.fpext if isinstance(element, ir.DoubleType) else self.builder.fptrunc
        return resize(vector, ir.VectorType(element, vector.type.count))

    # ---- the algebra in which rules are evaluated

    def const(self, value):
        """A Python float as a number; the same object for the same float."""
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
        if op in CONNECTIVES:
            return self.connect(op, operands)
        if op in ORDERINGS:
            return self.compare(op, *map(leaf_of, operands))
        row = scalar_rows()[op]
        return self.call(row, operands, lambda leaves: self.on_leaves(row, leaves))

    def call(self, row, operands, primal_value):
        """``row`` on numbers of any levels; ``primal_value`` makes the leaf of the answer from leaves."""
        level = max(x.level for x in operands)
        if not level:
            return primal_value(operands)
        if not row.active:
            return primal_value([leaf_of(x) for x in operands])
        answer = self.call(row, [value_of(x, level) for x in operands], primal_value)
        return self.attach(row, operands, answer, level)

    def attach(self, row, operands, answer, level):
        """``answer`` of the row on the operands' values, with the tangent that the row's partials give."""
        algebra = self.masked() if row.singular else self
        values = [value_of(x, level) for x in operands]
        terms = []
        for operand, partial in zip(operands, row.partials, strict=True):
            if operand.level == level:
                coefficient = evaluate(partial, values, answer, algebra)
                terms.append(algebra.scaled(operand.tangent, coefficient))
        tangent = total(terms, FLAGS if row.name in ("add", "sub") else PRODUCT_FLAGS)
        return answer if tangent is None else Pair(level, answer, tangent)

    def masked(self):
        """The same algebra, in which zero tangents stay zero."""
        return self if self.masking else Algebra(self.context, self.builder, self.scalar, masking=True)

    def scaled(self, tangent, coefficient):
        """``coefficient * tangent``; None where it is zero by structure."""
        return tangent.masked_times(coefficient) if self.masking else tangent.times(coefficient)

    def product(self, coefficient, tangent):
        """``coefficient * tangent`` for numbers."""
        return self._flagged("mul", coefficient, tangent, ZERO_PRODUCT if self.drops_zeros else PRODUCT_FLAGS)

    def sum(self, a, b):
        """``a + b`` for numbers of tangents."""
        return self._flagged("add", a, b, ZERO_SUM if self.drops_zeros else FLAGS)

    def _flagged(self, op, a, b, flags):
        """Of floats, as of vectors of them; on kernels' registers see `ZERO_PRODUCT`."""
        if a.level or b.level or a.constant is not None or b.constant is not None:
            return self.apply(op, a, b)
        return self.leaf(getattr(self.builder, ARITHMETIC[op])(self.real(a), self.real(b), flags=flags))

    def annihilated(self, coefficient, tangent):
        """``coefficient * tangent`` for numbers, zero wherever ``tangent`` is, for any coefficient."""
        level = max(coefficient.level, tangent.level)
        if not level:
            product = self._flagged("mul", coefficient, tangent, PRODUCT_FLAGS)
            return self.select(self.compare("eq", tangent, self.const(0.0)), self.const(0.0), product)
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
            return self.leaf(self.builder.select(condition.ir, self.real(then), self.real(otherwise)))
        a, b = (x.tangent if x.level == level else None for x in (then, otherwise))
        tangent = (b.zero() if a is None else a).chosen(condition, a.zero() if b is None else b)
        return Pair(level, self.select(condition, value_of(then, level), value_of(otherwise, level)), tangent)
