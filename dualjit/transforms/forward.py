"""The part all forward-mode drivers share: dual copies of the arguments, the call of the twin, primals of the answer.

Source of the method: the multi-component dual numbers of ForwardDiff.jl (Revels, Lubin, Papamarkou 2016,
arXiv:1607.07892).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import types

from dualjit.frontend.twin import Specialisation, Twin
from dualjit.numbers.intrinsics import lift, value
from dualjit.numbers.types import Dual, Marked, top_level, walk
from dualjit.transforms.source import Writer
from dualjit.transforms.structure import children, is_active, is_list, is_tuple, item_type, pack


class ForwardPass:
    """One function, compiled with duals of ``lanes`` partials for some of its arguments.

    Parameters
    ----------
    f : callable
        Python function or dispatcher.
    argtypes : tuple of numba types
        Types the driver is called with.
    names : list of str
        Parameter names of the driver, one per type.
    positions : tuple of int
        Differentiated arguments.
    lanes : int
        Partials per pass.
    """

    def __init__(self, f: Callable, argtypes: tuple, names: list[str], positions: tuple[int, ...], lanes: int):
        self.names, self.given, self.positions, self.lanes = names, argtypes, positions, lanes
        self.level = top_level(*argtypes) + 1
        wanted = tuple(self.dual_type(t) if i in positions else t for i, t in enumerate(argtypes))
        self.twin: Specialisation = Twin.of(f).specialise(wanted)
        self.return_type = types.unliteral(self.twin.return_type)

    def dual_type(self, t: types.Type) -> types.Type:
        """The type of a dual copy of an argument: own memory, C or F order."""

        def leaf(u):
            if isinstance(u, (types.Float, Marked)):
                return Dual(u, self.lanes, self.level)
            if isinstance(u, types.Array):
                return types.Array(leaf(types.unliteral(u.dtype)), u.ndim, "F" if u.layout == "F" else "C")
            return None

        return walk(types.unliteral(t), leaf)

    def renews(self, position: int) -> bool:
        """Does every pass need a new copy, since the function may write into the argument?"""
        return position in self.twin.written

    def call(self, w: Writer, duals: dict[int, str], answer: str) -> None:
        """``answer = twin(...)`` with the dual copies, and private copies of what else is written to."""
        args = []
        for i, (name, t) in enumerate(zip(self.names, self.given, strict=True)):
            if i in duals:
                args.append(duals[i])
            elif is_active(self.twin.argtypes[i]) and not is_active(t):
                args.append(dual_copy(w, name, t, self.twin.argtypes[i]))
            elif self.renews(i):
                args.append(private_copy(w, name, t))
            else:
                args.append(name)
        if isinstance(self.given[-1] if self.given else None, types.StarArgTuple):
            args[-1] = f"*{args[-1]}"
        w(f"{answer} = {w.bind('twin', self.twin.twin)}({', '.join(args)})")


def dual_copy(w: Writer, expr: str, t: types.Type, wanted: types.Type) -> str:
    """Write statements that copy ``expr`` into duals with zero partials; returns the expression of the copy."""
    if is_tuple(t):
        pairs = zip(children(t, expr), wanted.types, strict=True)
        return pack(t, [dual_copy(w, part, item, goal) for (part, item), goal in pairs], w.bind)
    if isinstance(t, types.Array):
        copy = allocate(w, expr, wanted)
        with_indices(w, expr, t.ndim, lambda at: w(f"{copy}[{at}] = {lifted(w, f'{expr}[{at}]', wanted.dtype)}"))
        return copy
    if is_list(t):
        return list_copy(w, expr, t, wanted)
    if isinstance(wanted, Marked):
        return lifted(w, expr, wanted)
    return expr


def lifted(w: Writer, expr: str, wanted: Marked) -> str:
    return f"{w.bind('lift', lift)}({expr}, {w.bind('T', wanted)})"


def allocate(w: Writer, expr: str, wanted: types.Array) -> str:
    """An array of duals with the shape and the order of ``expr``."""
    copy, empty, element = w.fresh("d"), w.bind("empty", np.empty), w.bind("T", wanted.dtype)
    if wanted.layout == "F" and wanted.ndim > 1:
        w(f"{copy} = {empty}({expr}.shape[::-1], {element}).T")
    else:
        w(f"{copy} = {empty}({expr}.shape, {element})")
    return copy


def list_copy(w: Writer, expr: str, t: types.Type, wanted: types.Type) -> str:
    copy, item, i = w.fresh("list"), item_type(t), w.fresh("i")
    if isinstance(item, types.Array):
        element = w.bind("T", item_type(wanted).dtype)
        w(f"{copy} = [{w.bind('empty', np.empty)}({i}.shape, {element}) for {i} in {expr}]")
        with w.block(f"for {i} in range(len({expr})):"):
            source, target = w.fresh("a"), w.fresh("a")
            w(f"{source} = {expr}[{i}]")
            w(f"{target} = {copy}[{i}]")
            with_indices(
                w,
                source,
                item.ndim,
                lambda at: w(f"{target}[{at}] = {lifted(w, f'{source}[{at}]', item_type(wanted).dtype)}"),
            )
    else:
        w(f"{copy} = [{lifted(w, i, item_type(wanted))} for {i} in {expr}]")
    return copy


def private_copy(w: Writer, expr: str, t: types.Type) -> str:
    """A copy of an argument that the function may write to; what can't be written to is passed as it is."""
    if is_tuple(t):
        return pack(t, [private_copy(w, part, item) for part, item in children(t, expr)], w.bind)
    if isinstance(t, types.Array):
        return f"{expr}.copy()"
    if is_list(t):
        return f"{expr}.copy()" if not isinstance(item_type(t), types.Array) else f"[a.copy() for a in {expr}]"
    return expr


