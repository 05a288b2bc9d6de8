"""``vmap``: a function of one point as a function of many, by a compiled loop.

One idea: the driver takes the points apart, calls the function for each and stores what it returns; reverse mode is
the same loop over pullbacks.

Source: the interface is JAX's (jax.vmap).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from importlib import import_module
from types import MappingProxyType

import numpy as np
from numba import prange, types

from dualjit.errors import ModeError, ShapeError, StructureError
from dualjit.frontend.dispatcher import Derivative
from dualjit.frontend.twin import Twin
from dualjit.frontend.vectorized import as_function
from dualjit.numbers.types import Marked, marker_of
from dualjit.transforms.arguments import star_position
from dualjit.transforms.derivatives import Driver
from dualjit.transforms.forward import named, private_copy
from dualjit.transforms.reverse import ReversePass
from dualjit.transforms.source import Writer
from dualjit.transforms.structure import children, is_active, is_list, is_tuple, leaves, pack, refilled, scalar_type
from dualjit.transforms.transposed import ANSWER, TransposedDriver, add, at, is_none, lifted, paths, pullback_by
from dualjit.transforms.vjp import compiled_primal


def vmap(
    f: Callable, in_axes=0, out_axes=0, parallel: bool = False, *, target: str = "cpu", cache: bool | None = None
) -> Derivative:
    """A function of one point as a function of many.

    Parameters
    ----------
    f : callable
        Python function, or function jitted with ``numba.njit``, or what a transform returns.
    in_axes : int, None, or tuple of these
        Which axis of an argument counts the points; None: all points have the same one.  One for all arguments, or a
        tuple with one for each; for an argument that is a tuple again one for all its arrays, or a tuple.
    out_axes : int or tuple of ints
        Which axis of the answer counts the points, for all its parts or for each.
    parallel : bool
        Use Numba's threads.
    target : {"cpu", "cuda"}
        Where it runs.  On the GPU ``f`` is a function of numbers and vectors or a derivative of one, the axis of points
        is the last one of all arrays (-1: the faster one) or the first (0), and the answer is a driver of
        :mod:`dualjit.cuda`, by the mode that :doc:`/cuda` says.
    cache : bool, optional
        Keep compiled code on disk.  By default ``dualjit.options.cache`` and the decorator of ``f`` say.

    Returns
    -------
    Derivative
        A Numba dispatcher with the parameters of ``f``.

    Raises
    ------
    StructureError
        ``in_axes`` or ``out_axes`` do not fit the arguments or the answer, or no argument has points.
    ShapeError
        When it runs: arguments with different numbers of points, or none at all.

    Notes
    -----
    Cost: one call of ``f`` for each point.  It may be differentiated by all transforms.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> def loss(w, x):
    ...     return np.sum((w * x) ** 2)
    >>> dj.vmap(dj.grad(loss), in_axes=(None, 0))(np.array([1.0, 2.0]), np.eye(2))
    array([[2., 0.],
           [0., 4.]])
    """
    f = as_function(f)
    if target == "cuda":
        return import_module("dualjit.cuda.front").mapped(f, in_axes, out_axes)  # above this layer, and only then
    if target != "cpu":
        raise ModeError(f'target={target!r}: give "cpu" or "cuda"')
    driver = BatchDriver(f, in_axes, out_axes, parallel)
    doc = f"{driver.primal_name} for many points."
    kind = ParallelDerivative if parallel else Derivative
    return driver.derivative(vmap, f, in_axes, out_axes, parallel, doc=doc, kind=kind, cache=cache)


class ParallelDerivative(Derivative):
    """One whose loops run in several threads."""

    more_options = MappingProxyType({"parallel": True})


class Points:
    """The arguments of a call, those that hold points and those that are the same for all."""

    def __init__(self, names: list[str], given: tuple, axes: tuple, function: str):
        self.names, self.given, self.function = names, tuple(map(types.unliteral, given)), function
        self.batched: list[tuple[str, types.Array, int]] = []
        self.axes = tuple(self.fitted(*triple) for triple in zip(names, self.given, axes, strict=True))
        if not self.batched:
            raise StructureError(f"in_axes={axes} of vmap({function}) says that no argument has points")

    def fitted(self, name: str, t: types.Type, axes):
        """The axes of an argument, nested like it, all at least 0."""
        if is_tuple(t):
            if not isinstance(axes, tuple):
                axes = (axes,) * len(t.types)
            if len(axes) != len(t.types):
                raise StructureError(f"in_axes has {len(axes)} axes for '{name}', a tuple of {len(t.types)}")
            return tuple(self.fitted(part, u, a) for (part, u), a in zip(children(t, name), axes, strict=True))
        if axes is None:
            return None
        if not isinstance(t, types.Array) or isinstance(axes, tuple):
            raise StructureError(f"in_axes has {axes!r} for '{name}' of type {t}: give None where there are no points")
        if not -t.ndim <= axes < t.ndim:
            raise StructureError(f"in_axes has axis {axes} for '{name}', which has {t.ndim} dimensions")
        self.batched.append((name, t, axes % t.ndim))
        return axes % t.ndim

    def count(self, w: Writer) -> None:
        """Write the number of points, ``_dj_points``."""
        (name, _, axis), *others = self.batched
        w(f"_dj_points = {name}.shape[{axis}]")
        error = w.bind("ShapeError", ShapeError)
        for other, _, a in others:
            with w.block(f"if {other}.shape[{a}] != _dj_points:"):
                w(f"raise {error}('the batch of {other}', ({other}.shape[{a}],), (_dj_points,))")
        with w.block("if _dj_points == 0:"):
            w(f"raise {error}('the batch of {name}, of which one point shows the shape of the answer,', (0,), (1,))")

    def items(self, w: Writer, i: str) -> list[str]:
        """The arguments of point ``i``."""
        return [self.item(w, name, t, axes, i) for name, t, axes in zip(self.names, self.given, self.axes, strict=True)]

    def item(self, w: Writer, name: str, t: types.Type, axes, i: str) -> str:
        if is_tuple(t):
            parts = zip(children(t, name), axes, strict=True)
            return pack(t, [self.item(w, part, u, a, i) for (part, u), a in parts], w.bind)
        return name if axes is None else point(w, name, t, axes, i)

    @property
    def item_types(self) -> tuple:
        """The types of the arguments of one point."""
        return tuple(self.item_type(t, axes) for t, axes in zip(self.given, self.axes, strict=True))

    def item_type(self, t: types.Type, axes) -> types.Type:
        if is_tuple(t):
            parts = [self.item_type(u, a) for u, a in zip(t.types, axes, strict=True)]
            return type(t)(parts, t.instance_class) if isinstance(t, types.BaseNamedTuple) else types.Tuple(parts)
        if axes is None:
            return t
        return t.dtype if t.ndim == 1 else types.Array(t.dtype, t.ndim - 1, "C")


def place(expr: str, axis: int, i: str) -> str:
    """Point ``i`` of an array."""
    return f"{expr}[{', '.join([*[':'] * axis, i])}]"


def point(w: Writer, expr: str, t: types.Array, axis: int, i: str) -> str:
    """Point ``i`` of an array, contiguous."""
    found = place(expr, axis, i)
    contiguous = t.ndim == 1 or (axis == 0 and t.layout == "C")
    return found if contiguous else f"{w.bind('contiguous', np.ascontiguousarray)}({found})"


class BatchDriver(Driver):
    """Writes the loop over points for given argument types."""

    def __init__(self, f: Callable, in_axes, out_axes, parallel: bool):
        super().__init__(f, "vmap")
        count = len(self.signature.parameters)
        if star_position(f) is not None:
            raise StructureError(f"vmap of {self.primal_name}: it has *args, name its parameters")
        in_axes = tuple(in_axes) if isinstance(in_axes, (tuple, list)) else (in_axes,) * count
        if len(in_axes) != count:
            raise StructureError(
                f"in_axes has {len(in_axes)} entries, {self.primal_name}{self.signature} has {count} parameters"
            )
        self.in_axes, self.out_axes, self.parallel = in_axes, out_axes, parallel

    def points(self, names: list[str], given: tuple) -> Points:
        """The arguments of a call."""
        return Points(names, given, self.in_axes, self.primal_name)

    def pullback(self, count):
        return pullback_by(PulledBatch(self, count))

    def __call__(self, argtypes: tuple) -> Callable:
        w = Writer()
        points = self.points(list(self.signature.parameters), argtypes)
        one = Twin.of(self.f).specialise(points.item_types)
        run = w.bind("f", one.twin if marker_of(*argtypes) is not None else compiled_primal(self.f))
        answer = types.unliteral(one.return_type)
        axes = list(self.axes_of(answer, self.out_axes))
        points.count(w)
        w(f"_dj_y = {run}({self.arguments(w, points, one.written, '0')})")
        outputs = [(path, t) for (_, t), path in zip(leaves(answer, ""), paths(answer), strict=True)]
        results = [
            self.allocate(w, at("_dj_y", answer, path)[0], t, a) for (path, t), a in zip(outputs, axes, strict=True)
        ]

        def store(y: str, i: str) -> None:
            for (path, _), a, result in zip(outputs, axes, results, strict=True):
                w(f"{place(result, a, i)} = {at(y, answer, path)[0]}")

        store("_dj_y", "0")
        with w.block(f"for _dj_i in {w.bind('prange', prange) if self.parallel else 'range'}(1, _dj_points):"):
            w(f"_dj_z = {run}({self.arguments(w, points, one.written, '_dj_i')})")
            store("_dj_z", "_dj_i")
        w(f"return {refilled(answer, iter(results), w.bind)}")
        return self.function(w)

    @staticmethod
    def arguments(w: Writer, points: Points, written: Set[int], i: str) -> str:
        """What the function is called with for point ``i``: copies of what it may write to."""
        given = zip(points.items(w, i), points.item_types, strict=True)
        return ", ".join(private_copy(w, x, t) if k in written else x for k, (x, t) in enumerate(given))

    def allocate(self, w: Writer, y: str, t: types.Type, axis: int) -> str:
        """An array for all points of one part of the answer."""
        shape = (
            f"{y}.shape[:{axis}] + (_dj_points,) + {y}.shape[{axis}:]" if isinstance(t, types.Array) else "_dj_points"
        )
        return named(w, "all", f"{w.bind('empty', np.empty)}({shape}, {w.bind('T', scalar_type(t))})")

    def axes_of(self, t: types.Type, axes) -> Iterator[int]:
        """The axis of points for each part of the answer."""
        if is_tuple(t):
            if not isinstance(axes, tuple):
                axes = (axes,) * len(t.types)
            if len(axes) != len(t.types):
                raise StructureError(
                    f"out_axes has {len(axes)} axes, {self.primal_name} returns a tuple of {len(t.types)}"
                )
            for u, a in zip(t.types, axes, strict=True):
                yield from self.axes_of(u, a)
            return
        if is_list(t) or not isinstance(scalar_type(t), (types.Number, types.Boolean, Marked)):
            raise StructureError(f"{self.primal_name} returns {t}: vmap takes numbers, arrays and tuples of these")
        ndim = t.ndim + 1 if isinstance(t, types.Array) else 1
        if not isinstance(axes, int) or not -ndim <= axes < ndim:
            raise StructureError(f"out_axes has {axes!r} for a part of the answer with {ndim} dimensions")
        yield axes % ndim


class PulledBatch(TransposedDriver):
    """The loop over pullbacks."""

    def __init__(self, batch: BatchDriver, count: int):
        super().__init__(batch.f, "vmap", count)
        self.batch = batch

    def write(self, w, given, given_bar, bars):
        points = self.batch.points(self.operands, given)
        names = [f"_dj_x{k}" for k in range(len(given))]
        reverse = ReversePass(self.f, points.item_types, names, tuple(bars))
        answer = reverse.return_type
        axes = self.batch.axes_of(answer, self.batch.out_axes)
        zero, number = reverse.zero_over(w, *given, given_bar)
        points.count(w)
        with w.block("for _dj_i in range(_dj_points):"):
            for name, expr in zip(names, points.items(w, "_dj_i"), strict=True):
                w(f"{name} = {expr}")
            reverse.check_aliases(w)
            seeds = []
            for (_, t), path, axis in zip(leaves(answer, ""), paths(answer), axes, strict=True):
                if is_active(t):
                    part, bar = at(f"{ANSWER}_bar", given_bar, path)
                    found = zero if is_none(bar) else lifted(w, point(w, part, bar, axis, "_dj_i"), bar, number)
                    seeds.append(named(w, "seed", found))
            shadows = reverse.shadows(w, zero)
            found = reverse.gradients(w, shadows, reverse.call(w, shadows, seeds, zero), 0)
            for i, bar in bars.items():
                self.add(w, f"{self.operands[i]}_bar", bar, found[i], points.item_types[i], points.axes[i])

    def add(self, w: Writer, bar: str, bar_type: types.Type, term: str, t: types.Type, axes) -> None:
        """What has come to an argument of one point, to that point of the argument's shadow."""
        if is_tuple(t):
            for k, (u, a) in enumerate(zip(t.types, axes, strict=True)):
                self.add(w, f"{bar}[{k}]", bar_type.types[k], f"{term}[{k}]", u, a)
        elif axes is None:
            add(w, bar, bar_type, term, t)
        elif isinstance(t, types.Array):
            add(w, named(w, "part", place(bar, axes, "_dj_i")), bar_type, term, t)
        elif not is_none(bar_type):
            w(f"{bar}[_dj_i] += {term}")
