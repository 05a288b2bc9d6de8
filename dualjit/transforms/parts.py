"""Pullbacks put together of others: of derivatives that return something beside them, each part by its own.

One idea: ``x ↦ (a(x), b(x))`` goes back by the pullback of ``a`` and then by that of ``b``, each of which adds to the
same shadows.  What is beside a derivative (``aux``) is a function of the arguments, too: its pullback is its adjoint.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from numba import types

from dualjit.transforms.arguments import python_function, signature_of
from dualjit.transforms.reverse import ReversePass
from dualjit.transforms.selection import Selection
from dualjit.transforms.source import build, header, identifier
from dualjit.transforms.structure import is_tuple
from dualjit.transforms.transposed import (
    ANSWER,
    PulledJacobian,
    TransposedDriver,
    add,
    at,
    is_none,
    pullback_by,
    seeds_of,
)


class PulledAnswer(TransposedDriver):
    """Of a function itself: its adjoint."""

    def __init__(self, f: Callable, count: int):
        super().__init__(f, "answer", count)

    def write(self, w, given, given_bar, bars):
        reverse = ReversePass(self.f, given, self.operands, tuple(bars))
        reverse.check_aliases(w)
        zero, number = reverse.zero_over(w, *given, given_bar)
        seeds = list(seeds_of(w, reverse.return_type, given_bar, zero, number))
        shadows = reverse.shadows(w, zero)
        found = reverse.gradients(w, shadows, reverse.call(w, shadows, seeds, zero), 0)
        for i, bar in bars.items():
            if i in found:
                add(w, f"{self.operands[i]}_bar", bar, found[i], reverse.cotangent_type(i))


class PulledParts(TransposedDriver):
    """Of an answer the parts of which are those of several functions: one pullback after the other.

    ``parts`` are pairs of a driver and the places of what it takes of the answer's cotangent; several make a tuple.
    """

    def __init__(self, f: Callable, count: int, parts: Sequence[tuple[TransposedDriver, Sequence[tuple[int, ...]]]]):
        super().__init__(f, "parts", count)
        self.parts = [(pullback_by(driver).function, places) for driver, places in parts]

    def write(self, w, given, given_bar, bars):
        shadows = [f"{name}_bar" for name in self.operands]
        for pull, places in self.parts:
            found = [at(f"{ANSWER}_bar", given_bar, path) for path in places]
            if all(is_nothing(t) for _, t in found):
                continue
            bar = found[0][0] if len(found) == 1 else f"({', '.join(e for e, _ in found)},)"
            w(f"{w.bind('pull', pull)}({', '.join([*self.operands, bar, *shadows])})")


def is_nothing(t: types.Type) -> bool:
    """Has nothing come back to any place of a nest of cotangents?"""
    return all(map(is_nothing, t.types)) if is_tuple(t) else is_none(t)


def part_of(f: Callable, k: int) -> Callable:
    """The function that returns one of the items of what ``f`` returns."""
    name, names = identifier(python_function(f).__name__), {"_dj_f": f}
    signature = signature_of(f)
    given = ", ".join(f"*{p.name}" if p.kind is p.VAR_POSITIONAL else p.name for p in signature.parameters.values())
    return build(name, f"{header(name, signature, names)}\n    return _dj_f({given})[{k}]\n", names)


def pulled_jacobian(f: Callable, count: int, selection: Selection, has_aux: bool) -> TransposedDriver:
    """That of a Jacobian, and of what is beside it."""
    if not has_aux:
        return PulledJacobian(f, count, selection)
    jacobian = PulledJacobian(part_of(f, 0), count, selection)
    return PulledParts(f, count, [(jacobian, [(0,)]), (PulledAnswer(part_of(f, 1), count), [(1,)])])
