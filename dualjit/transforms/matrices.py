"""Drivers of products with Jacobians that are never held: ``J @ V``, ``J.T @ U`` and ``J1 @ J2.T``.

One idea: columns of a matrix are the lanes of dual numbers, forward as partials of the inputs, in reverse as partials
of the answer's cotangent.  What a reverse sweep leaves in the shadows are partials of inputs, so the product of one
map with the transposed of another is a reverse sweep whose shadows go on through a forward pass.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import types

from dualjit.errors import StructureError
from dualjit.frontend.dispatcher import Derivative
from dualjit.numbers import blocks
from dualjit.numbers.arrays.levels import with_value, with_values
from dualjit.transforms.arguments import signature_of
from dualjit.transforms.derivatives import Driver
from dualjit.transforms.forward import ForwardPass, carries, dual_copy, named, without_none
from dualjit.transforms.jvp import forward_of_primals
from dualjit.transforms.once import once_per_function
from dualjit.transforms.reverse import ReversePass
from dualjit.transforms.source import Writer
from dualjit.transforms.structure import check_output, children, is_list, is_tuple, leaves, pack, refilled, size_of
from dualjit.transforms.vjp import active_parts, reverse_of_primals

WIDTHS = (1, 8, 16)


def lanes_for(columns: int) -> int:
    """Columns per pass: of so many, with few different drivers to compile."""
    return next((n for n in WIDTHS if n >= columns), WIDTHS[-1])


@once_per_function
def pushforward(f: Callable, lanes: int) -> Derivative:
    """The dispatcher ``(primals, V) -> J @ V`` of ``f``."""
    return PushforwardDriver(f, lanes).derivative(pushforward, f, lanes)


@once_per_function
def pullback(f: Callable, lanes: int) -> Derivative:
    """The dispatcher ``(primals, y, U) -> J.T @ U`` of ``f``, ``y`` being of the shapes of the answer."""
    return PullbackDriver(f, lanes).derivative(pullback, f, lanes)


@once_per_function
def outer_product(f: Callable, g: Callable, lanes: int) -> Derivative:
    """The dispatcher ``(primals of f, primals of g, y of g) -> J_f @ J_g.T``."""
    return OuterDriver(f, g, lanes).derivative(outer_product, f, g, lanes)


class PullbackDriver(Driver):
    """Writes the driver: rows of U are the partials of the answer's cotangent."""

    def __init__(self, f: Callable, lanes: int):
        super().__init__(f, "pullback", ("primals", "y", "columns"))
        self.lanes = lanes

    def __call__(self, argtypes: tuple) -> Callable:
        primals, y, columns = argtypes
        reverse = reverse_of_primals(self.f, primals)
        w = Writer()
        self.write(w, reverse, y, columns)
        return self.function(w)

    def write(self, w: Writer, reverse: ReversePass, y: types.Type, columns: types.Array) -> None:
        reverse.check_aliases(w)
        kind = reverse.wide_zero(w, self.lanes)
        inputs = [pair for name, t in zip(reverse.names, reverse.given, strict=True) for pair in leaves(t, name)]
        w(f"_dj_n = {' + '.join(size_of(e, t) for e, t in inputs)}")
        w("_dj_k = columns.shape[1]")
        w(f"_dj_out = {w.bind('zeros', np.zeros)}((_dj_n, _dj_k), {w.bind('dtype', columns.dtype)})")
        w("_dj_c = 0")
        with w.block("while _dj_c < _dj_k:"):
            w("_dj_row = 0")
            bars = swept(w, reverse, y, kind, self.seed)
            w("_dj_row = 0")
            for i, t in enumerate(reverse.given):
                for part, leaf in leaves(t, bars[i]):
                    _store(w, part, leaf)
            w(f"_dj_c += {self.lanes}")
        w("return _dj_out")

    def seed(self, w: Writer, expr: str, t: types.Type, kind: str) -> str:
        """Columns of U as the cotangent of a part of the answer."""
        return _load(w, no_cotangent(w, expr, t, kind), not isinstance(t, types.Array))


