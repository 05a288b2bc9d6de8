"""How reverse mode goes back through a call of a derivative: by forward mode over the one reverse sweep there is.

Second derivatives are symmetric, so a reverse sweep over a reverse sweep is never needed.  With cotangents `w`:

    of x ↦ grad f(x)        x_bar = d/dε grad f(x + εw)
    of x ↦ J(x)             x_bar = Σ_j d/dε_j [J(x + ε_j e_j)ᵀ w_j]        for the columns w_j of w
    of (x, v) ↦ J(x) v      v_bar + ε x_bar = J(x + εv)ᵀ (w + εu)            for cotangents u of f(x), w of J(x) v
    of (x, v) ↦ H(x) v      x_bar = d/dε d/dδ grad f(x + εv + δw), v_bar = H(x) w

each with respect to all active arguments, not the differentiated ones alone.  What stands here are drivers of these
sums: they add to the shadows of the arguments of the call.

Source: Griewank and Walther, Evaluating Derivatives, section 5.1 (second-order adjoints); Pearlmutter 1994.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numba import types
from numba.extending import overload, register_jitable

from dualjit.adjoint.pullbacks.registry import Pullback
from dualjit.adjoint.runtime import accumulate_broadcast
from dualjit.errors import UnsupportedError
from dualjit.numbers import blocks
from dualjit.numbers.intrinsics import lift, seed
from dualjit.numbers.types import top_level
from dualjit.transforms.derivatives import Driver
from dualjit.transforms.directions import tangent_of, with_tangent
from dualjit.transforms.forward import ForwardPass, dual_copy, dual_over, named, primal_of
from dualjit.transforms.reverse import ReversePass
from dualjit.transforms.selection import Selection
from dualjit.transforms.source import Writer
from dualjit.transforms.structure import is_active, is_list, is_tuple, leaves, refilled, scalar_type, size_of

ANSWER = "answer"


def pullback_by(driver: TransposedDriver) -> Pullback:
    """The pullback that a driver writes, with the names that the call's row has."""
    operands = driver.operands
    needs = {name: tuple(operands) for name in operands}
    return Pullback(driver.derivative(pullback_by, driver), tuple(driver.signature.parameters), needs, ANSWER)


class TransposedDriver(Driver):
    """Writes ``(p0, p1, ..., answer_bar, p0_bar, p1_bar, ...)``: adds to the shadows which are not None.

    ``count`` arguments, those in ``*args`` one by one.
    """

    def __init__(self, f: Callable, transform: str, count: int):
        self.operands = [f"p{k}" for k in range(count)]
        bars = [f"{name}_bar" for name in self.operands]
        super().__init__(f, f"pull_{transform}", [*self.operands, f"{ANSWER}_bar", *bars])

    def __call__(self, argtypes: tuple) -> Callable:
        count = len(self.operands)
        given, given_bar, bars = argtypes[:count], argtypes[count], argtypes[count + 1 :]
        wanted = tuple(i for i, t in enumerate(bars) if not is_none(t))
        w = Writer()
        self.write(w, given, given_bar, {i: bars[i] for i in wanted})
        w("return None")
        return self.function(w)

    def write(self, w: Writer, given: tuple, given_bar: types.Type, bars: dict[int, types.Type]) -> None:
        """Write the body: ``bars`` are the types of the shadows by position."""
        raise NotImplementedError

    def along_cotangent(self, w: Writer, slopes: Callable, given, along: dict, bars) -> ForwardPass:
        """Add the derivatives of ``slopes``, a tuple by the positions of ``bars``, along what has come back."""
        names = self.operands
        forward = ForwardPass(slopes, given, names, tuple(along), 1, [t for _, t in along.values()])
        forward.check_aliases(w)
        duals = {i: with_tangent(w, names[i], given[i], expr, forward.wanted[i]) for i, (expr, _) in along.items()}
        forward.call(w, duals, "_dj_answer")
        for k, i in enumerate(bars):
            expr, t = f"_dj_answer[{k}]", forward.return_type.types[k]
            add(w, f"{names[i]}_bar", bars[i], tangent_of(w, expr, t, forward.level), t)
        return forward