def with_indices(w: Writer, expr: str, ndim: int, body: Callable[[str], None]) -> None:
    """Nested loops over all elements of an array; ``body`` gets the index as text."""
    names = [w.fresh("i") for _ in range(ndim)]

    def nest(axis):
        if axis == ndim:
            body(", ".join(names) if names else "()")
            return
        with w.block(f"for {names[axis]} in range({expr}.shape[{axis}]):"):
            nest(axis + 1)

    nest(0)


def carries(t: types.Type, level: int) -> bool:
    """Do numbers in ``t`` have partials of this level?"""
    return top_level(t) == level


def primal_of(w: Writer, expr: str, t: types.Type, level: int) -> str:
    """Write statements that take one level of derivatives off an answer; returns the expression of the values.

    Arrays are copied: an answer without duals may be memory of an argument.
    """
    if is_tuple(t):
        return pack(t, [primal_of(w, part, item, level) for part, item in children(t, expr)], w.bind)
    if not carries(t, level):
        return f"{expr}.copy()" if isinstance(t, types.Array) else expr
    take = w.bind("value", value)
    if isinstance(t, types.Array):
        out = w.fresh("v")
        shape = f"{expr}.shape[::-1]" if t.layout == "F" and t.ndim > 1 else f"{expr}.shape"
        turn = ".T" if t.layout == "F" and t.ndim > 1 else ""
        w(f"{out} = {w.bind('empty', np.empty)}({shape}, {w.bind('base', t.dtype.base)}){turn}")
        with_indices(w, expr, t.ndim, lambda at: w(f"{out}[{at}] = {take}({expr}[{at}])"))
        return out
    if is_list(t):
        i, out = w.fresh("i"), w.fresh("v")
        item = item_type(t)
        if not isinstance(item, types.Array):
            w(f"{out} = [{take}({i}) for {i} in {expr}]")
            return out
        w(f"{out} = [{w.bind('empty', np.empty)}({i}.shape, {w.bind('base', item.dtype.base)}) for {i} in {expr}]")
        with w.block(f"for {i} in range(len({expr})):"):
            source, target = w.fresh("a"), w.fresh("a")
            w(f"{source} = {expr}[{i}]")
            w(f"{target} = {out}[{i}]")
            with_indices(w, source, item.ndim, lambda at: w(f"{target}[{at}] = {take}({source}[{at}])"))
        return out
    return f"{take}({expr})"
