"""Writes the body of a Hessian driver: two sets of partials at once, N columns in one and M in the other.

The numbers are hyper-dual (duals of duals), seeded with unit partials on both levels: the partials of the partials of
the answer are the block of second derivatives of its columns.  Second derivatives are symmetric, so that of the pairs
of sets those above the diagonal are enough.

Source: Fike and Alonso 2011, AIAA 2011-886.
"""

from __future__ import annotations

import numpy as np
from numba import types

from dualjit.errors import StructureError
from dualjit.numbers import blocks
from dualjit.numbers.hyper import HyperDual
from dualjit.numbers.intrinsics import seed, value
from dualjit.numbers.types import Dual, walk
from dualjit.transforms.forward import ForwardPass, base_of, carries, named, primal_of, without_none
from dualjit.transforms.seeding import Columns, Leaf
from dualjit.transforms.selection import Selection
from dualjit.transforms.source import Writer
from dualjit.transforms.structure import is_list, leaves, size_of


class PairPass(ForwardPass):
    """One function, compiled with hyper-dual numbers: ``lanes`` partials, each with ``outer`` partials."""

    def __init__(self, f, argtypes: tuple, names: list[str], positions: tuple[int, ...], lanes, outer, *beside):
        self.outer = outer
        super().__init__(f, argtypes, names, positions, lanes, beside)

    def first_type(self, t: types.Type) -> types.Type:
        """The type of a copy with the lower level alone."""
        return super().dual_type(t)

    def dual_type(self, t: types.Type) -> types.Type:
        def leaf(u):
            inner = isinstance(u, Dual) and u.level == self.level
            return HyperDual(u.base, self.lanes, self.outer, self.level) if inner else None

        return walk(self.first_type(t), leaf)


