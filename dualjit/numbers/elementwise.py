"""Scalar rows on whole arrays, outside array expressions: ``operator.add(a, b)``, ``a += b``, ``np.sinc(a)``.

One idea: Numba's own loop over the elements, with the row's scalar code in it; so broadcasting, order of iteration and
what overlapping memory does are those of the primal.  (An expression such as ``a * b + c`` never gets here: Numba
compiles it to one loop over a scalar kernel.)

What is relied on in ``numba.np.npyimpl``: ``numpy_ufunc_kernel`` asks its ``ufunc`` for ``nin`` and ``nout`` alone, and
calls ``kernel_class(context, builder, signature of elements).generate(*elements)``.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from numba.core import types
from numba.core.imputils import force_error_model, lower_builtin
from numba.core.typing import signature
from numba.np.npyimpl import numpy_ufunc_kernel

from dualjit.numbers.templates import IN_PLACE, elementwise_key


def scalar_function(key, row):
    """The callable that is applied to elements: for an operator the row's ufunc, as in the primal."""
    ufuncs = [f for f in row.functions if isinstance(f, np.ufunc)]
    return key if key in ufuncs or not ufuncs else ufuncs[0]


def lowering(key, row):
    """Code of ``key``, a callable of ``row``, on arrays of which at least one is of duals."""
    function = scalar_function(key, row)

    class Kernel:
        def __init__(self, context, builder, elements):
            self.context, self.builder, self.elements = context, builder, elements

        def generate(self, *values):
            context, typing = self.context, self.context.typing_context
            callee = typing.resolve_value_type(function)
            sig = callee.get_call_type(typing, self.elements.args, {})
            typed = zip(values, self.elements.args, sig.args, strict=True)
            args = [context.cast(self.builder, v, t, u) for v, t, u in typed]
            with force_error_model(context, "numpy"):
                answer = context.get_function(callee, sig)(self.builder, args)
            return context.cast(self.builder, answer, sig.return_type, self.elements.return_type)

    def lower(context, builder, sig, args):
        shape = SimpleNamespace(nin=len(args), nout=1)
        if key in IN_PLACE:
            sig, args = signature(sig.return_type, *sig.args, sig.args[0]), (*args, args[0])
        return numpy_ufunc_kernel(context, builder, sig, args, shape, Kernel)

    return lower


def register(key, row):
    """Enter ``key`` on arrays into Numba's registries."""
    lower_builtin(elementwise_key(key), types.VarArg(types.Any))(lowering(key, row))
