"""``linearize``: the derivative at a point as a linear map, with no Jacobian in memory."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import types
from scipy.sparse.linalg import LinearOperator

from dualjit.errors import ShapeError, StructureError
from dualjit.frontend.dispatcher import Derivative
from dualjit.frontend.vectorized import as_function
from dualjit.numbers import blocks
from dualjit.transforms.arguments import signature_of
from dualjit.transforms.derivatives import Driver
from dualjit.transforms.forward import ForwardPass, carries, dual_copy, named, without_none
from dualjit.transforms.jvp import forward_of_primals, jvp
from dualjit.transforms.once import once_per_function
from dualjit.transforms.reverse import ReversePass
from dualjit.transforms.source import Writer
from dualjit.transforms.structure import check_output, children, is_list, is_tuple, leaves, pack, size_of
from dualjit.transforms.values import copied, count, leaf_values, mapped_values
from dualjit.transforms.vjp import Pullback, active_parts, reverse_of_primals

LANES = 16


def linearize(f: Callable, *primals) -> tuple:
    """Value of ``f`` at a point and its derivative there as a reusable linear map.

    Parameters
    ----------
    f : callable
        Python function, or function jitted with ``numba.njit``.
    *primals
        The point: floats, float arrays and tuples of these.

    Returns
    -------
    y : like the answer of ``f``
    J : LinearMap
        ``J(v)`` is ``J(x) @ v`` with tangents like the primals and an answer like ``y``; ``J @ V`` multiplies a
        matrix with n rows (all inputs, flattened in order), giving m rows.  ``J.T(u)`` and ``J.T @ U`` are the
        transposed map, by reverse mode; ``J1 @ J2.T`` is a matrix.  A ``scipy.sparse.linalg.LinearOperator``.

    Raises
    ------
    StructureError, ShapeError, DTypeError, UnsupportedError
        As :func:`jvp` does.

    Notes
    -----
    Cost: ``J(v)`` one pass, ``J @ V`` one pass for every 16 columns; ``J.T(u)`` and ``J.T @ U`` as many forward and
    reverse sweeps.  ``J1 @ J2.T`` for m rows of J2: ``ceil(m / 16)`` of each.  Memory never holds a Jacobian.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> y, J = dj.linearize(lambda x: x**2, np.array([1.0, 2.0, 3.0]))
    >>> J(np.array([1.0, 0.0, 1.0]))
    array([2., 0., 6.])
    >>> J @ np.eye(3)
    array([[2., 0., 0.],
           [0., 4., 0.],
           [0., 0., 6.]])
    """
    f = as_function(f)
    point = copied(primals)
    zeros = mapped_values(lambda x: np.zeros_like(x) if isinstance(x, np.ndarray) else 0.0, point)
    y = jvp(f, point, zeros)[0]
    return y, LinearMap(f, point, y)


class _Map(LinearOperator):
    """What a map and its transpose share: products of two of them, vectors as matrices of one column."""

    def __matmul__(self, other):
        return product(self, other) if isinstance(other, _Map) else super().__matmul__(other)

    def _matvec(self, column):
        return self._matmat(np.reshape(column, (-1, 1)))

    def _rmatvec(self, column):
        return self._rmatmat(np.reshape(column, (-1, 1)))


class LinearMap(_Map):
    """The derivative of a function at a point: ``J(v)``, ``J @ V``; shape ``(m, n)``, flattened."""

    def __init__(self, f: Callable, primals: tuple, y):
        self._f, self._primals, self._y = f, primals, y
        outputs = list(leaf_values(y))
        dtype = np.result_type(*outputs) if outputs else np.dtype(float)
        super().__init__(dtype, (count(y), count(primals)))

    def __call__(self, *tangents):
        """``J(x) @ tangents``: one tangent per primal, in its shape."""
        if len(tangents) != len(self._primals):
            raise ShapeError(
                f"J was given {len(tangents)} tangents, expected {len(self._primals)}, one per primal: "
                "call J(*tangents)"
            )
        return jvp(self._f, self._primals, tangents)[1]

    def _matmat(self, columns):
        columns = np.ascontiguousarray(columns, dtype=self.dtype)
        return _driver(self._f)(self._primals, columns)

    def _transpose(self):
        return TransposedMap(self)

    _adjoint = _transpose  # real

    def _rmatmat(self, columns):
        columns = np.ascontiguousarray(columns, dtype=self.dtype)
        return _transposed_driver(self._f)(self._primals, self._y, columns)


class TransposedMap(_Map):
    """The transposed derivative of a function at a point: ``J.T(u)``, ``J.T @ U``; shape ``(n, m)``."""

    def __init__(self, original: LinearMap):
        self._original = original
        super().__init__(original.dtype, original.shape[::-1])

    def __call__(self, cotangent):
        """``u @ J(x)`` for a cotangent like the answer: like the primal, a tuple where there are several."""
        original = self._original
        bars = Pullback(original._f, original._primals, original._y)(cotangent)
        return bars[0] if len(bars) == 1 else bars

    def _matmat(self, columns):
        return self._original._rmatmat(columns)

    def _transpose(self):
        return self._original

    _adjoint = _transpose

    def _rmatmat(self, columns):
        return self._original._matmat(columns)


def product(a, b) -> np.ndarray:
    """The product of two maps as a matrix, some columns at a time."""
    if a.shape[1] != b.shape[0]:
        raise ShapeError("the right factor", b.shape, (a.shape[1], "any number"))
    columns = b.shape[1]
    answer = np.empty((a.shape[0], columns), np.result_type(a.dtype, b.dtype))
    for first in range(0, columns, LANES):
        last = min(first + LANES, columns)
        units = np.zeros((columns, last - first))
        units[first:last] = np.eye(last - first)
        answer[:, first:last] = a.matmat(b.matmat(units))
    return answer


@once_per_function
def _driver(f: Callable) -> Derivative:
    """The dispatcher ``(primals, V) -> J @ V`` of ``f``."""
    return _Body(f, "pushforward", ("primals", "columns")).derivative(_driver, f)


@once_per_function
def _transposed_driver(f: Callable) -> Derivative:
    """The dispatcher ``(primals, y, U) -> J.T @ U`` of ``f``, ``y`` being of the shapes of the answer."""
    return _TransposedBody(f, "pullback", ("primals", "y", "columns")).derivative(_transposed_driver, f)


class _TransposedBody(Driver):
    """Writes the driver: rows of U are the partials of the answer's cotangent, 16 columns in one sweep."""

    def __call__(self, argtypes: tuple) -> Callable:
        primals, y, columns = argtypes
        reverse = reverse_of_primals(self.f, primals)
        w = Writer()
        self.write(w, reverse, y, columns)
        return self.function(w)

    def write(self, w: Writer, reverse: ReversePass, y: types.Type, columns: types.Array) -> None:
        reverse.check_aliases(w)
        kind = reverse.wide_zero(w, LANES)
        inputs = [pair for name, t in zip(reverse.names, reverse.given, strict=True) for pair in leaves(t, name)]
        w(f"_dj_n = {' + '.join(size_of(e, t) for e, t in inputs)}")
        w("_dj_k = columns.shape[1]")
        w(f"_dj_out = {w.bind('zeros', np.zeros)}((_dj_n, _dj_k), {w.bind('dtype', columns.dtype)})")
        w("_dj_c = 0")
        with w.block("while _dj_c < _dj_k:"):
            w("_dj_row = 0")
            active = set(active_parts(y, "y", reverse.return_type))
            seeds = [seed for e, t in leaves(y, "y") for seed in [self.seed(w, e, t, kind)] if e in active]
            shadows = reverse.shadows(w, kind)
            answer = reverse.call(w, shadows, seeds, kind)
            bars = reverse.gradients(w, shadows, answer, 0)
            w("_dj_row = 0")
            for i, t in enumerate(reverse.given):
                for part, leaf in leaves(t, bars[i]):
                    _store(w, part, leaf)
            w(f"_dj_c += {LANES}")
        w("return _dj_out")

    def seed(self, w: Writer, expr: str, t: types.Type, kind: str) -> str:
        """Columns of U as the cotangent of a part of the answer."""
        one = not isinstance(t, types.Array)
        bar = named(w, "seed", f"{w.bind('full', np.full)}({'1' if one else f'{expr}.shape'}, {kind})")
        return _load(w, bar, one)


class _Body(Driver):
    """Writes the driver: rows of V are the partials of the inputs, 16 columns in one pass."""

    def __call__(self, argtypes: tuple) -> Callable:
        primals, columns = argtypes
        for name, t in zip(signature_of(self.f).parameters, primals.types, strict=False):
            if any(is_list(leaf) for _, leaf in leaves(t, name)):
                raise StructureError(f"argument '{name}' holds a list: linearize takes numbers, arrays and tuples")
        forward = forward_of_primals(self.f, primals, LANES)
        check_output(forward.return_type, forward.name)
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
            y, answer_type = without_none(w, "_dj_answer", forward.return_type, forward.name)
            w(f"_dj_y = {y}")
            with w.block("if _dj_c == 0:"):
                w(f"_dj_m = {' + '.join(size_of(e, t) for e, t in leaves(answer_type, '_dj_y'))}")
                w(f"_dj_out = {w.bind('zeros', np.zeros)}((_dj_m, _dj_k), {w.bind('dtype', columns.dtype)})")
            w("_dj_row = 0")
            for expr, t in leaves(answer_type, "_dj_y"):
                _store(w, expr, t, carries(t, forward.level))
            w(f"_dj_c += {LANES}")
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
