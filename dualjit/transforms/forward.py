"""The part all forward-mode drivers share: dual copies of the arguments, the call of the twin, primals of the answer.

Source of the method: the multi-component dual numbers of ForwardDiff.jl (Revels, Lubin, Papamarkou 2016,
arXiv:1607.07892).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import typeof, types

from dualjit.frontend.twin import Specialisation, Twin
from dualjit.numbers.intrinsics import lift, value
from dualjit.numbers.types import Dual, Marked, top_level, walk
from dualjit.transforms.aliasing import refuse_overlaps
from dualjit.transforms.arguments import signature_of
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
        parameters = list(signature_of(f).parameters.values())
        self.takes_star = bool(parameters) and parameters[-1].kind is parameters[-1].VAR_POSITIONAL
        self.defaults = [p.default for p in parameters[len(argtypes) :] if p.default is not p.empty]
        wanted += tuple(typeof(d) for d in self.defaults)
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

    def check_aliases(self, w: Writer) -> None:
        """Refuse arguments that share memory which the function writes to."""
        refuse_overlaps(w, self.names, self.given, self.twin.written)

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
        if self.takes_star:
            args[-1] = f"*{args[-1]}"
        args += [w.bind("default", d) for d in self.defaults]
        w(f"{answer} = {w.bind('twin', self.twin.twin)}({', '.join(args)})")


def mapped(w: Writer, exprs: list[str], t: types.Type, wanted: types.Type, element, check=None) -> str:
    """Write statements that build data of type ``wanted`` from parallel data; returns the expression of it.

    Parameters
    ----------
    exprs : list of str
        Expressions with one structure: that of type ``t`` for the first.
    element : callable
        ``element(numbers, source, target)`` is the expression of a number of type ``target`` from the parallel
        numbers, the first of which is of type ``source``.
    check : callable, optional
        ``check(exprs)`` writes what has to hold for parallel arrays.
    """
    if is_tuple(t):
        parts = [
            mapped(w, [f"{e}[{i}]" for e in exprs], item, goal, element, check)
            for i, (item, goal) in enumerate(zip(t.types, wanted.types, strict=True))
        ]
        return pack(t, parts, w.bind)
    if isinstance(t, types.Array):
        if check:
            check(exprs)
        copy = allocate(w, exprs[0], wanted)
        fill(w, copy, exprs, t, wanted, element)
        return copy
    if is_list(t):
        return mapped_list(w, exprs, item_type(t), item_type(wanted), element, check)
    return element(exprs, t, wanted)


def mapped_list(w: Writer, exprs: list[str], item: types.Type, goal: types.Type, element, check) -> str:
    copy, i = w.fresh("list"), w.fresh("i")
    if not isinstance(item, types.Array):
        numbers = element([f"{e}[{i}]" for e in exprs], item, goal)
        w(f"{copy} = [{numbers} for {i} in range(len({exprs[0]}))]")
        return copy
    w(f"{copy} = [{w.bind('empty', np.empty)}({i}.shape, {w.bind('T', goal.dtype)}) for {i} in {exprs[0]}]")
    with w.block(f"for {i} in range(len({exprs[0]})):"):
        names = [w.fresh("a") for _ in exprs]
        for name, expr in zip(names, exprs, strict=True):
            w(f"{name} = {expr}[{i}]")
        if check:
            check(names)
        target = w.fresh("a")
        w(f"{target} = {copy}[{i}]")
        fill(w, target, names, item, goal, element)
    return copy


def allocate(w: Writer, expr: str, wanted: types.Array) -> str:
    """An array with the shape of ``expr``, in C or F order."""
    copy, empty, number = w.fresh("d"), w.bind("empty", np.empty), w.bind("T", wanted.dtype)
    if wanted.layout == "F" and wanted.ndim > 1:
        w(f"{copy} = {empty}({expr}.shape[::-1], {number}).T")
    else:
        w(f"{copy} = {empty}({expr}.shape, {number})")
    return copy


def fill(w: Writer, target: str, exprs: list[str], t: types.Array, wanted: types.Array, element) -> None:
    """Nested loops over all elements of an array."""
    names = [w.fresh("i") for _ in range(t.ndim)]
    at = ", ".join(names) if names else "()"

    def nest(axis):
        if axis == t.ndim:
            w(f"{target}[{at}] = {element([f'{e}[{at}]' for e in exprs], t.dtype, wanted.dtype)}")
            return
        with w.block(f"for {names[axis]} in range({target}.shape[{axis}]):"):
            nest(axis + 1)

    nest(0)


def dual_copy(w: Writer, expr: str, t: types.Type, wanted: types.Type) -> str:
    """A copy of ``expr`` in duals with zero partials."""

    def element(numbers, source, target):
        if not isinstance(target, Marked):
            return numbers[0]
        return f"{w.bind('lift', lift)}({numbers[0]}, {w.bind('T', target)})"

    return mapped(w, [expr], t, wanted, element)


def private_copy(w: Writer, expr: str, t: types.Type) -> str:
    """A copy of an argument that the function may write to; what can't be written to is passed as it is."""
    if is_tuple(t):
        return pack(t, [private_copy(w, part, item) for part, item in children(t, expr)], w.bind)
    if isinstance(t, types.Array):
        return f"{expr}.copy()"
    if is_list(t):
        return f"[a.copy() for a in {expr}]" if isinstance(item_type(t), types.Array) else f"{expr}.copy()"
    return expr


def carries(t: types.Type, level: int) -> bool:
    """Do numbers in ``t`` have partials of this level?"""
    return top_level(t) == level


def base_of(t: types.Type, level: int) -> types.Type:
    """``t`` with one level of derivatives taken off its numbers, arrays in C or F order."""

    def leaf(u):
        if isinstance(u, Dual) and u.level == level:
            return u.base
        if isinstance(u, types.Array):
            return types.Array(walk(u.dtype, leaf), u.ndim, "F" if u.layout == "F" else "C")
        return None

    return walk(t, leaf)


def primal_of(w: Writer, expr: str, t: types.Type, level: int) -> str:
    """The values of an answer, one level of derivatives less; copies, since an array may be an argument's memory."""

    def element(numbers, source, target):
        return f"{w.bind('value', value)}({numbers[0]})" if carries(source, level) else numbers[0]

    return mapped(w, [expr], t, base_of(t, level), element)
