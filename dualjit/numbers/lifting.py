"""From plain data to marked data: ``lifted`` copies values, ``from_partial`` pairs a value with one direction.

Adjoint programs say by ``plain_copy`` and ``plain_list`` that memory with room for derivatives is made of plain data.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.core.typing import signature
from numba.core.typing.templates import AbstractTemplate, infer_global
from numba.extending import intrinsic, overload, register_jitable

from dualjit.numbers.intrinsics import lift
from dualjit.numbers.types import Active, Dual


@intrinsic
def from_partial(typingctx, T, v, p):
    """Number of the dual type ``T`` with one partial: value ``v`` and partial ``p``."""
    target = T.instance_type
    if not isinstance(target, Dual) or target.n != 1 or not typingctx.can_convert(p, target.base):
        return None

    def generate(context, builder, sig, args):
        model = context.data_model_manager[target]
        partials = ir.Constant(model.partials_type, ir.Undefined)
        if isinstance(partials.type, ir.VectorType):
            partials = builder.insert_element(partials, args[2], ir.IntType(32)(0))
        else:
            partials = builder.insert_value(partials, args[2], 0)
        return model.join(builder, args[1], partials)

    return signature(target, T, target.base, target.base), generate


def lifted(x, marked):
    """A copy of ``x`` (number, array or list of numbers) with elements of type ``marked``; compiled code only."""
    raise NotImplementedError("lifted is called by compiled code")


@infer_global(lifted)
class _LiftedActive(AbstractTemplate):
    """With the marker that no code is generated for, there is a type alone."""

    def generic(self, args, kws):
        x, marked = args
        element = marked.instance_type
        if not isinstance(element, Active) or kws:
            return None
        if isinstance(x, types.Array):
            return signature(types.Array(element, x.ndim, "F" if x.layout == "F" else "C"), x, marked)
        return signature(x.copy(dtype=element) if isinstance(x, types.List) else element, x, marked)


@overload(lifted)
def _lifted(x, marked):
    element = marked.instance_type
    if isinstance(element, Active):
        return None
    if isinstance(x, types.Array):
        return _lifted_array(x, element)
    if isinstance(x, types.List):
        return lambda x, marked: [lift(v, element) for v in x]
    return lambda x, marked: lift(x, element)


def _lifted_array(x, element):
    if x.layout == "F" and x.ndim > 1:

        def impl(x, marked):
            answer = np.empty(x.shape[::-1], element).T
            for i, v in np.ndenumerate(x):
                answer[i] = lift(v, element)
            return answer

    else:

        def impl(x, marked):
            answer = np.empty(x.shape, element)
            for i, v in np.ndenumerate(x):
                answer[i] = lift(v, element)
            return answer

    return impl


@register_jitable
def plain_copy(x, element):
    """A copy of an array with plain elements of another type."""
    return x.astype(element)


@register_jitable
def plain_list(x, element):
    """A copy of a list with plain items of another type."""
    return [element(v) for v in x]
