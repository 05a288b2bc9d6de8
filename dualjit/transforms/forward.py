"""The part all forward-mode drivers share: dual copies of the arguments, the call of the twin, primals of the answer.

Source of the method: the multi-component dual numbers of ForwardDiff.jl (Revels, Lubin, Papamarkou 2016,
arXiv:1607.07892).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from numba import typeof, types

from dualjit.errors import OutputError
from dualjit.frontend.twin import Specialisation, Twin
from dualjit.numbers import blocks
from dualjit.numbers.intrinsics import lift, value
from dualjit.numbers.types import Dual, Marked, MarkedComplex, complex_of, mark, marker_of, top_level, walk
from dualjit.transforms.aliasing import refuse_overlaps
from dualjit.transforms.arguments import (
    check_written,
    omitted_defaults,
    python_function,
    star_position,
    with_star_tuple,
    without_star_tuple,
)
from dualjit.transforms.source import Writer
from dualjit.transforms.structure import children, is_active, is_list, is_tuple, item_type, leaves, pack


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
    beside : sequence of numba types
        What the partials are made of, where they may hold more levels than the arguments.
    """

    def __init__(
        self,
        f: Callable,
        argtypes: tuple,
        names: list[str],
        positions: tuple[int, ...],
        lanes: int,
        beside: Sequence[types.Type] = (),
    ):
        self.names, self.given, self.positions, self.lanes = names, argtypes, positions, lanes
        self.name = python_function(f).__name__
        self.level, self.beside = top_level(*argtypes, *beside) + 1, beside
        self.defaults, star = omitted_defaults(f, len(argtypes)), star_position(f)
        wanted = [self.dual_type(t) if i in positions else t for i, t in enumerate(argtypes)]
        wanted += [typeof(d) for d in self.defaults]
        self.twin: Specialisation = Twin.of(f).specialise(with_star_tuple(wanted, star))
        self.wanted, self.written = without_star_tuple(self.twin.argtypes, self.twin.written, star)
        check_written(f, argtypes, names, self.written)
        self.return_type = types.unliteral(self.twin.return_type)

    def dual_type(self, t: types.Type) -> types.Type:
        """The type of a dual copy of an argument."""
        return dual_over(t, self.lanes, self.level, self.beside)

    def renews(self, position: int) -> bool:
        """Does every pass need a new copy, since the function may write into the argument?"""
        return position in self.written

    def check_aliases(self, w: Writer) -> None:
        """Refuse arguments that share memory which the function writes to."""
        refuse_overlaps(w, self.names, self.given, self.written)

    def call(self, w: Writer, duals: dict[int, str], answer: str) -> None:
        """``answer = twin(...)`` with the dual copies, and private copies of what else is written to."""
        args = []
        for i, (name, t) in enumerate(zip(self.names, self.given, strict=True)):
            if i in duals:
                args.append(duals[i])
            elif is_active(self.wanted[i]) and not is_active(t):
                args.append(dual_copy(w, name, t, self.wanted[i]))
            elif self.renews(i):
                args.append(private_copy(w, name, t))
            else:
                args.append(name)
        args += [w.bind("default", d) for d in self.defaults]
        w(f"{answer} = {w.bind('twin', self.twin.twin)}({', '.join(args)})")


def dual_over(t: types.Type, lanes: int, level: int, beside: Sequence[types.Type] = ()) -> types.Type:
    """The type of a dual copy of data: own memory, C or F order; with the levels of what is ``beside``."""
    marker, t = marker_of(*beside), types.unliteral(t)

    def leaf(u):
        if isinstance(u, (types.Float, Marked)):
            return Dual(u if marker is None else mark(u, marker), lanes, level)
        if isinstance(u, types.Array):
            return types.Array(leaf(types.unliteral(u.dtype)), u.ndim, "F" if u.layout == "F" else "C")
        return None

    return walk(t, leaf)