class PairBody(Columns):
    """The body of the driver of one function for given types.

    Its names: ``_dj_n`` columns in all, ``_dj_outer`` and ``_dj_inner`` the first columns of both sets of the pass.
    """

    def __init__(self, w: Writer, forward: PairPass, selection: Selection, answer: types.Type, aux: types.Type | None):
        super().__init__(w, forward, selection)
        self.answer, self.aux = answer, aux
        for expr, t in self.inputs:
            for part, leaf in leaves(t, expr):
                if is_list(leaf):
                    raise StructureError(
                        f"argument {part} is a list: Hessians by hyper-dual numbers take numbers, arrays and tuples; "
                        "use jacfwd(jacfwd(f))"
                    )

    def write(self, with_gradient: bool = False) -> None:
        """All of it; ``with_gradient``: of a function that returns one number, with its value and gradient before."""
        w, n = self.w, "_dj_n"
        self.forward.check_aliases(w)
        self.leaves = self.number_columns()
        kept = [i for i in self.selection.positions if not self.forward.renews(i)]
        copies = self.copy(kept)
        w("_dj_outer = 0")
        with w.block("while True:"):
            w("_dj_inner = _dj_outer")
            with w.block("while True:"):
                copies |= self.copy([i for i in self.selection.positions if i not in kept])
                self.call(copies, with_gradient)
                self.clear(copies, kept, "inner")
                w(f"_dj_inner += {self.forward.lanes}")
                with w.block(f"if _dj_inner >= {n}:"):
                    w("break")
            self.clear(copies, kept, "outer")
            w(f"_dj_outer += {self.forward.outer}")
            with w.block(f"if _dj_outer >= {n}:"):
                w("break")
        self.give_back(with_gradient)

    def call(self, copies: dict[int, str], with_gradient: bool) -> None:
        """One pass: the function, called with seeded numbers, and its second derivatives into their places."""
        w, level = self.w, self.forward.level
        self.forward.call(w, self.seeded(copies), "_dj_answer")
        y = "_dj_answer" if self.aux is None else "_dj_answer[0]"
        y, self.answer = without_none(w, y, self.answer, self.forward.name)
        w(f"_dj_y = {y}")
        outputs = list(leaves(self.answer, "_dj_y"))
        with w.block("if _dj_outer + _dj_inner == 0:"):
            self.results = [self.allocate(part, t) for part, t in outputs]
            if with_gradient:
                w(f"_dj_value = {self.primal('_dj_y', self.answer)}")
                w(f"_dj_gradient = {w.bind('zeros', np.zeros)}(_dj_n, {w.bind('base', self.base(self.answer))})")
            if self.aux is not None:
                w(f"_dj_aux = {self.primal('_dj_answer[1]', self.aux)}")
        if with_gradient and carries(self.answer, level + 1):
            with w.block("if _dj_outer == 0:"):
                store = w.bind("store_columns", blocks.store_columns)
                w(f"{store}({w.bind('value', value)}(_dj_y), _dj_gradient, _dj_n, -_dj_inner)")
        for (part, t), result in zip(outputs, self.results, strict=True):
            if carries(t, level + 1):
                w(f"{w.bind('store_second', blocks.store_second)}({part}, {result}, _dj_outer, _dj_inner)")

    def primal(self, expr: str, t: types.Type) -> str:
        """The values of an answer, without both levels."""
        level = self.forward.level
        once = primal_of(self.w, expr, t, level + 1)
        return primal_of(self.w, once, base_of(t, level + 1), level)

    def base(self, t: types.Type) -> types.Type:
        """The number that derivatives of an output are made of."""
        level = self.forward.level
        t = base_of(base_of(t, level + 1), level)
        return t.dtype if isinstance(t, types.Array) else t

    def allocate(self, y: str, t: types.Type) -> str:
        """A matrix of second derivatives by all columns for each number of an output."""
        if is_list(t):
            raise StructureError(f"{self.forward.name} returns a list: return an array or a tuple for its Hessian")
        size, base = size_of(y, t), self.w.bind("base", self.base(t))
        return named(self.w, "H", f"{self.w.bind('zeros', np.zeros)}(({size}, _dj_n, _dj_n), {base})")

    # seeds -----------------------------------------------------------------------------------------------------

    def seed_number(self, leaf: Leaf, copy: str, wanted: types.Type) -> str:
        seeds, inner, outer = (self.w.bind(*b) for b in (("seed", seed), ("T", wanted.base), ("T", wanted)))
        once = f"{seeds}({inner}, {leaf.expr}, {leaf.first} - _dj_inner)"
        return f"{seeds}({outer}, {once}, {leaf.first} - _dj_outer)"

    def seed_array(self, leaf: Leaf, copy: str, wanted: types.Type, position: int) -> None:
        self.unit(copy, leaf, "outer", "1.0")
        self.unit(copy, leaf, "inner", "1.0")

    def unit(self, copy: str, leaf: Leaf, which: str, unit: str) -> None:
        routine = blocks.seed_columns if which == "outer" else blocks.seed_columns_below
        self.w(f"{self.w.bind(routine.__name__, routine)}({copy}, {leaf.first} - _dj_{which}, {unit})")

    def clear(self, copies: dict[int, str], kept: list[int], which: str) -> None:
        """Take the seeds of one set out of the arrays that the next pass uses again."""
        remaining = iter(self.leaves)
        for i in self.selection.positions:
            for part, t in leaves(self.forward.given[i], copies[i]):
                leaf = next(remaining)
                if i in kept and isinstance(t, types.Array):
                    self.unit(part, leaf, which, "0.0")

    # results ---------------------------------------------------------------------------------------------------

    def give_back(self, with_gradient: bool) -> None:
        w, given = self.w, self.forward.given
        for (_, t), result in zip(leaves(self.answer, ""), self.results, strict=True):
            if carries(t, self.forward.level + 1):
                w(f"{w.bind('mirror', blocks.mirror)}({result})")
        matrices = [
            [[self.block(y, t, a, b, result) for b in self.leaves] for a in self.leaves]
            for (y, t), result in zip(leaves(self.answer, "_dj_y"), self.results, strict=True)
        ]
        parts = [self.selection.hessian(self.answer, given, matrices, w.bind)]
        if with_gradient:
            gradient = [self.piece("_dj_gradient", a) for a in self.leaves]
            parts = ["_dj_value", self.selection.row(given, gradient, w.bind), *parts]
        w(f"return {', '.join(parts if self.aux is None else [*parts, '_dj_aux'])}")

    def block(self, y: str, t: types.Type, a: Leaf, b: Leaf, result: str) -> str:
        """Second derivatives of one output by two leaves."""
        arrays = [(e, u) for e, u in ((y, t), (a.expr, a.type), (b.expr, b.type)) if isinstance(u, types.Array)]
        if not arrays:
            return f"{result}[0, {a.first}, {b.first}]"
        shape = " + ".join(f"{e}.shape" for e, _ in arrays)
        if len(self.leaves) == 1:
            return f"{result}.reshape({shape})"
        rows, columns = (f"{leaf.first}:{leaf.first} + {leaf.size}" for leaf in (a, b))
        return f"{result}[:, {rows}, {columns}].copy().reshape({shape})"