def is_none(t: types.Type) -> bool:
    return isinstance(t, types.NoneType)


class PulledGradient(TransposedDriver):
    """Of ``grad`` and ``value_and_grad``; ``full(positions)`` is the gradient of ``f`` by these arguments."""

    def __init__(self, f: Callable, count: int, selection: Selection, value: bool, full: Callable):
        super().__init__(f, "grad", count)
        self.selection, self.value, self.full = selection, value, full

    def write(self, w, given, given_bar, bars):
        bar = f"{ANSWER}_bar"
        value_bar, gradient_bar = (f"{bar}[0]", f"{bar}[1]") if self.value else ("", bar)
        by_value, by_gradient = given_bar.types if self.value else (types.none, given_bar)
        along = directions(self.selection, gradient_bar, by_gradient)
        forward = self.along_cotangent(w, self.full(tuple(bars)), given, along, bars)
        if not is_none(by_value):
            for k, i in enumerate(bars):
                expr, t = f"_dj_answer[{k}]", forward.return_type.types[k]
                slope = primal_of(w, expr, t, forward.level)
                add(w, f"{self.operands[i]}_bar", bars[i], slope, t, f"{value_bar} * ")


def directions(selection: Selection, expr: str, t: types.Type) -> dict[int, tuple[str, types.Type]]:
    """What has come back for each selected argument's part of a gradient."""
    parts = [(expr, t)] if selection.single else [item(expr, t, k) for k in range(len(selection.positions))]
    return {i: part for i, part in zip(selection.positions, parts, strict=True) if not is_none(part[1])}


class PulledProduct(TransposedDriver):
    """Of ``hvp``, the parameters of which are those of ``f`` with the vector in the second place.

    ``product`` is the derivative itself, ``along(positions)`` the derivative of the gradient of ``f`` by these
    arguments along the vector.
    """

    def __init__(self, f: Callable, count: int, selection: Selection, product: Callable, along: Callable):
        super().__init__(f, "hvp", count)
        self.selection, self.product, self.along = selection, product, along

    def write(self, w, given, given_bar, bars):
        names = self.operands
        by_vector = bars.pop(1, None)
        if by_vector is not None:
            args = ", ".join([names[0], f"{ANSWER}_bar", *names[2:]])
            w(f"_dj_product = {w.bind('product', self.product())}({args})")
            add(w, f"{names[1]}_bar", by_vector, "_dj_product", given[1])
        if bars:
            parts = directions(self.selection, f"{ANSWER}_bar", given_bar)
            shifted = {i + (i > 0): part for i, part in parts.items()}
            self.along_cotangent(w, self.along(tuple(i - (i > 0) for i in bars)), given, shifted, bars)


class PulledTangent(TransposedDriver):
    """Of the driver of ``jvp``, ``(primals, tangents) -> (y, y_dot)``."""

    def __init__(self, f: Callable):
        super().__init__(f, "jvp", count=2)

    def write(self, w, given, given_bar, bars):
        level = top_level(*given, given_bar) + 1
        wanted = [dual_over(t, 1, level, (*given, given_bar)) for t in given[0].types]
        count = range(len(wanted))
        names = [with_tangent(w, f"p0[{i}]", given[0].types[i], f"p1[{i}]", wanted[i]) for i in count]
        reverse = ReversePass(self.f, tuple(wanted), names, tuple(count))
        reverse.check_aliases(w)
        zero = reverse.zero(w)
        shadows = reverse.shadows(w, zero)
        seeds = list(self.seeds(w, reverse, given_bar))
        found = reverse.gradients(w, shadows, reverse.call(w, shadows, seeds, zero), 0)
        for i in count:
            u = reverse.cotangent_type(i)
            for k, part in ((0, tangent_of), (1, primal_of)):
                if k in bars and i in found:
                    bar, t = item(f"p{k}_bar", bars[k], i)
                    add(w, bar, t, part(w, found[i], u, level), u)

    @staticmethod
    def seeds(w: Writer, reverse: ReversePass, given_bar: types.Type) -> Iterator[str]:
        """What has come back, the tangent's cotangent as value and the answer's as partial."""
        number = reverse.zero_type
        for (_, u), path in zip(leaves(reverse.return_type, ""), paths(reverse.return_type), strict=True):
            if is_active(u):
                (first, a), (second, b) = (at(*item(f"{ANSWER}_bar", given_bar, k), path) for k in (1, 0))
                first, second = ("0.0" if is_none(t) else e for e, t in ((first, a), (second, b)))
                goal = types.Array(number, u.ndim, "C") if isinstance(u, types.Array) else number
                yield with_tangent(w, first, b if is_none(a) else a, second, goal)


