"""How a rule of one's own is run: by tangents in forward mode, by cotangents or by the transposed in reverse mode.

One idea: a rule is linear in tangents or cotangents, so it takes all lanes at once.  Forward mode calls it with the
values of the dual numbers as primals and the dual numbers themselves as tangents; of its answer the partials are kept.
Reverse mode of a rule for tangents is the transposed of its map from tangents to tangents, a reverse sweep of the rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numba import types

from dualjit.errors import ShapeError, StructureError, UnsupportedError
from dualjit.frontend.twin import Specialisation, Twin
from dualjit.numbers import blocks
from dualjit.numbers.arrays.levels import with_value, with_values
from dualjit.numbers.intrinsics import lift
from dualjit.numbers.types import Dual, marker_of, promote, strip, top_level
from dualjit.transforms.arguments import check_written, python_function, signature_of
from dualjit.transforms.columns import zero
from dualjit.transforms.derivatives import Driver
from dualjit.transforms.directions import check_shapes, check_structure
from dualjit.transforms.forward import base_of, carries, mapped, named, primal_of, private_copy
from dualjit.transforms.reverse import ReversePass
from dualjit.transforms.source import Writer
from dualjit.transforms.structure import is_active, is_real, is_tuple, leaves, pack, refilled, scalar_type
from dualjit.transforms.transposed import (
    ANSWER,
    TransposedDriver,
    add,
    is_none,
    item,
    pullback_by,
    seeds_of,
)
from dualjit.transforms.untouched import Untouched, untouched
from dualjit.transforms.vjp import compiled_primal


@dataclass
class Rules:
    """What is known of a function's derivative."""

    jvp: Callable | None = None
    vjp: tuple[Callable, Callable] | None = None
    exact: bool = True
    jvp_of_number: Callable | None = None
    """The rule for tangents where the function returns a number, if that is another one."""

    def tangents(self, f: Callable, argtypes: tuple) -> Callable:
        """The rule for tangents of ``f`` called with arguments of these types."""
        if self.jvp_of_number is None:
            return self.jvp
        plain = tuple(strip(types.unliteral(t)) for t in argtypes)
        number = isinstance(answer_of(compiled_primal(f), plain), types.Number)
        return self.jvp_of_number if number else self.jvp


def answer_of(f: Callable, argtypes: tuple) -> types.Type:
    """The type of what a dispatcher returns."""
    f.compile(argtypes)
    return types.unliteral(f.overloads[argtypes].signature.return_type)


class CustomDriver(Driver):
    """Writes the call of the function, or of its rule where an argument is dual."""

    def __init__(self, f: Callable, rules: Rules):
        super().__init__(f, "custom")
        self.rules = rules
        self.entered: set[tuple] = set()

    def __call__(self, argtypes: tuple) -> Callable:
        w, names = Writer(), list(self.signature.parameters)
        kept = untouched(self.f, tuple(map(strip, argtypes)))
        if marker_of(*argtypes) is None:
            self.itself(w, names, argtypes, kept)
        else:
            with self.once(argtypes):
                self.by_tangents(w, names, argtypes)
        return self.function(w)

    def itself(self, w: Writer, names: list[str], argtypes: tuple, kept: Untouched) -> None:
        """The function, held to leave its arguments alone; its answer is memory of its own."""
        primal = compiled_primal(self.f)
        copies = kept.before(w, names, argtypes)
        y = named(w, "y", f"{w.bind('primal', primal)}({', '.join(names)})")
        kept.after(w, copies)
        w(f"return {private_copy(w, y, answer_of(primal, argtypes)) if kept.shares else y}")

    @contextmanager
    def once(self, argtypes: tuple) -> Iterator[None]:
        """Refuse a rule that needs itself."""
        if argtypes in self.entered:
            raise StructureError(
                f"the rule of {self.primal_name} calls {self.primal_name} with tangents, for which it is asked again: "
                "write the linear function out, or call one without a rule"
            )
        self.entered.add(argtypes)
        try:
            yield
        finally:
            self.entered.discard(argtypes)

    def pullback(self, count):
        rules = self.rules
        if rules.vjp is not None:
            return pullback_by(PulledByRule(self.f, count, rules))
        return pullback_by(PulledByTangents(self.f, count, rules)) if rules.jvp is not None else None

    def by_tangents(self, w: Writer, names: list[str], argtypes: tuple) -> None:
        """The rule with the values of dual numbers as primals, and these numbers as tangents."""
        if self.rules.jvp is None:
            raise without_rule(self.f, "forward", "define it by dualjit.custom_jvp, which serves all modes")
        level, lanes = top_level(*argtypes), marker_of(*argtypes).lanes
        primals = [primal_of(w, x, t, level) for x, t in zip(names, argtypes, strict=True)]
        tangents = [x if carries(t, level) else nothing(w, x, t) for x, t in zip(names, argtypes, strict=True)]
        given = types.Tuple([base_of(t, level) for t in argtypes]), types.Tuple([in_memory(t) for t in argtypes])
        rule = Twin.of(self.rules.tangents(self.f, argtypes)).specialise(given)
        if 1 in rule.written or rule.argtypes != given:
            raise StructureError(f"the rule of {self.primal_name} writes to its arguments: let it write to copies")
        y, dot = check_pair(rule.return_type, self.primal_name)
        w(f"_dj_y, _dj_dot = {w.bind('rule', rule.twin)}(({', '.join(primals)},), ({', '.join(tangents)},))")
        value = "_dj_y"
        if carries(y, level):  # a tuple of numbers of one type holds both in that of the tangent
            value, y = primal_of(w, "_dj_y", y, level), base_of(y, level)
        parts = [
            joined(w, *pair, lanes[level], level) for pair in zip(leaves(y, value), leaves(dot, "_dj_dot"), strict=True)
        ]
        w(f"return {refilled(y, iter(parts), w.bind)}")


