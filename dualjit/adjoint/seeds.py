"""How a reverse sweep begins: what is put into the cotangent of the answer, and what of the answer is returned."""

from __future__ import annotations

from dataclasses import dataclass

from dualjit.adjoint.cotangents import KIND, ZERO, cotangent, is_shadow, leaves
from dualjit.program import nodes as p
from dualjit.program.types import INT, Arr, Lst, Real, Tup, Type, holds_memory

START = p.Var("start", INT)
"""Minus the first row."""


@dataclass(frozen=True)
class Seeds:
    """What all seeds have.

    Attributes
    ----------
    answer : Type
        Of the function; with ``aux`` a pair, the first of which is differentiated.
    value : bool
        Return the answer, too.
    """

    answer: Type
    value: bool
    aux: bool = False

    def differentiated(self, bar):
        """The part of the answer's cotangent that is seeded."""
        return bar[0] if self.aux and isinstance(bar, tuple) else bar

    def snapshot(self, answer, e):
        """The answer as it is at the turn: the reverse sweep puts old contents back into memory."""
        if not isinstance(answer, p.Var) or not holds_memory(answer.type):
            return answer
        if isinstance(answer.type, Tup):
            items = []
            for k, t in enumerate(answer.type.items):
                item = p.Var(f"{answer.name}.{k}", t)
                e.emit(p.Item(item, answer, k, loc=e.loc))
                items.append(self.snapshot(item, e))
            copy = e.fresh("answer", answer.type)
            e.emit(p.Pack(copy, tuple(items), loc=e.loc))
            return copy
        if isinstance(answer.type, Arr | Lst):
            return e.do("saved", answer, t=answer.type)
        return answer


@dataclass(frozen=True)
class Cotangents(Seeds):
    """The caller gives a cotangent for each number and each array of the answer."""

    def parameters(self) -> tuple[p.Var, ...]:
        return tuple(leaves(self.structure()))

    def structure(self):
        return self.differentiated(cotangent(p.Var("seed", self.answer)))

    def plant(self, answer, e) -> tuple:
        """Write the seeds; what is to be returned of the answer."""
        kept = (self.snapshot(answer, e),) if self.value else ()
        if isinstance(answer, p.Var):
            for bar, seed in zip(leaves(self.differentiated(cotangent(answer))), self.parameters(), strict=True):
                if is_shadow(bar):
                    e.do("add_seed", bar, seed)
                else:
                    e.add(bar, seed)
        return kept


@dataclass(frozen=True)
class Ones(Seeds):
    """The answer is a number whose gradient is wanted: one, a constant which nothing has to be multiplied by."""

    def parameters(self) -> tuple[p.Var, ...]:
        return ()

    def structure(self):
        return None

    def plant(self, answer, e) -> tuple:
        kept = (self.snapshot(answer, e),) if self.value else ()
        if isinstance(answer, p.Var):
            for bar in leaves(self.differentiated(cotangent(answer))):
                e.add(bar, e.do("plain_one", KIND, t=Real()))
        return kept


@dataclass(frozen=True)
class Rows(Seeds):
    """Cotangents of as many rows of the Jacobian as a cotangent has lanes, from the row ``-start`` on."""

    def parameters(self) -> tuple[p.Var, ...]:
        return (START,)

    def structure(self):
        return None

    def plant(self, answer, e) -> tuple:
        kept = (self.snapshot(answer, e),) if self.value else ()
        place = START
        for bar in leaves(self.differentiated(cotangent(answer))):
            if is_shadow(bar):
                place = e.do("seed_rows", bar, place, ZERO, t=INT)
            else:
                e.add(bar, e.do("seed_row", place, ZERO, t=Real()))
                place = e.do("one_more", place, t=INT)
        return kept