class PushforwardDriver(Driver):
    """Writes the driver: rows of V are the partials of the inputs."""

    def __init__(self, f: Callable, lanes: int):
        super().__init__(f, "pushforward", ("primals", "columns"))
        self.lanes = lanes

    def __call__(self, argtypes: tuple) -> Callable:
        primals, columns = argtypes
        forward = checked_forward(self.f, primals, self.lanes)
        w = Writer()
        self.write(w, forward, columns)
        return self.function(w)

    def write(self, w: Writer, forward: ForwardPass, columns: types.Array) -> None:
        forward.check_aliases(w)
        w("_dj_k = columns.shape[1]")
        duals = {
            i: dual_copy(w, name, t, forward.wanted[i])
            for i, (name, t) in enumerate(zip(forward.names, forward.given, strict=True))
        }
        w("_dj_c = 0")
        with w.block("while True:"):
            w("_dj_row = 0")
            seeded = {}
            for i, (name, t) in enumerate(zip(forward.names, forward.given, strict=True)):
                if forward.renews(i):
                    duals[i] = dual_copy(w, name, t, forward.wanted[i])
                seeded[i] = self.seeded(w, name, t, duals[i], forward.wanted[i])
            forward.call(w, seeded, "_dj_answer")
            store_product(w, forward, columns.dtype)
            w(f"_dj_c += {self.lanes}")
            with w.block("if _dj_c >= _dj_k:"):
                w("break")
        w("return _dj_out")

    def seeded(self, w: Writer, expr: str, t: types.Type, copy: str, wanted: types.Type) -> str:
        """Write a piece of V into the partials of an argument: a row for each of its elements."""
        if is_tuple(t):
            parts = zip(children(t, expr), children(t, copy), wanted.types, strict=True)
            return pack(t, [self.seeded(w, e, u, own, goal) for (e, u), (own, _), goal in parts], w.bind)
        one = not isinstance(t, types.Array)
        if one:
            number, copy = copy, w.fresh("d")
            w(f"{copy} = {w.bind('empty', np.empty)}(1, {w.bind('T', wanted)})")
            w(f"{copy}[0] = {number}")
        return _load(w, copy, one)


def checked_forward(f: Callable, primals: types.BaseTuple, lanes: int) -> ForwardPass:
    """The pass with duals for all arguments; raises where these, or the answer, are not numbers, arrays and tuples."""
    for name, t in zip(signature_of(f).parameters, primals.types, strict=False):
        if any(is_list(leaf) for _, leaf in leaves(t, name)):
            raise StructureError(f"argument '{name}' holds a list: linearize takes numbers, arrays and tuples")
    forward = forward_of_primals(f, primals, lanes)
    check_output(forward.return_type, forward.name)
    return forward


class OuterDriver(Driver):
    """Writes the driver: unit cotangents of ``g`` go back to its inputs, and from there forward through ``f``."""

    def __init__(self, f: Callable, g: Callable, lanes: int):
        super().__init__(f, "outer", ("left", "right", "y"))
        self.g, self.lanes = g, lanes

    def __call__(self, argtypes: tuple) -> Callable:
        left, right, y = argtypes
        w = Writer()
        forward = checked_forward(self.f, left, self.lanes)
        forward.names = [f"left[{i}]" for i in range(len(left.types))]
        reverse = reverse_of_primals(self.g, right)
        reverse.names = [f"right[{i}]" for i in range(len(right.types))]
        self.write(w, forward, reverse, y)
        return self.function(w)

    def write(self, w: Writer, forward: ForwardPass, reverse: ReversePass, y: types.Type) -> None:
        forward.check_aliases(w)
        reverse.check_aliases(w)
        kind = reverse.wide_zero(w, self.lanes)
        w(f"_dj_k = {' + '.join(size_of(e, t) for e, t in leaves(y, 'y'))}")
        w("_dj_c = 0")
        with w.block("while True:"):
            w("_dj_first = -_dj_c")
            bars = swept(w, reverse, y, kind, self.unit)
            forward.call(w, {i: moved(w, forward, i, bars[i]) for i in bars}, "_dj_answer")
            store_product(w, forward, reverse.cotangent)
            w(f"_dj_c += {self.lanes}")
            with w.block("if _dj_c >= _dj_k:"):
                w("break")
        w("return _dj_out")

    def unit(self, w: Writer, expr: str, t: types.Type, kind: str) -> str:
        """Unit cotangents for a part of the answer, those of this sweep."""
        bar = no_cotangent(w, expr, t, kind)
        w(f"{w.bind('seed_columns', blocks.seed_columns)}({bar}, _dj_first, 1.0)")
        w(f"_dj_first += {bar}.size")
        return f"{bar}[0]" if not isinstance(t, types.Array) else bar


