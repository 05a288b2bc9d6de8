"""The table of what functions mean: values, derivatives, effects.  Nothing here knows Numba.

Importing the package fills the table of scalar rows.
"""

from dualjit.rules import arithmetic, elementary, geometry, hyperbolic, inactive, kinks, powers, special  # noqa: F401
from dualjit.rules.differentiate import derivative
from dualjit.rules.expr import Answer, Apply, Arg, Const, Expr, evaluate, fn, simplify, trace
from dualjit.rules.table import CompositeRow, ScalarRow, composite_of, composite_rows, row_of, scalar_rows

__all__ = [
    "Answer",
    "Apply",
    "Arg",
    "CompositeRow",
    "Const",
    "Expr",
    "ScalarRow",
    "composite_of",
    "composite_rows",
    "derivative",
    "evaluate",
    "fn",
    "row_of",
    "scalar_rows",
    "simplify",
    "trace",
]