def check_pair(t: types.Type, name: str) -> tuple[types.Type, types.Type]:
    """The types of value and tangent that a rule returns; raises unless they are alike."""
    t = types.unliteral(t)
    if not is_tuple(t) or len(t.types) != 2:
        raise StructureError(f"the rule of {name} returns {strip(t)}, expected a pair (y, y_dot)")
    check_structure(*t.types, f"y_dot of the rule of {name}")
    return t.types


def in_memory(t: types.Type) -> types.Type:
    """The type of a fresh array for an array without marks; other types as they are."""
    if isinstance(t, types.Array) and marker_of(t) is None:
        return types.Array(t.dtype, t.ndim, "C")
    return types.unliteral(t)


def nothing(w: Writer, expr: str, t: types.Type) -> str:
    """The tangent of an argument that has none: zeros like it, itself where it is no real data."""

    def array(exprs, source, target):
        return f"{w.bind('zeros', np.zeros)}({exprs[0]}.shape, {w.bind('T', source.dtype)})"

    def number(exprs, source, target):
        return zero(w, source) if is_real(source) else exprs[0]

    return named(w, "nothing", mapped(w, [expr], t, t, array, number))


def joined(w: Writer, value: tuple, tangent: tuple, lanes: int, level: int) -> str:
    """The dual number, or array of them, of a value and what has the partials."""
    (y, t), (dot, u) = value, tangent
    below, slope = scalar_type(t), scalar_type(base_of(u, level))
    base = promote(below, slope) or max(below, slope, key=lambda f: f.bitwidth)
    number = w.bind("T", Dual(base, lanes, level))
    if not isinstance(t, types.Array):
        return f"{w.bind('with_value', with_value)}({w.bind('lift', lift)}({dot}, {number}), {y})"
    check_shapes(w, y, dot)
    return f"{w.bind('with_values', with_values)}({w.bind('dual_copy', blocks.dual_copy)}({dot}, {number}), {y})"


def without_rule(f: Callable, mode: str, remedy: str) -> UnsupportedError:
    """The error for a function whose rule does not serve a mode."""
    code = python_function(f).__code__
    why = f"it has no rule for {mode} mode"
    return UnsupportedError(f"the call of {code.co_name}", why, remedy, code.co_filename, code.co_firstlineno)


class PulledByTangents(TransposedDriver):
    """By the transposed of a rule for tangents."""

    def __init__(self, f: Callable, count: int, rules: Rules):
        super().__init__(f, "custom", count)
        self.rules = rules

    def write(self, w, given, given_bar, bars):
        whole = types.Tuple([types.unliteral(t) for t in given])
        args = named(w, "args", f"({', '.join(self.operands)},)")
        reverse = ReversePass(self.rules.tangents(self.f, given), (whole, whole), [args, args], (1,))
        y, dot = check_pair(reverse.return_type, self.primal_name)
        zero_bar, number = reverse.zero_over(w, *given, given_bar)
        seeds = [self.no_seed(t, zero_bar) for _, t in leaves(y, "") if is_active(t)]
        seeds += seeds_of(w, dot, given_bar, zero_bar, number)
        shadows = reverse.shadows(w, zero_bar)
        found = reverse.gradients(w, shadows, reverse.call(w, shadows, seeds, zero_bar), 0)
        for i, bar in bars.items():
            part, t = item(found[1], whole, i)
            add(w, f"{self.operands[i]}_bar", bar, part, t)

    def no_seed(self, t: types.Type, zero_bar: str) -> str:
        """Nothing, for a value which shares its type with a tangent."""
        if isinstance(t, types.Array):
            raise StructureError(
                f"the rule of {self.primal_name} computes y from the tangents: let it take the primals"
            )
        return zero_bar


