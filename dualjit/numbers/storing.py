"""What a function writes to an `Answer`: numbers, which are taken apart into values and derivatives."""

from __future__ import annotations

import math
import operator

from numba.core import cgutils, types
from numba.core.imputils import lower_builtin
from numba.core.typing import signature
from numba.core.typing.templates import AbstractTemplate, infer_global
from numba.extending import intrinsic

from dualjit.numbers.algebra import Algebra
from dualjit.numbers.forms import leaf_of
from dualjit.numbers.points import ALONG, INDEX, Answer, Shape, from_the_end, passes
from dualjit.numbers.types import Dual


@intrinsic(prefer_literal=False)
def store(typingctx, answer, index, number):
    """``answer[index] = number``."""
    if isinstance(answer, Answer) and isinstance(index, types.Integer) and _storable(number):
        return signature(types.none, answer, types.int64, number), _store
    return None


def _storable(number):
    return isinstance(number, (Dual, types.Float, types.Integer))


@infer_global(operator.setitem)
class _SetItem(AbstractTemplate):
    def generic(self, args, kws):
        answer, index, number = args
        if isinstance(answer, Answer) and isinstance(index, types.Integer) and _storable(number):
            return signature(types.none, answer, types.int64, types.unliteral(number))
        return None


@lower_builtin(operator.setitem, Answer, types.Integer, types.Any)
def _store(context, builder, sig, args):
    answer, _, type = sig.args
    component = from_the_end(builder, args[1], INDEX(answer.count))
    algebra = Algebra(context, builder, answer.scalar)
    _store_component(algebra, answer, args[0], component, algebra.unpack(type, args[2]))
    return context.get_dummy_value()


def poison(context, builder, answer: Answer, value) -> None:
    """NaN for all that this pass computes."""
    algebra = Algebra(context, builder, answer.scalar)
    with cgutils.for_range(builder, INDEX(answer.count)) as loop:
        _store_component(algebra, answer, value, loop.index, algebra.const(math.nan), math.nan)


def _store_component(algebra, answer: Answer, value, component, number, absent: float = 0.0) -> None:
    """Stores a number; ``absent`` are partials of levels that it does not have."""
    builder = algebra.builder
    target = cgutils.create_struct_proxy(answer)(algebra.context, builder, value=value)
    if answer.valued:
        first_pass = builder.icmp_signed("==", builder.or_(target.inner, target.outer), INDEX(0))
        with builder.if_then(first_pass):
            offset = Shape((answer.count,), answer.shape.points_last).offset(
                builder, component, target.i, target.points
            )
            builder.store(algebra.real(leaf_of(number)), builder.gep(target.values, [offset]))
    _Derivatives(algebra, answer, target, component, absent).store(number)


class _Derivatives:
    """Stores the derivatives of one component: an axis of columns for each level of unit seeds, outermost first."""

    def __init__(self, algebra, answer: Answer, target, component, absent: float):
        self.algebra, self.answer, self.target, self.component, self.absent = algebra, answer, target, component, absent
        self.this_pass = [target.inner, target.outer]

    def store(self, number) -> None:
        self.level(number, len(self.answer.levels), [])

    def level(self, number, level: int, columns: list) -> None:
        """The derivatives from ``level`` down; ``columns`` are those of the levels above."""
        answer, builder = self.answer, self.algebra.builder
        if not level:
            self.write(number, columns)
            return
        partials = self.partials(number, level)
        if answer.levels[level - 1] == ALONG:
            self.level(partials[0], level - 1, columns)
            return
        step = passes(answer.columns, len(partials))
        for k, partial in enumerate(partials):
            column = builder.add(self.this_pass[level - 1], INDEX(k * step))
            if (k + 1) * step > answer.columns:
                with builder.if_then(builder.icmp_signed("<", column, INDEX(answer.columns))):
                    self.level(partial, level - 1, [*columns, column])
            else:
                self.level(partial, level - 1, [*columns, column])

    def partials(self, number, level: int) -> list:
        """The partials of one level."""
        if number.level == level:
            return number.tangent.elements()
        return [self.algebra.const(self.absent)] * self.answer.lanes[level - 1]

    def write(self, number, columns: list) -> None:
        builder, shape = self.algebra.builder, self.answer.shape
        place = self.component
        for column in columns:
            place = builder.add(builder.mul(place, INDEX(self.answer.columns)), column)
        offset = shape.offset(builder, place, self.target.i, self.target.points)
        value = self.algebra.real(leaf_of(number))
        builder.store(value, builder.gep(self.target.more, [offset]))
