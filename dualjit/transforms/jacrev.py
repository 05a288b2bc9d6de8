"""``jacrev``: Jacobians by rows, N of them in one sweep.

The cotangents are duals whose partials are N cotangents at once (their values are never used): the same adjoint
program, compiled for them, gives N rows.  Lane ``l`` of the answer's shadow is seeded for row ``start + l``; lane
``l`` of an argument's shadow is that row of the Jacobian.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import types

from dualjit.adjoint.seeds import Rows
from dualjit.errors import StructureError
from dualjit.frontend.dispatcher import Derivative
from dualjit.frontend.vectorized import as_function
from dualjit.numbers import blocks
from dualjit.numbers.local import SHARED, block_of, local_zeros
from dualjit.numbers.types import marker_of, strip
from dualjit.transforms.chunks import CHUNKS, check_chunk
from dualjit.transforms.derivatives import Driver
from dualjit.transforms.forward import bare, named, without_none
from dualjit.transforms.gradient import GradientDriver
from dualjit.transforms.jacfwd import ColumnDriver
from dualjit.transforms.parts import pulled_jacobian
from dualjit.transforms.reverse import ReversePass
from dualjit.transforms.selection import Selection, select, selected_arguments
from dualjit.transforms.source import Writer
from dualjit.transforms.structure import (
    check_output,
    differentiated,
    is_active,
    is_list,
    is_real,
    leaves,
    scalar_type,
    size_of,
)
from dualjit.transforms.transposed import pullback_by

UNKNOWN_ROWS = 16


def jacrev(
    f: Callable, argnums=0, has_aux: bool = False, chunk: int | None = None, *, cache: bool | None = None
) -> Derivative:
    """Jacobian of ``f`` by reverse mode.

    Parameters
    ----------
    f : callable
        Python function, or function jitted with ``numba.njit``; its code need not know about derivatives.
    argnums : int, str, or tuple of these
        Which arguments to differentiate with respect to: positions (negative ones count from the end) or names.
    has_aux : bool
        ``f`` returns a pair ``(y, aux)``; ``y`` is differentiated, ``aux`` is returned beside the Jacobian.
    chunk : int, optional
        Rows per sweep: 1, 2, 4, 8, 16 or 32.  By default all of them where ``f`` returns numbers, up to 16, and 16
        where it returns arrays.
    cache : bool, optional
        Keep compiled code on disk.  By default ``dualjit.options.cache`` and the decorator of ``f`` say.

    Returns
    -------
    Derivative
        A Numba dispatcher with the parameters of ``f``.  It returns what :func:`dualjit.jacfwd` returns: an array of
        shape ``y.shape + x.shape``, a float where both are numbers, nested as ``y``, then as the arguments.

    Raises
    ------
    ArgnumsError
        ``argnums`` selects nothing, something twice or something that isn't there.
    DTypeError
        At the first call: a selected argument is not real floating point.
    UnsupportedError
        At the first call: active data reaches something whose derivative is not known.

    Notes
    -----
    Cost: ``ceil(m / N)`` forward and reverse sweeps for m outputs and N rows a sweep, whatever the number of inputs.
    Where ``f`` is itself a derivative by these arguments, forward mode over it, which costs less and returns the same.
    Source: Griewank and Walther, Evaluating Derivatives, section 3.2 (vector mode).

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> def f(x):
    ...     return np.array([x[0] * x[1], np.sin(x[0])])
    >>> dj.jacrev(f)(np.array([0.0, 3.0]))
    array([[3., 0.],
           [1., 0.]])
    """
    f = as_function(f)
    selection = select(f, argnums)
    check_chunk(chunk, "rows per sweep")
    driver = RowDriver(f, "jacrev", selection, has_aux, chunk)
    doc = f"Jacobian of {driver.primal_name} by reverse mode."
    return driver.derivative(jacrev, f, argnums, has_aux, chunk, doc=doc, cache=cache)


class RowDriver(Driver):
    """Writes the driver for given argument types."""

    def __init__(self, f, transform: str, selection: Selection, has_aux: bool, chunk: int | None):
        super().__init__(f, transform)
        self.selection, self.has_aux, self.chunk = selection, has_aux, chunk
        wide = chunk is None and is_wide(f, selection)
        self.columns = ColumnDriver(f, transform, selection, has_aux, None) if wide else None

    def observe(self, args):
        if self.columns is not None:
            self.columns.observe(args)

    def pullback(self, count):
        return pullback_by(pulled_jacobian(self.f, count, self.selection, self.has_aux))

    def __call__(self, argtypes: tuple) -> Callable:
        if self.columns is not None:
            return self.columns(argtypes)
        names, given = selected_arguments(self.f, argtypes, self.selection, self.name)
        reverse = ReversePass(self.f, given, names, self.selection.positions, seeds=Rows, value=True, aux=self.has_aux)
        answer = differentiated(reverse.return_type, self.has_aux, reverse.name)
        check_output(answer, reverse.name)
        if is_real(answer):  # one row is a gradient, with no lanes to spare
            return GradientDriver(self.f, "jacrev", self.selection, self.has_aux, value=False)(argtypes)
        for expr, leaf in [
            *leaves(answer, reverse.name),
            *((n, u) for i in self.selection.positions for n, u in leaves(given[i], names[i])),
        ]:
            if is_list(leaf):
                raise StructureError(
                    f"{expr} has type {strip(leaf)}: jacrev takes numbers, arrays and tuples; use jacfwd"
                )
        w = Writer()
        RowBody(w, reverse, self.selection, answer, self.has_aux, self.chunk).write()
        return self.function(w)


def is_wide(f: Callable, selection: Selection) -> bool:
    """Is this a derivative by the selected arguments, perhaps by others, too?

    Then there are no fewer rows than columns, and each row would cost more: reverse mode goes back through a Jacobian
    column by column, while forward mode over it is a pass for all columns that fit into the lanes.
    """
    inner = getattr(f._compiler.implement, "selection", None) if isinstance(f, Derivative) else None
    return inner is not None and set(selection.positions) <= set(inner.positions)


class RowBody:
    """The body of a driver for given types."""

    def __init__(self, w: Writer, reverse: ReversePass, selection: Selection, answer, has_aux: bool, chunk):
        self.w, self.reverse, self.selection, self.returned, self.has_aux = w, reverse, selection, answer, has_aux
        self.answer = bare(answer)
        outputs = [t for _, t in leaves(answer, "") if is_active(t)]
        self.numbers = all(not isinstance(t, types.Array) for t in outputs)
        self.lanes = chunk or (next((n for n in CHUNKS if n >= len(outputs)), 16) if self.numbers else UNKNOWN_ROWS)
        self.one_sweep = self.numbers and len(outputs) <= self.lanes

    def write(self) -> None:
        w, reverse = self.w, self.reverse
        reverse.check_aliases(w)
        kind = reverse.wide_zero(w, self.lanes)
        w("_dj_start = 0")
        with w.block("while True:"):
            shadows = reverse.shadows(w, kind, local_zeros)
            answer = reverse.call(w, shadows, ["-_dj_start"], kind)
            y = named(w, "y", f"{answer}[0][0]" if self.has_aux else f"{answer}[0]")
            y, _ = without_none(w, y, self.returned, reverse.name)
            bars = reverse.gradients(w, shadows, answer, 1)
            inputs = [pair for i in self.selection.positions for pair in self.inputs(i, bars[i])]
            with w.block("if _dj_start == 0:"):
                w("_dj_m = 0")
                self.make_room(inputs)
                results = [self.allocate(part, t, inputs) for part, t in leaves(self.answer, y)]
                if self.has_aux:
                    w(f"_dj_aux = {answer}[0][1]")
            w("_dj_row = -_dj_start")
            for (part, t), row in zip(leaves(self.answer, y), results, strict=True):
                if is_active(t):  # what does not depend on the arguments has no rows: its blocks stay zero
                    for (bar, u, _), block in zip(inputs, row, strict=True):
                        self.store(bar, u, block)
                    w(f"_dj_row += {size_of(part, t)}")
            w(f"_dj_start += {self.lanes}")
            with w.block(f"if {'True' if self.one_sweep else '_dj_start >= _dj_m'}:"):
                w("break")
        rows = self.finished(results, inputs)
        structure = self.selection.jacobian(self.answer, reverse.given, rows, w.bind)
        w(f"return {structure}, _dj_aux" if self.has_aux else f"return {structure}")

    def inputs(self, i: int, bar: str) -> list[tuple[str, types.Type, str]]:
        """Cotangents, types and expressions of the numbers and arrays of an argument."""
        given = leaves(self.reverse.given[i], self.reverse.names[i])
        bars = leaves(self.reverse.given[i], bar)
        return [(part, u, x) for (x, u), (part, _) in zip(given, bars, strict=True)]

    def make_room(self, inputs) -> None:
        """One piece of memory for all blocks of a few numbers' derivatives, where these are few, too; else none."""
        w, outputs = self.w, [t for _, t in leaves(self.answer, "")]
        bases = {self.element(t) for t in outputs}
        self.room, self.used = None, "0"
        numbers = not any(isinstance(t, types.Array) for t in outputs)
        if numbers and len(bases) == 1 and len(outputs) * len(inputs) > 1:
            row = " + ".join(size_of(x, u) for _, u, x in inputs)
            total = named(w, "total", f"{len(outputs)} * ({row})")
            size = f"{total} if {total} <= {SHARED} else 0"
            self.room = named(w, "room", f"{w.bind('zeros', np.zeros)}({size}, {w.bind('base', bases.pop())})")

    def allocate(self, y: str, t: types.Type, inputs) -> list[str]:
        """Blocks of the derivative of one output by each input, zeros."""
        w = self.w
        if is_active(t):
            w(f"_dj_m += {size_of(y, t)}")
        blocks_of = []
        base = w.bind("base", self.element(t))
        for _, u, x in inputs:
            shape = " + ".join(f"{e}.shape" for e, v in ((y, t), (x, u)) if isinstance(v, types.Array)) or "(1,)"
            blocks_of.append(named(w, "J", self.zeros(shape, base, size_of(x, u))))
        return blocks_of

    def element(self, t: types.Type) -> types.Type:
        """The number that derivatives of an output are made of: with the levels of the arguments."""
        marker, number = marker_of(self.reverse.zero_type), strip(scalar_type(t))
        return number if marker is None else marker.over(number)

    def zeros(self, shape: str, base: str, size: str) -> str:
        """An array of zeros, in the common memory where there is some."""
        if self.room is None:
            return f"{self.w.bind('zeros', np.zeros)}({shape}, {base})"
        start, self.used = self.used, f"{self.used} + {size}"
        return f"{self.w.bind('block_of', block_of)}({self.room}, {start}, {shape})"

    def store(self, bar: str, u: types.Type, block: str) -> None:
        self.w(f"{self.w.bind('store_rows', blocks.store_rows)}({bar}, {block}, _dj_row)")

    def finished(self, results, inputs) -> list[list[str]]:
        """Numbers where both output and input are numbers."""
        outputs = [t for _, t in leaves(self.answer, "")]
        return [
            [
                block if isinstance(t, types.Array) or isinstance(u, types.Array) else f"{block}[0]"
                for (_, u, _), block in zip(inputs, row, strict=True)
            ]
            for t, row in zip(outputs, results, strict=True)
        ]
