"""Pullbacks of elementwise operations on arrays, with broadcasting: one loop that serves all operands.

One idea: an operand of fewer elements than the answer is read, and added to, with strides of zero.  Where all arrays
are contiguous and of one shape there is a flat loop beside that one, which LLVM turns into vectors.  The loops are
generated here: typing and lowering them as Python source would take most of a gradient's compilation.
"""

from __future__ import annotations

from functools import cache, partial

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.typing import signature
from numba.np.arrayobj import load_item, store_item

from dualjit.numbers.arity import intrinsic_of
from dualjit.numbers.blocks import Operand
from dualjit.numbers.pulling import added, joined_type, pull_complex_term, pull_term, sum_type
from dualjit.numbers.types import Slope, is_complex, part_of
from dualjit.rules.complex import complex_rows
from dualjit.rules.table import scalar_rows


@cache
def pull_each(name: str, complex: bool = False):
    """The intrinsic ``(y_bar, y, *operands, *shadows)`` for a scalar row, or for a row of complex numbers.

    ``y`` and operands may be numbers or None; shadows None, or arrays without dimensions for numbers.
    """
    arity = (complex_rows() if complex else scalar_rows())[name].arity
    pull = pull_complex_term if complex else pull_term

    def typed(*given):
        if any(isinstance(t, types.Array) and isinstance(t.dtype, Slope) for t in given[: 2 + arity]):
            return None  # slopes can be added to, not read
        return signature(types.none, *given), lambda context, builder, sig, args: _OneRow(
            context, builder, partial(pull, name), arity, sig.args, args
        ).write()

    return intrinsic_of(f"pull_each_{name}", 2 + 2 * arity, typed)


def _has_axes(t) -> bool:
    return isinstance(t, types.Array) and t.ndim > 0


class Loops:
    """The loops over ``(y_bar, ..., *operands, *shadows)``, of which the operands begin at ``first``.

    Numbers are read before them; what a number receives is in a register until they are done.
    """

    def __init__(self, context, builder, first, arity, ts, args):
        self.context, self.builder = context, builder
        self.ts = list(ts)
        self.arrays = {
            k: Operand(context, builder, t, v)
            for k, (t, v) in enumerate(zip(ts, args, strict=True))
            if isinstance(t, types.Array)
        }
        self.numbers = {k: v for k, v in enumerate(args) if k not in self.arrays}
        self.values, self.bars = range(first, first + arity), range(first + arity, first + 2 * arity)
        self.axes = {k: a for k, a in self.arrays.items() if _has_axes(self.ts[k])}
        for k in self.arrays.keys() - self.axes.keys():
            number = load_item(context, builder, self.ts[k], self.arrays[k].data)
            self.ts[k] = self.arrays[k].type.dtype
            self.numbers[k] = cgutils.alloca_once_value(builder, number) if k in self.bars else number

    def write(self):
        if 0 not in self.axes:
            self.element({})
        elif self.may_be_flat():
            with self.builder.if_else(self.equal_shapes()) as (equal, other):
                with equal:
                    self.flat()
                with other:
                    self.strided()
        else:
            self.strided()
        for k in self.bars:
            if k in self.arrays and k not in self.axes:
                array = self.arrays[k]
                store_item(self.context, self.builder, array.type, self.builder.load(self.numbers[k]), array.data)
        return self.context.get_dummy_value()

    def may_be_flat(self) -> bool:
        layouts = {a.type.layout for a in self.axes.values()}
        return len({a.type.ndim for a in self.axes.values()}) == 1 and layouts in ({"C"}, {"F"})

    def equal_shapes(self):
        builder, first, *others = self.builder, *self.axes.values()
        pairs = [pair for a in others for pair in zip(first.shape, a.shape, strict=True)]
        same = cgutils.true_bit
        for a, b in pairs:
            same = builder.and_(same, builder.icmp_signed("==", a, b))
        return same

    def flat(self) -> None:
        """One loop over memory."""
        with cgutils.for_range(self.builder, self.arrays[0].array.nitems) as loop:
            self.element({k: self.builder.gep(a.data, [loop.index]) for k, a in self.axes.items()})

    def strided(self) -> None:
        """A nest of loops over the answer's axes."""
        answer, builder = self.arrays[0], self.builder
        zero = answer.shape[0].type(0)
        strides = {
            k: [
                builder.select(builder.icmp_signed("==", n, n.type(1)), zero, s)
                for n, s in zip(a.shape, a.strides, strict=True)
            ]
            for k, a in self.axes.items()
        }
        with cgutils.loop_nest(builder, answer.shape, zero.type) as indices:
            self.element({k: self.moved(a, indices, strides[k]) for k, a in self.axes.items()})

    def moved(self, array: Operand, indices, strides):
        """The pointer to an operand's element for an element of the answer: trailing axes belong together."""
        builder = self.builder
        offset = strides[0].type(0)
        for index, stride in zip(indices[len(indices) - len(strides) :], strides, strict=True):
            offset = builder.add(offset, builder.mul(index, stride))
        data = builder.bitcast(array.data, ir.IntType(8).as_pointer())
        return builder.bitcast(builder.gep(data, [offset]), array.data.type)

    def element(self, pointers) -> None:
        """What one element of the answer's cotangent gives all operands."""
        raise NotImplementedError

    def number(self, k, pointers):
        """Type and LLVM value of an operand's element, or of the number that it is."""
        if k not in pointers:
            return self.ts[k], self.numbers[k]
        return self.ts[k].dtype, load_item(self.context, self.builder, self.ts[k], pointers[k])

    def add(self, k, pointers, term_type, term) -> None:
        """Add a term to an element of a shadow, or to what a number has received."""
        context, builder, t = self.context, self.builder, self.ts[k]
        if k in pointers:
            old = load_item(context, builder, t, pointers[k])
            store_item(context, builder, t, self.sum(t.dtype, old, term_type, term), pointers[k])
        else:
            place = self.numbers[k]
            builder.store(self.sum(t, builder.load(place), term_type, term), place)

    def sum(self, t, old, term_type, term):
        """LLVM value of ``old + term``, of the type ``t`` of ``old``."""
        sig = signature(sum_type(t, term_type), t, term_type)
        whole = added(self.context, self.builder, sig, (old, term))
        return self.context.cast(self.builder, whole, sig.return_type, t)


class _OneRow(Loops):
    """The loops of a pullback through one row: ``(y_bar, y, *operands, *shadows)``."""

    def __init__(self, context, builder, pull, arity, ts, args):
        super().__init__(context, builder, 2, arity, ts, args)
        self.pull = pull

    def element(self, pointers) -> None:
        ts, numbers = zip(*(self.number(k, pointers) for k in (0, 1, *self.values)), strict=True)
        joined = joined_type(ts)
        for index, k in enumerate(self.bars):
            t = self.ts[k].dtype if k in pointers else self.ts[k]
            if not isinstance(t, types.NoneType):
                term_type = joined if is_complex(t) else part_of(joined)
                term = self.pull(index, signature(term_type, *ts), self.context, self.builder, numbers)
                self.add(k, pointers, term_type, term)