def moved(w: Writer, forward: ForwardPass, i: int, bar: str) -> str:
    """An argument with the partials that have come back to another one like it."""
    t = forward.given[i]
    parts = [
        f"{w.bind(put.__name__, put)}({b}, {x})"
        for (b, _), (x, u) in zip(leaves(t, bar), leaves(t, forward.names[i]), strict=True)
        for put in [with_values if isinstance(u, types.Array) else with_value]
    ]
    return named(w, "d", refilled(t, iter(parts), w.bind))


def swept(w: Writer, reverse: ReversePass, y: types.Type, kind: str, seed: Callable) -> dict[int, str]:
    """Write a reverse sweep for a set of columns; what has come back by argument."""
    active = set(active_parts(y, "y", reverse.return_type))
    seeds = [bar for e, t in leaves(y, "y") for bar in [seed(w, e, t, kind)] if e in active]
    shadows = reverse.shadows(w, kind)
    return reverse.gradients(w, shadows, reverse.call(w, shadows, seeds, kind), 0)


def no_cotangent(w: Writer, expr: str, t: types.Type, kind: str) -> str:
    """An array of zero cotangents for an array, or for one number."""
    shape = f"{expr}.shape" if isinstance(t, types.Array) else "1"
    return named(w, "seed", f"{w.bind('full', np.full)}({shape}, {kind})")


def store_product(w: Writer, forward: ForwardPass, number: types.Type) -> None:
    """Write the partials of the answer into the columns from ``_dj_c`` on of ``_dj_out``, made in the first pass."""
    y, t = without_none(w, "_dj_answer", forward.return_type, forward.name)
    w(f"_dj_y = {y}")
    with w.block("if _dj_c == 0:"):
        w(f"_dj_m = {' + '.join(size_of(e, u) for e, u in leaves(t, '_dj_y'))}")
        w(f"_dj_out = {w.bind('zeros', np.zeros)}((_dj_m, _dj_k), {w.bind('dtype', number)})")
    w("_dj_row = 0")
    for expr, u in leaves(t, "_dj_y"):
        _store(w, expr, u, carries(u, forward.level))


def _load(w: Writer, target: str, one: bool) -> str:
    """Write the next rows of the given matrix into the partials of an array; its expression, or that of its number."""
    w(f"{w.bind('load_columns', blocks.load_columns)}({target}, columns, _dj_row, _dj_c)")
    w(f"_dj_row += {target}.size")
    return f"{target}[0]" if one else target


def _store(w: Writer, expr: str, t: types.Type, has_partials: bool = True) -> None:
    """Write the partials of a number or an array into the next rows of the product; without any they stay zero."""
    size = size_of(expr, t)
    if has_partials:
        rows = f"_dj_out[_dj_row:_dj_row + {size}]"
        w(f"{w.bind('store_columns', blocks.store_columns)}({expr}, {rows}, _dj_k, -_dj_c)")
    w(f"_dj_row += {size}")
