"""Tangents: the n partial derivatives of one level, with the linear operations a rule needs of them.

One idea: a tangent is one LLVM vector as long as its elements are plain floats and are multiplied by plain
floats, else a list of numbers; the two meet element by element.

``times(k)`` is the product with a number; ``masked_times(k)`` keeps zero elements zero, for k infinite or NaN; and in
``times_masking(k)`` it is a zero k that makes zero.
"""

from __future__ import annotations

from functools import reduce

from llvmlite import ir

from dualjit.numbers.leaves import FLAGS

# Products with a tangent and their sums may be factored and reordered (100 a da + a (100 da) is one product); sums of
# tangents keep their order, so that a loop that accumulates carries one addition per step and no longer chain.
PRODUCT_FLAGS = (*FLAGS, "reassoc", "nsz", "arcp")
INT32 = ir.IntType(32)


def total(tangents, flags=FLAGS):
    """The sum of the tangents which are not None; None when there are none."""
    present = [t for t in tangents if t is not None]
    return reduce(lambda a, b: a.plus(b, flags), present) if present else None


class ListTangent:
    """Elements are numbers of the algebra."""

    def __init__(self, algebra, numbers):
        self.algebra, self._numbers = algebra, list(numbers)

    def elements(self):
        return self._numbers

    def vector(self):
        """One LLVM vector of the elements, which are leaves."""
        algebra = self.algebra
        scalars = [algebra.real(x) for x in self._numbers]
        answer = ir.Constant(ir.VectorType(scalars[0].type, len(scalars)), ir.Undefined)
        for i, scalar in enumerate(scalars):
            answer = algebra.builder.insert_element(answer, scalar, INT32(i))
        return answer

    def zero(self):
        return ListTangent(self.algebra, [self.algebra.const(0.0)] * len(self._numbers))

    def plus(self, other, flags=FLAGS):
        return ListTangent(self.algebra, map(self.algebra.sum, self._numbers, other.elements()))

    def _map(self, op, *others):
        apply = self.algebra.apply
        return ListTangent(self.algebra, [apply(op, *xs) for xs in zip(self._numbers, *others, strict=True)])

    def times(self, k):
        if k.level == 0 and k.constant in _UNITS:
            return _UNITS[k.constant](self)
        return ListTangent(self.algebra, [self.algebra.product(k, x) for x in self._numbers])

    def negative(self):
        return self._map("neg")

    def masked_times(self, k):
        if k.level == 0 and k.constant is not None:
            return self.times(k)
        return ListTangent(self.algebra, [self.algebra.annihilated(k, x) for x in self._numbers])

    def times_masking(self, k):
        return ListTangent(self.algebra, [self.algebra.annihilated(x, k) for x in self._numbers])

    def chosen(self, condition, other):
        """These elements where the condition holds, else the other's."""
        pairs = zip(self._numbers, other.elements(), strict=True)
        return ListTangent(self.algebra, [self.algebra.select(condition, x, y) for x, y in pairs])


class VectorTangent:
    """Elements are floats in one LLVM vector."""

    def __init__(self, algebra, vector):
        self.algebra, self._vector = algebra, vector

    def vector(self):
        return self._vector

    def elements(self):
        algebra = self.algebra
        lanes = range(self._vector.type.count)
        return [algebra.leaf(algebra.builder.extract_element(self._vector, INT32(i))) for i in lanes]

    def _list(self):
        return ListTangent(self.algebra, self.elements())

    def zero(self):
        return VectorTangent(self.algebra, self._zeros())

    def _zeros(self):
        return ir.Constant(self._vector.type, None)

    def plus(self, other, flags=FLAGS):
        if not isinstance(other, VectorTangent):
            return self._list().plus(other, flags)
        return VectorTangent(self.algebra, self.algebra.builder.fadd(self._vector, other._vector, flags=flags))

    def times(self, k):
        if k.level:
            return self._list().times(k)
        if k.constant in _UNITS:
            return _UNITS[k.constant](self)
        return VectorTangent(self.algebra, self._product(k))

    def negative(self):
        minus_zero = ir.Constant(self._vector.type, [-0.0] * self._vector.type.count)
        return VectorTangent(self.algebra, self.algebra.builder.fsub(minus_zero, self._vector, flags=FLAGS))

    def masked_times(self, k):
        if k.level:
            return self._list().masked_times(k)
        if k.constant is not None:
            return self.times(k)
        zero = self.algebra.builder.fcmp_ordered("==", self._vector, self._zeros())
        return self._where(zero, self._product(k))

    def times_masking(self, k):
        if k.level:
            return self._list().times_masking(k)
        if k.constant is not None:
            return self.times(k)
        zero = self.algebra.apply("eq", k, self.algebra.const(0.0))
        return self._where(zero.ir, self._product(k))

    def _where(self, zero, product):
        return VectorTangent(self.algebra, self.algebra.builder.select(zero, self._zeros(), product))

    def _product(self, k):
        return self.algebra.builder.fmul(self._splat(self.algebra.real(k)), self._vector, flags=PRODUCT_FLAGS)

    def _splat(self, scalar):
        builder, count = self.algebra.builder, self._vector.type.count
        if isinstance(scalar, ir.Constant):
            return ir.Constant(self._vector.type, [scalar] * count)
        undefined = ir.Constant(self._vector.type, ir.Undefined)
        first = builder.insert_element(undefined, scalar, INT32(0))
        return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(INT32, count), [0] * count))

    def chosen(self, condition, other):
        """These elements where the condition holds, else the other's."""
        if not isinstance(other, VectorTangent):
            return self._list().chosen(condition, other)
        return VectorTangent(self.algebra, self.algebra.builder.select(condition.ir, self._vector, other._vector))


_UNITS = {1.0: lambda t: t, -1.0: lambda t: t.negative(), 0.0: lambda t: None}
