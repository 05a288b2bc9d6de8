"""The adjoint of each operation: how the cotangent of what it makes goes to what it is made from.

One idea: a rule is written once, against a `Sweep`; run with a recorder it says which values it wants, run with a
generator it writes the reverse sweep, so the two can't differ.

Source: Griewank and Walther, Evaluating Derivatives, 2nd ed., sections 3.2 and 6.1 (adjoint statements).
"""

from dualjit.adjoint.statements import calls, elements  # noqa: F401  (register the rules)
from dualjit.adjoint.statements.sweep import pull

__all__ = ["pull"]
