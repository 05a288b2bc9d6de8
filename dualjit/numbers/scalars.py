"""Scalar rows on dual numbers: each callable of the table gets its typing and its code.

One idea: there is one lowering for all rows.  The value is what the primal's implementation of the same callable
gives, the partials are the row's.
"""

from __future__ import annotations

from itertools import product

from numba.core import types
from numba.core.imputils import lower_builtin
from numba.core.typing import signature

from dualjit.numbers import elementwise, primal
from dualjit.numbers.algebra import Algebra
from dualjit.numbers.forms import Leaf
from dualjit.numbers.templates import register_template
from dualjit.numbers.types import Dual, strip
from dualjit.rules.table import scalar_rows

UNMARKED = (types.Number, types.Boolean)


def operand_types(arity):
    """All tuples of type classes of scalar operands of which at least one is dual."""
    return [combination for combination in product((Dual, *UNMARKED), repeat=arity) if Dual in combination]


def scalar_of(sig):
    """The float in which partials are computed: that of the answer, or of the operands when it has none."""
    marked = [t for t in (sig.return_type, *sig.args) if isinstance(t, Dual)]
    return marked[0].scalar


def stripped(sig):
    return signature(strip(sig.return_type), *map(strip, sig.args))


def lowering(key, row):
    """Code of ``key``, a callable of ``row``, on scalars of which at least one is dual."""

    def lower(context, builder, sig, args):
        algebra = Algebra(context, builder, scalar_of(sig))
        primal_sig = stripped(sig)

        def value(leaves):
            result = primal.call(context, builder, key, primal_sig, algebra.arguments(leaves, primal_sig))
            return Leaf(primal_sig.return_type, result)

        operands = [algebra.unpack(t, v) for t, v in zip(sig.args, args, strict=True)]
        answer = algebra.call(exact_row(row, sig), operands, value)
        return algebra.pack(sig.return_type, answer) if isinstance(sig.return_type, Dual) else answer.ir

    return lower


def exact_row(row, sig):
    """The row itself, but for powers with an integer exponent, which has no derivative."""
    integer_power = row.name == "pow" and isinstance(sig.args[1], types.Integer)
    return scalar_rows()["powi"] if integer_power else row


def register():
    """Enter all scalar rows into Numba's registries; those of ``min`` and ``max`` take any number of arguments."""
    for row in scalar_rows().values():
        for key in row.functions:
            if key not in (min, max):
                register_template(key, row.active)
                elementwise.register(key, row)
                for combination in operand_types(row.arity):
                    lower_builtin(key, *combination)(lowering(key, row))
    lower_builtin(round, Dual, types.Integer)(lowering(round, scalar_rows()["round"]))


register()
