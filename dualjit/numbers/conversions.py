"""``float(x)``, ``int(x)``, ``bool(x)``, calls of NumPy's number classes and ``isinstance`` on marked numbers.

One idea: ``float`` of a dual is the dual itself (of another width for ``np.float32``), since it goes on being active;
integers and truth values carry no derivative.
"""

from __future__ import annotations

from numba.core import types
from numba.core.imputils import lower_builtin
from numba.core.typing import signature
from numba.core.typing.builtins import NumberClassAttribute
from numba.core.typing.templates import AbstractTemplate, infer_getattr
from numba.cpython.builtins import ol_isinstance
from numba.extending import overload

from dualjit.numbers.algebra import Algebra
from dualjit.numbers.forms import leaf_of
from dualjit.numbers.scalars import lowering
from dualjit.numbers.templates import register_template
from dualjit.numbers.types import Dual, Marked, MarkedComplex, strip
from dualjit.rules.table import scalar_rows

CONVERSIONS = {float: "pos", int: "trunc", bool: "truth"}

for _key, _row in CONVERSIONS.items():
    register_template(_key, active=scalar_rows()[_row].active)
    lower_builtin(_key, Dual)(lowering(_key, scalar_rows()[_row]))


class OfMarked(AbstractTemplate):
    """``np.float64(x)`` and the like; ``key`` is the class's Numba type.  Its code is Numba's: a cast."""

    def generic(self, args, kws):
        if kws or len(args) != 1 or not isinstance(args[0], Marked):
            return None
        if isinstance(args[0], MarkedComplex) and not isinstance(self.key, types.Complex):
            return None
        return signature(
            args[0].over(self.key) if isinstance(self.key, types.Float | types.Complex) else self.key, *args
        )


def class_template(number):
    """Add `OfMarked` to what Numba knows of one number class.

    Attributes registered for a type itself take precedence over those of its class, so this one is asked first; it
    relies on ``NumberClassAttribute.resolve___call__`` giving a ``types.Function`` whose key is the number type.
    """

    class Template(NumberClassAttribute):
        key = types.NumberClass(number)

        def resolve___call__(self, classty):
            stock = super().resolve___call__(classty)
            own = type(f"{OfMarked.__name__}_{number}", (OfMarked,), {"key": number})
            return types.Function((*stock.templates, own))

    return infer_getattr(Template)


for _number in (*types.real_domain, *types.integer_domain, types.boolean):
    class_template(_number)


@overload(isinstance)
def isinstance_of_marked(var, typs):
    """What a number is does not depend on its derivatives."""
    return ol_isinstance(strip(var), typs) if isinstance(var, Marked) else None


@lower_builtin("print_item", Dual)
def print_item(context, builder, sig, args):
    """``print(x)`` shows the primal's number."""
    (number,) = sig.args
    leaf = leaf_of(Algebra(context, builder, number.scalar).unpack(number, args[0]))
    return context.get_function("print_item", signature(sig.return_type, number.scalar))(builder, [leaf.ir])