def seeds_of(w: Writer, answer: types.Type, bar_type: types.Type, zero: str, number: types.Type) -> Iterator[str]:
    """What has come back to each part of an answer that depends on the arguments, in numbers of one type."""
    for (_, t), path in zip(leaves(answer, ""), paths(answer), strict=True):
        if is_active(t):
            part, bar = at(f"{ANSWER}_bar", bar_type, path)
            yield zero if is_none(bar) else lifted(w, part, bar, number)


def lifted(w: Writer, expr: str, t: types.Type, number: types.Type) -> str:
    """A number or an array in numbers of a type."""
    routine = blocks.dual_copy if isinstance(t, types.Array) else lift
    same = scalar_type(t) == number
    return expr if same else f"{w.bind(routine.__name__, routine)}({expr}, {w.bind('T', number)})"


class PulledJacobian(TransposedDriver):
    """Of Jacobians, by either mode: a sweep for each column."""

    def __init__(self, f: Callable, count: int, selection: Selection):
        super().__init__(f, "jacobian", count)
        self.selection = selection

    def write(self, w, given, given_bar, bars):
        selected = self.selection.positions
        wanted = list(given)
        names = list(self.operands)
        level = top_level(*given, given_bar) + 1
        for i in selected:
            wanted[i] = dual_over(given[i], 1, level, (*given, given_bar))
            names[i] = dual_copy(w, names[i], given[i], wanted[i])
        reverse = ReversePass(self.f, tuple(wanted), names, tuple(bars))
        reverse.check_aliases(w)
        for k, i in enumerate(selected):
            arrays = leaves(given[i], self.operands[i]), leaves(wanted[i], names[i])
            for place, ((x, t), (d, _)) in enumerate(zip(*arrays, strict=True)):
                self.columns(w, reverse, bars, (k, i, place), (x, t), d, given_bar)

    def columns(self, w, reverse: ReversePass, bars, where, x, d: str, given_bar) -> None:
        """Write the sweeps for the columns of one number or array among the selected arguments."""
        expr, t = x
        if is_list(t):
            raise UnsupportedError("a Jacobian by a list", "reverse mode goes through it", "pass an array")
        column = w.fresh("c")
        with w.block(f"for {column} in range({size_of(expr, t)}):"):
            held = reverse.names[where[1]]
            if isinstance(t, types.Array):
                w(f"{w.bind('seed_columns', blocks.seed_columns)}({d}, -{column}, 1.0)")
            else:
                reverse.names[where[1]] = self.with_seed(w, reverse, where, expr)
            zero = reverse.zero(w)
            seeds = list(self.seeds(w, reverse, where, (expr, t), column, given_bar))
            shadows = reverse.shadows(w, zero)
            answer = reverse.call(w, shadows, seeds, zero)
            found = reverse.gradients(w, shadows, answer, 0)
            for i, bar in bars.items():
                if i in found:
                    u = reverse.cotangent_type(i)
                    add(w, f"{self.operands[i]}_bar", bar, tangent_of(w, found[i], u, reverse.zero_type.level), u)
            if isinstance(t, types.Array):
                w(f"{w.bind('seed_columns', blocks.seed_columns)}({d}, -{column}, 0.0)")
            reverse.names[where[1]] = held

    def with_seed(self, w: Writer, reverse: ReversePass, where, x: str) -> str:
        """The dual copy of an argument, with a unit partial in one of its numbers."""
        _, i, place = where
        parts = [e for e, _ in leaves(reverse.given[i], reverse.names[i])]
        (number,) = [u for k, (_, u) in enumerate(leaves(reverse.given[i], "")) if k == place]
        parts[place] = f"{w.bind('seed', seed)}({w.bind('T', number)}, {x}, 0)"
        return named(w, "d", refilled(reverse.given[i], iter(parts), w.bind))

    def seeds(self, w, reverse: ReversePass, where, x, column: str, given_bar) -> Iterator[str]:
        """The column of the cotangent, a part for each output that depends on the arguments."""
        k, i, place = where
        expr, t = x
        number = w.bind("T", reverse.zero_type)
        for (_, u), path in zip(leaves(reverse.return_type, ""), paths(reverse.return_type), strict=True):
            if not is_active(u):
                continue
            part, bar = at(f"{ANSWER}_bar", given_bar, path)
            part, bar = (part, bar) if self.selection.single else item(part, bar, k)
            part, bar = at(part, bar, list(paths(reverse.given[i]))[place])
            if is_none(bar):
                raise UnsupportedError("a part of a Jacobian", "nothing has come back to it", "please report it")
            if not isinstance(u, types.Array):
                entry = f"{w.bind('entry', entry_of)}({part}, {column})"
                yield f"{w.bind('lift', lift)}({entry}, {number})"
                continue
            whole = f"{w.bind('column', column_of)}({part}, {size_of(expr, t)}, {column}, {part}.shape[:{u.ndim}])"
            yield named(w, "seed", f"{w.bind('dual_copy', blocks.dual_copy)}({whole}, {number})")


