"""``min`` and ``max`` of any number of scalars, or of one tuple of them, with dual numbers among them.

One idea: from left to right, and a later argument is taken only when it compares as better; that is Python's own
algorithm and Numba's, so ties and NaN choose the same argument as in the primal.
"""

from __future__ import annotations

from numba.core import cgutils, types
from numba.core.imputils import lower_builtin
from numba.core.typing import signature
from numba.core.typing.templates import AbstractTemplate, infer_global

from dualjit.numbers.algebra import Algebra
from dualjit.numbers.primal import signature_of
from dualjit.numbers.types import Marked, marker_of, strip

BETTER = {min: "lt", max: "gt"}
SCALARS = (Marked, types.Number, types.Boolean)


def _members(args):
    """Types of what is compared."""
    return tuple(args[0]) if len(args) == 1 and isinstance(args[0], types.BaseTuple) else args


class ExtremumTemplate(AbstractTemplate):
    """The primal's type of the stripped arguments, marked."""

    def generic(self, args, kws):
        members = _members(args)
        if kws or not members or not all(isinstance(t, SCALARS) for t in members):
            return None
        marker = marker_of(*members)
        primal = marker and signature_of(self.context, self.key, tuple(map(strip, members)))
        if primal is None or not isinstance(primal.return_type, types.Float):
            return None
        return signature(marker.over(primal.return_type), *args)

    def get_impl_key(self, sig):
        """Code of our own for any number of arguments, which must not take the place of Numba's for plain numbers."""
        return _code_key(self.key)


def _code_key(key):
    return "marked", key


def _register(key):
    infer_global(key)(type(f"Row_{key.__name__}", (ExtremumTemplate,), {"key": key}))

    @lower_builtin(_code_key(key), types.VarArg(types.Any))
    def lower(context, builder, sig, args):
        if len(_members(sig.args)) != len(args) or isinstance(sig.args[0], types.BaseTuple):
            args = cgutils.unpack_tuple(builder, args[0])
        algebra = Algebra(context, builder, sig.return_type.scalar)
        best, *others = [algebra.unpack(t, v) for t, v in zip(_members(sig.args), args, strict=True)]
        for other in others:
            best = algebra.select(algebra.apply(BETTER[key], other, best), other, best)
        return algebra.pack(sig.return_type, best)


for _key in BETTER:
    _register(_key)
