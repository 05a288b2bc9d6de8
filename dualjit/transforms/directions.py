"""Directions: tangents held to the structure of their primals, numbers with a tangent, and tangents of answers."""

from __future__ import annotations

import numpy as np
from numba import types

from dualjit.errors import DTypeError, ShapeError, StructureError
from dualjit.numbers import blocks
from dualjit.numbers.intrinsics import partial
from dualjit.numbers.lifting import from_partial
from dualjit.numbers.types import Marked
from dualjit.transforms.columns import zero
from dualjit.transforms.forward import base_of, carries, mapped, named
from dualjit.transforms.source import Writer
from dualjit.transforms.structure import is_list, is_tuple, item_type, leaves, scalar_type


def check_structure(primals: types.Type, tangents: types.Type, name: str = "tangents") -> None:
    """Raise unless tangents are nested like primals and have real numbers where these have."""
    if is_tuple(primals):
        if not is_tuple(tangents) or len(tangents.types) != len(primals.types):
            what = f"a tuple of {len(tangents.types)}" if is_tuple(tangents) else str(tangents)
            raise StructureError(
                f"{name} is {what}, expected a tuple of {len(primals.types)} like the primals: "
                "give one tangent for each primal"
            )
        for i, (p, t) in enumerate(zip(primals.types, tangents.types, strict=True)):
            check_structure(p, t, f"{name}[{i}]")
        return
    if is_list(primals) and is_list(tangents):
        check_structure(item_type(primals), item_type(tangents), f"{name}[...]")
        return
    if form_of(primals) != form_of(tangents):
        raise StructureError(
            f"{name} has type {tangents}, its primal has type {primals}: "
            "give a tangent with the structure and dimensions of the primal"
        )
    number = scalar_type(tangents)
    if isinstance(number, types.Complex) or not isinstance(number, (types.Number, types.Boolean, Marked)):
        raise DTypeError(f"{name} has type {tangents}: tangents are real numbers, complex ones have no meaning here")


def form_of(t: types.Type) -> object:
    """The dimensions of an array, 0 for a number, else the kind of the type."""
    if isinstance(t, types.Array):
        return t.ndim, "array"
    return type(t) if is_tuple(t) or is_list(t) else 0


def with_tangent(w: Writer, expr: str, t: types.Type, direction: str, wanted: types.Type) -> str:
    """Write the pair of a primal and its direction."""
    for (primal, leaf), tangent in zip(leaves(t, expr), (e for e, _ in leaves(t, direction)), strict=True):
        if is_list(leaf):
            check_lists(w, primal, leaf, tangent)
        elif isinstance(leaf, types.Array):
            check_shapes(w, primal, tangent)

    def array(exprs, source, target):
        return f"{w.bind('paired', blocks.paired)}({', '.join(exprs)}, {w.bind('T', target.dtype)})"

    def number(exprs, source, target):
        return f"{w.bind('from_partial', from_partial)}({w.bind('T', target)}, {', '.join(exprs)})"

    return named(w, "d", mapped(w, [expr, direction], t, wanted, array, number))


def check_lists(w: Writer, primal: str, t: types.Type, tangent: str) -> None:
    """Lengths of lists, and the shapes of arrays in them."""
    lengths = f"({{}}, (len({tangent}),), (len({primal}),))"
    with w.block(f"if len({tangent}) != len({primal}):"):
        w(f"raise {w.bind('ShapeError', ShapeError)}{lengths.format(repr('the tangent, a list,'))}")
    if isinstance(item_type(t), types.Array):
        i = w.fresh("i")
        with w.block(f"for {i} in range(len({primal})):"):
            check_shapes(w, f"{primal}[{i}]", f"{tangent}[{i}]")


def check_shapes(w: Writer, primal: str, tangent: str) -> None:
    with w.block(f"if {tangent}.shape != {primal}.shape:"):
        w(f"raise {w.bind('ShapeError', ShapeError)}('the tangent', {tangent}.shape, {primal}.shape)")


def tangent_of(w: Writer, expr: str, t: types.Type, level: int) -> str:
    """Write the partials of an answer; zero where it has none."""

    def array(exprs, source, target):
        if carries(source, level):
            return f"{w.bind('tangents', blocks.tangents)}({exprs[0]})"
        return f"{w.bind('zeros', np.zeros)}({exprs[0]}.shape, {w.bind('base', target.dtype)})"

    def number(exprs, source, target):
        return f"{w.bind('partial', partial)}({exprs[0]}, 0)" if carries(source, level) else zero(w, target)

    return named(w, "t", mapped(w, [expr], t, base_of(t, level), array, number))