def item(expr: str, t: types.Type, k: int) -> tuple[str, types.Type]:
    """An item of a tuple of cotangents; of nothing it is nothing."""
    return (f"{expr}[{k}]", t.types[k]) if is_tuple(t) else (expr, t)


def at(expr: str, t: types.Type, path: tuple[int, ...]) -> tuple[str, types.Type]:
    """What stands at a place of a nest of cotangents."""
    for k in path:
        expr, t = item(expr, t, k)
    return expr, t


def paths(t: types.Type, path: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    """The places of the leaves of a structure, in order."""
    if not is_tuple(t):
        yield path
        return
    for k, part in enumerate(t.types):
        yield from paths(part, (*path, k))


@register_jitable
def column_of(matrix, size, column, shape):
    """The column of the cotangent of a Jacobian by ``size`` columns, as an array of the output's shape."""
    rows = np.ascontiguousarray(matrix).reshape((matrix.size // size, size))
    return rows[:, column].copy().reshape(shape)


def entry_of(row, column):
    """An entry of the cotangent of a number's gradient, which is a number itself by a number."""
    raise NotImplementedError("compiled code")


@overload(entry_of)
def _entry_of(row, column):
    if isinstance(row, types.Array):
        return lambda row, column: np.ascontiguousarray(row).reshape(row.size)[column]
    return lambda row, column: row


def add(w: Writer, bar: str, bar_type: types.Type, term: str, t: types.Type, factor: str = "") -> None:
    """Write ``bar += factor term`` for all numbers of a structure."""
    for (place, u), (part, leaf) in zip(leaves(bar_type, bar), leaves(t, term), strict=True):
        if is_none(u):
            continue
        if is_list(leaf):
            raise UnsupportedError("a derivative by a list", "inside reverse mode", "use an array")
        if isinstance(leaf, types.Array):
            w(f"{w.bind('accumulate', accumulate_broadcast)}({place}, {factor}{part})")
        else:
            w(f"{place}[()] += {factor}{part}")
