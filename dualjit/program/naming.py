"""Fresh labels and names for passes that add blocks and variables to a program."""

from __future__ import annotations

from itertools import count

from dualjit.program.nodes import Function, Var
from dualjit.program.types import Type


class Names:
    """Labels and variable names that a function does not use yet."""

    def __init__(self, function: Function):
        self._labels = count(max(function.blocks) + 1)
        self._numbers = count()

    def label(self) -> int:
        return next(self._labels)

    def var(self, hint: str, t: Type) -> Var:
        return Var(f"{hint}.{next(self._numbers)}", t)