def bare(t: types.Type) -> types.Type:
    """``t`` where nothing is None."""
    return walk(t, lambda u: u.type if isinstance(u, types.Optional) else None)


def without_none(w: Writer, expr: str, t: types.Type, what: str) -> tuple[str, types.Type]:
    """Write a check that nothing in an answer is None; returns the expression and the type of what is left."""
    if not any(isinstance(leaf, types.Optional) for _, leaf in leaves(t, expr)):
        return expr, t
    if is_tuple(t):
        parts = [without_none(w, part, item, what) for part, item in children(t, expr)]
        return named(w, "y", pack(bare(t), [part for part, _ in parts], w.bind)), bare(t)
    refuse_none(w, expr, what)
    return named(w, "y", f"{w.bind('present', blocks.present)}({expr})"), t.type


def refuse_none(w: Writer, expr: str, what: str) -> None:
    """Write a check that a part of an answer is not None."""
    with w.block(f"if {expr} is None:"):
        w(f"raise {w.bind('OutputError', OutputError)}({f'{what} returned None instead of a number'!r})")


def mapped(w: Writer, exprs: list[str], t: types.Type, wanted: types.Type, array, number) -> str:
    """The expression that builds data of type ``wanted`` from parallel data.

    Parameters
    ----------
    exprs : list of str
        Expressions with one structure: that of type ``t`` for the first.
    array, number : callable
        ``(exprs, source, target)`` to the expression of an array or a number of type ``target``; ``source`` is the type
        of the first operand.
    """
    if isinstance(t, types.Optional):
        held = [f"{w.bind('present', blocks.present)}({e})" for e in exprs]
        return f"(None if {exprs[0]} is None else {mapped(w, held, t.type, bare(wanted), array, number)})"
    if is_tuple(t):
        parts = [
            mapped(w, [f"{e}[{i}]" for e in exprs], item, goal, array, number)
            for i, (item, goal) in enumerate(zip(t.types, wanted.types, strict=True))
        ]
        return pack(t, parts, w.bind)
    if is_list(t):
        i = w.fresh("i")
        item = mapped(w, [f"{e}[{i}]" for e in exprs], item_type(t), item_type(wanted), array, number)
        return f"[{item} for {i} in range(len({exprs[0]}))]"
    return (array if isinstance(t, types.Array) else number)(exprs, t, wanted)


def dual_copy(w: Writer, expr: str, t: types.Type, wanted: types.Type) -> str:
    """Write a copy of ``expr`` in duals with zero partials; returns its expression."""

    def array(exprs, source, target):
        return f"{w.bind('dual_copy', blocks.dual_copy)}({exprs[0]}, {w.bind('T', target.dtype)})"

    def number(exprs, source, target):
        return f"{w.bind('lift', lift)}({exprs[0]}, {w.bind('T', target)})" if isinstance(target, Marked) else exprs[0]

    return named(w, "d", mapped(w, [expr], t, wanted, array, number))


def named(w: Writer, hint: str, expr: str) -> str:
    """Give an expression a name."""
    name = w.fresh(hint)
    w(f"{name} = {expr}")
    return name


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
        if isinstance(u, MarkedComplex):
            return complex_of(walk(u.part, leaf))
        if isinstance(u, types.Array):
            return types.Array(walk(u.dtype, leaf), u.ndim, "F" if u.layout == "F" else "C")
        return None

    return walk(t, leaf)


def primal_of(w: Writer, expr: str, t: types.Type, level: int) -> str:
    """Write the values of an answer, one level less; copies, since an array may be an argument's memory."""

    def array(exprs, source, target):
        return f"{w.bind('values', blocks.values)}({exprs[0]})" if carries(source, level) else f"{exprs[0]}.copy()"

    def number(exprs, source, target):
        return f"{w.bind('value', value)}({exprs[0]})" if carries(source, level) else exprs[0]

    return named(w, "v", mapped(w, [expr], t, base_of(t, level), array, number))
