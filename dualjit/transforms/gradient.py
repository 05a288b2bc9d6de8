"""Writes the driver of a gradient: seed the adjoint of the function with one, return the shadows of the arguments."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from numba import types

from dualjit.adjoint.seeds import Ones
from dualjit.frontend.dispatcher import Derivative
from dualjit.transforms.derivatives import Driver
from dualjit.transforms.forward import refuse_none
from dualjit.transforms.parts import PulledAnswer, PulledParts, part_of
from dualjit.transforms.reverse import ReversePass, check_scalar
from dualjit.transforms.selection import Selection, select, selected_arguments
from dualjit.transforms.source import Writer
from dualjit.transforms.structure import differentiated
from dualjit.transforms.transposed import PulledGradient, TransposedDriver, pullback_by


def gradient(f: Callable, argnums) -> Derivative:
    """The gradient of ``f`` for its derivatives."""
    return GradientDriver(f, "grad", select(f, argnums), has_aux=False, value=False).derivative(gradient, f, argnums)


def pulled_gradient(f: Callable, count: int, selection: Selection, value: bool, has_aux=False) -> TransposedDriver:
    """How reverse mode goes back through a gradient, and through what is beside it."""
    if not has_aux:
        return PulledGradient(f, count, selection, value, partial(gradient, f))
    slope = pulled_gradient(part_of(f, 0), count, selection, value)
    beside = PulledAnswer(part_of(f, 1), count)
    by_slope, by_aux = ([(0, 0), (1,)], [(0, 1)]) if value else ([(0,)], [(1,)])
    return PulledParts(f, count, [(slope, by_slope), (beside, by_aux)])


class GradientDriver(Driver):
    """Writes the driver for given argument types."""

    def __init__(self, f, transform: str, selection: Selection, has_aux: bool, value: bool):
        super().__init__(f, transform)
        self.selection, self.has_aux, self.value = selection, has_aux, value

    def __call__(self, argtypes: tuple) -> Callable:
        reverse = self.reverse_pass(argtypes)
        w = Writer()
        self.write(w, reverse)
        return self.function(w)

    def reverse_pass(self, argtypes: tuple) -> ReversePass:
        """The adjoint for these types, after the checks."""
        names, given = selected_arguments(self.f, argtypes, self.selection, self.name)

        def make(value: bool) -> ReversePass:
            positions, aux = self.selection.positions, self.has_aux
            return ReversePass(self.f, given, names, positions, seeds=Ones, value=value, aux=aux, check=self.check)

        reverse = make(self.value or self.has_aux)
        optional = isinstance(reverse.return_type, types.Optional)  # that it isn't None is checked at run time
        return make(True) if optional else reverse

    def pullback(self, count):
        return pullback_by(pulled_gradient(self.f, count, self.selection, self.value, self.has_aux))

    def check(self, t: types.Type) -> None:
        """Raise unless the answer is one number (and something beside)."""
        check_scalar(differentiated(types.unliteral(t), self.has_aux, self.primal_name), self.primal_name)

    def write(self, w: Writer, reverse: ReversePass) -> None:
        reverse.check_aliases(w)
        zero = reverse.zero(w)
        shadows = reverse.shadows(w, zero)
        answer = reverse.call(w, shadows, [], zero)
        returned = 1 if reverse.adjoint.seeds.value else 0
        if isinstance(reverse.return_type, types.Optional):
            refuse_none(w, f"{answer}[0]", reverse.name)
        gradients = reverse.gradients(w, shadows, answer, returned)
        gradient = self.selection.packed([gradients.get(i, "None") for i in self.selection.positions])
        w(f"return {self.result(answer, gradient, reverse, w)}")

    def result(self, answer: str, gradient: str, reverse: ReversePass, w: Writer) -> str:
        if self.value:
            return f"{answer}[0], {gradient}"
        return f"{gradient}, {answer}[0][1]" if self.has_aux else gradient
