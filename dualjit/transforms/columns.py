"""Writes the body of a Jacobian driver: columns are numbered through all selected arguments, N of them per pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from numba import types

from dualjit.numbers import blocks
from dualjit.numbers.intrinsics import lift, partial, seed
from dualjit.numbers.types import Dual
from dualjit.transforms.forward import ForwardPass, carries, primal_of, without_none
from dualjit.transforms.seeding import Columns, Leaf
from dualjit.transforms.selection import Selection
from dualjit.transforms.source import Writer
from dualjit.transforms.structure import is_list, item_type, leaves, scalar_type


class JacobianBody(Columns):
    """The body of the driver of one function for given types.

    Its names: ``_dj_n`` columns in all, ``_dj_c`` the first column of the pass (``0`` where one pass is enough).
    """

    def __init__(self, w: Writer, forward: ForwardPass, selection: Selection, answer_types):
        super().__init__(w, forward, selection)
        self.answer_type, self.aux_type = answer_types
        self.lanes = forward.lanes
        flat = [t for expr, t in self.inputs for _, t in leaves(t, expr)]
        numbers = all(not isinstance(t, types.Array) and not is_list(t) for t in flat)
        self.one_pass = numbers and len(flat) <= self.lanes
        self.c = "0" if self.one_pass else "_dj_c"

    def write(self) -> None:
        w = self.w
        self.forward.check_aliases(w)
        self.leaves = self.number_columns()
        kept = [i for i in self.selection.positions if not self.forward.renews(i)]
        copies = self.copy(kept)
        with self.passes():
            copies |= self.copy([i for i in self.selection.positions if i not in kept])
            self.forward.call(w, self.seeded(copies), "_dj_answer")
            y = "_dj_answer" if self.aux_type is None else "_dj_answer[0]"
            y, self.answer_type = without_none(w, y, self.answer_type, self.forward.name)
            w(f"_dj_y = {y}")
            with self.first_pass():
                self.results = [self.allocate(y, t) for y, t in leaves(self.answer_type, "_dj_y")]
                if self.aux_type is not None:
                    w(f"_dj_aux = {primal_of(w, '_dj_answer[1]', self.aux_type, self.forward.level)}")
            self.store_all()
        self.give_back(self.selection.jacobian(self.answer_type, self.forward.given, self.results, w.bind))

    def give_back(self, jacobian: str) -> None:
        self.w(f"return {jacobian}, _dj_aux" if self.aux_type is not None else f"return {jacobian}")

    # passes ----------------------------------------------------------------------------------------------------

    @contextmanager
    def passes(self) -> Iterator[None]:
        """What is written inside runs once for every N columns, at least once."""
        if self.one_pass:
            yield
            return
        self.w("_dj_c = 0")
        with self.w.block("while True:"):
            yield
            self.w(f"_dj_c += {self.lanes}")
            with self.w.block("if _dj_c >= _dj_n:"):
                self.w("break")

    @contextmanager
    def first_pass(self) -> Iterator[None]:
        if self.one_pass:
            yield
            return
        with self.w.block("if _dj_c == 0:"):
            yield

    # seeds -----------------------------------------------------------------------------------------------------

    def seed_number(self, leaf: Leaf, copy: str, wanted: types.Type) -> str:
        return f"{self.w.bind('seed', seed)}({self.w.bind('T', wanted)}, {leaf.expr}, {self.lane(leaf)})"

    def lane(self, leaf: Leaf) -> str:
        return leaf.first if self.one_pass else f"{leaf.first} - _dj_c"

    def seed_array(self, leaf: Leaf, copy: str, wanted: types.Type, position: int) -> None:
        """Unit partials for this pass, where the copy is not new none for the one before."""
        w, seed_columns = self.w, self.w.bind("seed_columns", blocks.seed_columns)
        if not self.forward.renews(position):
            w(f"{seed_columns}({copy}, {self.lane(leaf)} + {self.lanes}, 0.0)")
        w(f"{seed_columns}({copy}, {self.lane(leaf)}, 1.0)")

    # results ---------------------------------------------------------------------------------------------------

    def allocate(self, y: str, t: types.Type) -> list[str]:
        """Variables for the derivative of one output leaf with respect to each input leaf."""
        return [self.allocate_block(y, t, leaf) for leaf in self.leaves]

    def allocate_block(self, y: str, t: types.Type, leaf: Leaf) -> str:
        w, name = self.w, self.w.fresh("J")
        if is_list(t):
            i = w.fresh("q")
            w(f"{name} = [{self.fresh_block(i, item_type(t), leaf.expr, leaf.type)} for {i} in {y}]")
        else:
            w(f"{name} = {self.fresh_block(y, t, leaf.expr, leaf.type)}")
        return name

    def fresh_block(self, y: str, t: types.Type, x: str, u: types.Type) -> str:
        """Expression of a block of shape ``y.shape + x.shape``."""
        if is_list(u):
            i = self.w.fresh("q")
            return f"[{self.fresh_block(y, t, i, item_type(u))} for {i} in {x}]"
        base = self.base_of(t)
        if not isinstance(t, types.Array) and not isinstance(u, types.Array):
            return zero(self.w, base)
        # An answer without partials of this level does not depend on the arguments: its Jacobian stays zero.
        zeros = not carries(t, self.forward.level)
        make = self.w.bind("jacobian_block", blocks.jacobian_block)
        return f"{make}({y}, {x}, {self.w.bind('base', base)}, {zeros})"

    def base_of(self, t: types.Type) -> types.Type:
        number = scalar_type(t)
        return number.base if isinstance(number, Dual) and number.level == self.forward.level else number

    def store_all(self) -> None:
        for (y, t), variables in zip(leaves(self.answer_type, "_dj_y"), self.results, strict=True):
            if carries(t, self.forward.level):
                for leaf, name in zip(self.leaves, variables, strict=True):
                    self.each(y, t, name, lambda e, v, target, leaf=leaf: self.store_leaf(e, v, leaf, target))

    def each(self, expr: str, t: types.Type, name: str, body) -> None:
        """``body(expression, type, target)``, in a loop for each item of a list."""
        if not is_list(t):
            body(expr, t, name)
            return
        i = self.w.fresh("q")
        with self.w.block(f"for {i} in range(len({expr})):"):
            body(f"{expr}[{i}]", item_type(t), f"{name}[{i}]")

    def store_leaf(self, y: str, t: types.Type, leaf: Leaf, target: str) -> None:
        if not is_list(leaf.type):
            self.store(y, t, leaf, target)
            return
        i = self.w.fresh("q")
        with self.w.block(f"for {i} in range(len({leaf.expr})):"):
            self.store(y, t, leaf.item(i), f"{target}[{i}]")

    def store(self, y: str, t: types.Type, leaf: Leaf, target: str) -> None:
        """The lanes of this pass that belong to one input leaf, into one Jacobian block."""
        w = self.w
        if isinstance(t, types.Array) or isinstance(leaf.type, types.Array):
            store_columns = w.bind("store_columns", blocks.store_columns)
            w(f"{store_columns}({y}, {target}, {leaf.size}, {self.lane(leaf)})")
        elif self.one_pass:
            w(f"{target} = {w.bind('partial', partial)}({y}, {leaf.first})")
        else:
            lane = w.fresh("lane")
            w(f"{lane} = {self.lane(leaf)}")
            with w.block(f"if 0 <= {lane} < {self.lanes}:"):
                w(f"{target} = {w.bind('partial', partial)}({y}, {lane})")


def zero(w: Writer, base: types.Type) -> str:
    """Expression of zero of a number type."""
    name = w.bind("base", base)
    return f"{w.bind('lift', lift)}(0.0, {name})" if isinstance(base, Dual) else f"{name}(0.0)"