class PulledByRule(TransposedDriver):
    """By a rule for cotangents."""

    def __init__(self, f: Callable, count: int, rules: Rules):
        super().__init__(f, "custom", count)
        self.rules = rules

    def write(self, w, given, given_bar, bars):
        if not self.rules.exact and marker_of(*given, given_bar) is not None:
            raise without_rule(
                self.f,
                "higher-order or several-rows",
                "it is defined with exact=False: take one gradient by grad or vjp",
            )
        fwd, bwd = self.rules.vjp
        forward = self.part(fwd, "fwd", tuple(map(types.unliteral, given)))
        t = types.unliteral(forward.return_type)
        if not is_tuple(t) or len(t.types) != 2:
            raise StructureError(f"fwd of {self.primal_name} returns {strip(t)}, expected a pair (y, residuals)")
        w(f"_dj_y, _dj_rest = {w.bind('fwd', forward.twin)}({own_arguments(w, forward, self.operands)})")
        bar, bar_type = complete(w, f"{ANSWER}_bar", given_bar, "_dj_y", t.types[0])
        backward = self.part(bwd, "bwd", (t.types[1], bar_type))
        found = types.unliteral(backward.return_type)
        if not is_tuple(found) or len(found.types) != len(given):
            what = f"a tuple of {len(found.types)}" if is_tuple(found) else str(strip(found))
            names = ", ".join(signature_of(self.f).parameters)
            raise StructureError(
                f"bwd of {self.primal_name} returns {what}, expected a tuple of {len(given)}, "
                f"a cotangent for each of {names}"
            )
        w(f"_dj_found = {w.bind('bwd', backward.twin)}({own_arguments(w, backward, ['_dj_rest', bar])})")
        for i, shadow in bars.items():
            self.check(w, i, given[i], found.types[i])
            add(w, f"{self.operands[i]}_bar", shadow, f"_dj_found[{i}]", found.types[i])

    def part(self, function: Callable, which: str, argtypes: tuple) -> Specialisation:
        """One of the two functions of the rule, compiled."""
        found = Twin.of(function).specialise(argtypes)
        if found.argtypes != argtypes:
            raise StructureError(f"{which} of {self.primal_name} writes to its arguments: let it write to copies")
        return found

    def check(self, w: Writer, i: int, t: types.Type, found: types.Type) -> None:
        """Raise unless a cotangent is like its argument."""
        name = list(signature_of(self.f).parameters)[i]
        check_structure(t, found, f"the cotangent of '{name}' by bwd of {self.primal_name}")
        for (x, leaf), (bar, _) in zip(leaves(t, self.operands[i]), leaves(found, f"_dj_found[{i}]"), strict=True):
            if isinstance(leaf, types.Array):
                what = f"the cotangent of {name} by bwd of {self.primal_name}"
                with w.block(f"if {bar}.shape != {x}.shape:"):
                    w(f"raise {w.bind('ShapeError', ShapeError)}({what!r}, {bar}.shape, {x}.shape)")


def own_arguments(w: Writer, function: Specialisation, names: list[str]) -> str:
    """The arguments of a call, copies where the function may write to them: residuals may be the program's arrays."""
    f = function.twin.function
    check_written(f, function.argtypes, list(signature_of(f).parameters), function.written)
    pairs = enumerate(zip(names, function.argtypes, strict=True))
    return ", ".join(private_copy(w, x, t) if i in function.written else x for i, (x, t) in pairs)


def complete(w: Writer, expr: str, t: types.Type, y: str, like: types.Type) -> tuple[str, types.Type]:
    """A cotangent with zeros where nothing has come back, and its type."""
    if is_none(t):
        return nothing(w, y, like), in_memory(like)
    if not is_tuple(like):
        return expr, types.unliteral(t)
    parts = [complete(w, *item(expr, t, k), f"{y}[{k}]", u) for k, u in enumerate(like.types)]
    return pack(types.Tuple(like.types), [e for e, _ in parts], w.bind), types.Tuple([u for _, u in parts])
