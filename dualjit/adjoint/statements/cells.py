"""Memory for pullbacks of whole arrays to add to: shadows, and cells that stand for the slots of numbers."""

from __future__ import annotations

from dualjit.adjoint.cotangents import COMPLEX_ZERO, ZERO, cotangent, is_shadow, zero_like
from dualjit.adjoint.statements.sweep import Sweep
from dualjit.program import nodes as p
from dualjit.program.types import Arr, Complex, is_complex

WIDE = Arr(Complex(), 1)
"""The type of what receives the complex cotangents of real numbers; whatever its dimension."""


def shadow_cell(operand, s: Sweep, wide: bool = False):
    """Memory that a pullback adds to: the shadow, or a cell that stands for a number's slot; tuples of these.

    With ``wide`` it takes complex cotangents, also those of a real operand.
    """
    return _cell(cotangent(operand), s, wide) if isinstance(operand, p.Var) else p.Const(None)


def _cell(bar, s: Sweep, wide: bool):
    if bar is None:
        return p.Const(None)
    if isinstance(bar, tuple):
        return tuple(_cell(part, s, wide) for part in bar)
    if is_shadow(bar):
        widened = wide and isinstance(bar.type, Arr) and not is_complex(bar.type)
        return s.do("complex_shadow", s.memory(bar), ZERO, t=WIDE) if widened else s.memory(bar)
    zero = COMPLEX_ZERO if wide else zero_like(bar.type)
    return s.do("cell", zero, t=Arr(zero.type, 0))


def empty_cells(operands, cells, s: Sweep) -> None:
    """Add what the cells have received to the slots they stand for."""
    for operand, cell in zip(operands, cells, strict=True):
        if isinstance(operand, p.Var):
            _empty(cotangent(operand), cell, s)


def _empty(bar, cell, s: Sweep) -> None:
    if isinstance(bar, tuple):
        for part, inner in zip(bar, cell if isinstance(cell, tuple) else [None] * len(bar), strict=True):
            _empty(part, inner, s)
    elif isinstance(cell, p.Var) and is_shadow(bar):
        if cell.type is WIDE:
            s.do("add_real", s.memory(bar), cell)
    elif isinstance(cell, p.Var):
        s.add(bar, s.do("element", cell, p.Const(()), t=cell.type.elem))
