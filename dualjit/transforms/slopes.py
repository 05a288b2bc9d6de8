"""The body of a product with a Hessian by one reverse sweep whose shadows hold partials and no values.

One idea: forward over reverse mode computes the gradient beside its derivative; where the sweep only ever adds to the
shadows of the arguments, nobody needs the gradient, and neither is it stored nor computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from numba import njit, types

from dualjit.adjoint.seeds import Ones
from dualjit.errors import UnsupportedError
from dualjit.numbers import blocks
from dualjit.numbers.intrinsics import partial
from dualjit.numbers.slopes import slopes, slopes_as_partials
from dualjit.numbers.types import marker_of
from dualjit.transforms.directions import with_tangent
from dualjit.transforms.forward import dual_over
from dualjit.transforms.reverse import ReversePass, check_scalar
from dualjit.transforms.selection import Selection
from dualjit.transforms.source import Writer
from dualjit.transforms.structure import is_list, leaves, refilled


class SlopeBody:
    """The body for given types; ``direction(k)`` is the expression of what belongs to selected argument ``k``."""

    def __init__(self, f: Callable, given: tuple, names: list[str], selection: Selection, direction: Callable):
        self.plain, self.selection, self.direction = given, selection, direction
        wanted = [dual_over(t, 1, 1) if i in selection.positions else t for i, t in enumerate(given)]
        self.reverse = ReversePass(f, tuple(wanted), list(names), selection.positions, seeds=Ones)
        check_scalar(self.reverse.return_type, self.reverse.name)

    @staticmethod
    def may_serve(given: tuple, selection: Selection) -> bool:
        """Are there floats alone, and no lists among the selected arguments?"""
        parts = (leaf for i in selection.positions for _, leaf in leaves(given[i], ""))
        return marker_of(*given) is None and not any(map(is_list, parts))

    @property
    def serves(self) -> bool:
        """Does the function only read its arguments, and always return a number?"""
        optional = isinstance(self.reverse.return_type, types.Optional)
        return not optional and not self.reverse.written & set(self.selection.positions)

    def write(self, w: Writer) -> None:
        reverse = self.reverse
        reverse.check_aliases(w)
        for k, i in enumerate(self.selection.positions):
            reverse.names[i] = with_tangent(w, reverse.names[i], self.plain[i], self.direction(k), reverse.given[i])
        zero = reverse.zero(w)
        shadows = reverse.shadows(w, zero, slopes)
        answer = reverse.call(w, shadows, [], zero)
        bars = reverse.gradients(w, shadows, answer, 0)
        found = [refilled(self.plain[i], self.partials(w, i, bars[i]), w.bind) for i in self.selection.positions]
        w(f"return {self.selection.packed(found)}")

    def partials(self, w: Writer, i: int, bar: str) -> Iterator[str]:
        """What has come back to the numbers and arrays of an argument."""
        for part, t in leaves(self.reverse.given[i], bar):
            if not isinstance(t, types.Array):
                yield f"{w.bind('partial', partial)}({part}, 0)"
            else:
                routine = slopes_as_partials if t.layout == "C" else blocks.tangents
                yield f"{w.bind(routine.__name__, routine)}({part})"


def compiles(function: Callable, argtypes: tuple) -> bool:
    """Does the adjoint do nothing with slopes but add to them?"""
    try:
        njit(function, no_cpython_wrapper=True, no_cfunc_wrapper=True).compile(argtypes)
    except UnsupportedError:
        return False
    return True
