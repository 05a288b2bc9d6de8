"""What bodies that seed columns share: columns numbered through all selected arguments, and the walk over these."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numba import types

from dualjit.transforms.forward import ForwardPass, dual_copy
from dualjit.transforms.selection import Selection
from dualjit.transforms.source import Writer
from dualjit.transforms.structure import children, is_list, is_tuple, item_type, leaves, pack, size_of


@dataclass(frozen=True)
class Leaf:
    """A number, an array or a list among the arguments; ``first`` is its first column (of a list: an array of them)."""

    expr: str
    type: types.Type
    first: str

    @property
    def size(self) -> str:
        return size_of(self.expr, self.type)

    def item(self, i: str) -> Leaf:
        return Leaf(f"{self.expr}[{i}]", item_type(self.type), f"{self.first}[{i}]")


class Columns:
    """The columns of a derivative by the selected arguments; ``_dj_n`` of them in the driver."""

    def __init__(self, w: Writer, forward: ForwardPass, selection: Selection):
        self.w, self.forward, self.selection = w, forward, selection
        self.inputs = [(forward.names[i], forward.given[i]) for i in selection.positions]

    def number_columns(self) -> list[Leaf]:
        """Give every leaf its first column and count them."""
        found, n = [], "0"
        for expr, t in self.inputs:
            for part, leaf in leaves(t, expr):
                found.append(Leaf(part, leaf, self.firsts(part, leaf, n) if is_list(leaf) else n))
                n = self.after(found[-1])
        self.w(f"_dj_n = {n}")
        return found

    def after(self, leaf: Leaf) -> str:
        """The column behind a leaf, as a name or a literal."""
        if is_list(leaf.type):
            return f"{leaf.first}[-1]"
        if leaf.size == "1" and leaf.first.isdigit():
            return str(int(leaf.first) + 1)
        name = self.w.fresh("first")
        self.w(f"{name} = {leaf.first} + {leaf.size}")
        return name

    def firsts(self, expr: str, t: types.Type, n: str) -> str:
        """An array with the first column of each item of a list, and the column behind the last."""
        w, name, i = self.w, self.w.fresh("firsts"), self.w.fresh("q")
        w(f"{name} = {w.bind('empty', np.empty)}(len({expr}) + 1, {w.bind('intp', np.intp)})")
        w(f"{name}[0] = {n}")
        with w.block(f"for {i} in range(len({expr})):"):
            w(f"{name}[{i} + 1] = {name}[{i}] + {size_of(f'{expr}[{i}]', item_type(t))}")
        return name

    def copy(self, positions) -> dict[int, str]:
        names, given, wanted = self.forward.names, self.forward.given, self.forward.wanted
        return {i: dual_copy(self.w, names[i], given[i], wanted[i]) for i in positions}

    def seeded(self, copies: dict[int, str]) -> dict[int, str]:
        """Unit partials for the columns of this pass, none for those of the last one."""
        remaining = iter(self.leaves)
        return {
            i: self.seed(copies[i], self.forward.given[i], self.forward.wanted[i], remaining, i)
            for i in self.selection.positions
        }

    def seed(self, copy: str, t: types.Type, wanted: types.Type, remaining: Iterator[Leaf], position: int) -> str:
        w = self.w
        if is_tuple(t):
            parts = [
                self.seed(own, item, goal, remaining, position)
                for (own, item), goal in zip(children(t, copy), wanted.types, strict=True)
            ]
            return pack(t, parts, w.bind)
        leaf = next(remaining)
        if is_list(t):
            i = w.fresh("q")
            with w.block(f"for {i} in range(len({leaf.expr})):"):
                item = leaf.item(i)
                if isinstance(item.type, types.Array):
                    self.seed_array(item, f"{copy}[{i}]", item_type(wanted), position)
                else:
                    w(f"{copy}[{i}] = {self.seed_number(item, f'{copy}[{i}]', item_type(wanted))}")
            return copy
        if isinstance(t, types.Array):
            self.seed_array(leaf, copy, wanted, position)
            return copy
        seeded = w.fresh("s")
        w(f"{seeded} = {self.seed_number(leaf, copy, wanted)}")
        return seeded

    def seed_number(self, leaf: Leaf, copy: str, wanted: types.Type) -> str:
        """The expression of a number with its seeds; ``copy`` is the one without."""
        raise NotImplementedError

    def seed_array(self, leaf: Leaf, copy: str, wanted: types.Type, position: int) -> None:
        """Write the seeds of an array into its copy."""
        raise NotImplementedError

    def piece(self, vector: str, a: Leaf) -> str:
        """What belongs to one leaf of a vector with a number for each column."""
        if not isinstance(a.type, types.Array):
            return f"{vector}[{a.first}]"
        if len(self.leaves) == 1:
            return f"{vector}.reshape({a.expr}.shape)"
        return f"{vector}[{a.first}:{a.first} + {a.size}].copy().reshape({a.expr}.shape)"
