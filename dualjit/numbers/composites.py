"""Functions with several outputs, ``divmod`` and the like: each output is a row of the table.

One idea: the primal is called once; each of its outputs gets the tangent of its own row.
"""

from __future__ import annotations

from numba.core import cgutils
from numba.core.imputils import lower_builtin

from dualjit.numbers import primal
from dualjit.numbers.algebra import Algebra
from dualjit.numbers.forms import Leaf, value_of
from dualjit.numbers.scalars import operand_types, stripped
from dualjit.numbers.templates import register_template
from dualjit.numbers.types import Dual, marker_of
from dualjit.rules.table import composite_rows, scalar_rows


def lowering(key, composite):
    """Code of a function with several outputs on scalars of which at least one is dual."""
    rows = [scalar_rows()[name] for name in composite.outputs]

    def lower(context, builder, sig, args):
        algebra = Algebra(context, builder, marker_of(sig.return_type).scalar)
        primal_sig = stripped(sig)

        def outputs(operands):
            level = max(x.level for x in operands)
            if not level:
                given = algebra.arguments(operands, primal_sig)
                answer = cgutils.unpack_tuple(builder, primal.call(context, builder, key, primal_sig, given))
                return [Leaf(t, v) for t, v in zip(primal_sig.return_type, answer, strict=True)]
            below = outputs([value_of(x, level) for x in operands])
            return [
                algebra.attach(row, operands, answer, level) if row.active else answer
                for row, answer in zip(rows, below, strict=True)
            ]

        operands = [algebra.unpack(t, v) for t, v in zip(sig.args, args, strict=True)]
        packed = [
            algebra.pack(t, x) if isinstance(t, Dual) else x.ir
            for t, x in zip(sig.return_type, outputs(operands), strict=True)
        ]
        return context.make_tuple(builder, sig.return_type, packed)

    return lower


def register():
    """Enter all functions with several outputs into Numba's registries."""
    for composite in composite_rows().values():
        for key in composite.functions:
            register_template(key, active=True)
            for combination in operand_types(composite.arity):
                lower_builtin(key, *combination)(lowering(key, composite))


register()
