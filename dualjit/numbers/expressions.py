"""Expressions of elementwise operations on arrays, as one loop: their values, and what their cotangent gives operands.

One idea: an expression is a list of steps, each a row of the table on what was given or made before.  Values are
computed by the primal's own scalar functions.  Backwards each element runs the steps again, as far as partials want
their values, and goes back through them in registers.
"""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

from numba.core import types
from numba.core.imputils import force_error_model
from numba.core.typing import signature
from numba.np.npyimpl import numpy_ufunc_kernel

from dualjit.numbers.arity import intrinsic_of
from dualjit.numbers.elementwise import scalar_function
from dualjit.numbers.pulling import PullAlgebra, joined_type
from dualjit.numbers.pulling_arrays import Loops
from dualjit.numbers.types import Slope, float_of, part_of
from dualjit.program.steps import Step, depends
from dualjit.rules.expr import ONE, ZERO, Answer, Arg, Const, evaluate, nodes
from dualjit.rules.table import scalar_rows

# ---- values


def of_arrays(step: Step):
    """The function that Numba knows on arrays."""
    return scalar_function(step.function, scalar_rows()[step.row])


def of_numbers(step: Step):
    """The function that gives the primal's values, on numbers.  Operators raise there where those of arrays do not."""
    return step.function if step.function.__module__ == "math" else of_arrays(step)


def applied(context, builder, step: Step, given):
    """Type and LLVM value of a step on numbers, each a pair of both; computed as the primal does."""
    function = of_numbers(step)
    callee = context.typing_context.resolve_value_type(function)
    ts, values = zip(*given, strict=True)
    sig = callee.get_call_type(context.typing_context, ts, {})
    args = [context.cast(builder, v, t, u) for v, t, u in zip(values, ts, sig.args, strict=True)]
    with force_error_model(context, "numpy"):
        return sig.return_type, context.get_function(callee, sig)(builder, args)


@cache
def expression(steps: tuple[Step, ...], arity: int):
    """The intrinsic ``(*operands)``: a new array with the answer of the last step."""

    class Kernel:
        """What is relied on: see :mod:`dualjit.numbers.elementwise`."""

        def __init__(self, context, builder, elements):
            self.context, self.builder, self.elements = context, builder, elements

        def generate(self, *values):
            made = list(zip(self.elements.args, values, strict=True))
            for step in steps:
                made.append(applied(self.context, self.builder, step, [made[i] for i in step.operands]))
            t, answer = made[-1]
            return self.context.cast(self.builder, answer, t, self.elements.return_type)

    def lower(context, builder, sig, args):
        return numpy_ufunc_kernel(context, builder, sig, args, SimpleNamespace(nin=arity, nout=1), Kernel)

    def typed(typingctx, *given):
        made = list(given)
        for step in steps:
            callee = typingctx.resolve_value_type(of_arrays(step))
            sig = callee.get_call_type(typingctx, tuple(made[i] for i in step.operands), {})
            if sig is None:
                return None
            made.append(sig.return_type)
        return signature(made[-1], *given), lower

    return intrinsic_of("expression", arity, typed, context=True)


# ---- pullbacks


@cache
def pull_expression(steps: tuple[Step, ...], arity: int):
    """The intrinsic ``(y_bar, *operands, *shadows)``: adds to the shadows what the answer's cotangent gives.

    Operands whose values are not wanted, and shadows of those that are not active, are None.
    """

    def typed(*given):
        if any(isinstance(t, types.Array) and isinstance(t.dtype, Slope) for t in given[: 1 + arity]):
            return None  # slopes can be added to, not read

        def generate(context, builder, sig, args):
            return _Loops(context, builder, steps, arity, sig.args, args).write()

        return signature(types.none, *given), generate

    return intrinsic_of("pull_expression", 1 + 2 * arity, typed)


class _Loops(Loops):
    """The loops of a pullback through an expression."""

    def __init__(self, context, builder, steps, arity, ts, args):
        super().__init__(context, builder, 1, arity, ts, args)
        self.steps, self.arity = steps, arity

    def element(self, pointers) -> None:
        given = [self.number(k, pointers) for k in (0, *self.values)]
        joined = joined_type([t for t, _ in given])
        back = _Sweep(self.context, self.builder, self.steps, given[1:], float_of(part_of(joined)))
        active = frozenset(i for i, k in enumerate(self.bars) if not isinstance(self.ts[k], types.NoneType))
        terms = back.run(given[0], active)
        for index in sorted(terms):
            self.add(self.bars[index], pointers, part_of(joined), back.algebra.pack(part_of(joined), terms[index]))


class _Sweep:
    """Forward and back through the steps for one element."""

    def __init__(self, context, builder, steps, operands, scalar):
        self.context, self.builder, self.steps, self.arity = context, builder, steps, len(operands)
        self.made = dict(enumerate(operands))
        self.algebra = PullAlgebra(context, builder, scalar)
        self.masking = PullAlgebra(context, builder, scalar, masking=True)
        self.numbers = {}

    def value(self, k: int):
        """Type and LLVM value at a position."""
        if k not in self.made:
            step = self.steps[k - self.arity]
            self.made[k] = applied(self.context, self.builder, step, [self.value(i) for i in step.operands])
        return self.made[k]

    def number(self, k: int):
        """The number of the algebra at a position."""
        if k not in self.numbers:
            self.numbers[k] = self.algebra.unpack(*self.value(k))
        return self.numbers[k]

    def run(self, bar, active: frozenset[int]) -> dict:
        """What each active operand receives, as a number of the algebra."""
        varied = depends(self.steps, self.arity, active)
        bars = {self.arity + len(self.steps) - 1: self.algebra.unpack(*bar)}
        for k in range(self.arity + len(self.steps) - 1, self.arity - 1, -1):
            step = self.steps[k - self.arity]
            row = scalar_rows()[step.row]
            for operand, partial in zip(step.operands, row.partials, strict=True):
                if k in bars and operand in varied and partial is not ZERO:
                    term = self.term(k, step, row, partial, bars[k])
                    bars[operand] = self.algebra.apply("add", bars[operand], term) if operand in bars else term
        return {k: number for k, number in bars.items() if k < self.arity}

    def term(self, k: int, step: Step, row, partial, bar):
        """A cotangent times a partial of a step."""
        if partial is ONE:
            return bar
        if isinstance(partial, Const) and partial.value == -1.0:
            return self.algebra.apply("neg", bar)
        used = set(nodes(partial))
        args = {node.index: self.number(step.operands[node.index]) for node in used if isinstance(node, Arg)}
        answer = self.number(k) if any(isinstance(node, Answer) for node in used) else None
        algebra = self.masking if row.singular else self.algebra
        return algebra.weighted(evaluate(partial, args, answer, algebra), bar)
