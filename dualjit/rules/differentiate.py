"""Symbolic derivatives of expression trees by the chain rule through the table.

One idea: an operation in a tree is a row, so its derivative is the row's partials with the operation's own operands
put in; there is no second table of derivatives.

Source: Griewank & Walther, Evaluating Derivatives, 2nd ed., section 2.2.
"""

from __future__ import annotations

from functools import cache

from dualjit.rules.expr import ONE, ZERO, Answer, Apply, Arg, Const, Expr, simplify, substitute
from dualjit.rules.table import scalar_rows


@cache
def derivative(expr: Expr, index: int) -> Expr:
    """The derivative of a tree with respect to ``Arg(index)``.

    ``Answer`` is differentiated as the row it names; conditions, comparisons and inactive rows have derivative zero.

    Examples
    --------
    >>> from dualjit.rules.expr import fn, trace
    >>> derivative(trace(lambda x: fn.sin(x) + x, 1), 0)
    Apply('add', (Apply('cos', (Arg(0),)), Const(1.0)))
    """
    match expr:
        case Const():
            return ZERO
        case Arg():
            return ONE if expr.index == index else ZERO
        case Answer():
            return scalar_rows()[expr.row].partials[index]
        case Apply(op="select"):
            condition, a, b = expr.args
            return simplify(Apply("select", (condition, derivative(a, index), derivative(b, index))))
        case _:
            return simplify(_chain(expr, index))


def _chain(expr: Apply, index: int) -> Expr:
    row = scalar_rows().get(expr.op)
    total = ZERO
    for operand, partial in zip(expr.args, row.partials if row else (), strict=False):
        inner = derivative(operand, index)
        if inner is not ZERO:
            total = total + substitute(partial, expr.args, expr) * inner
    return total
