"""``linearize``: the derivative at a point as a linear map, with no Jacobian in memory."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import typeof
from scipy.sparse.linalg import LinearOperator

from dualjit.errors import ShapeError
from dualjit.frontend.vectorized import as_function
from dualjit.transforms.jvp import jvp
from dualjit.transforms.matrices import WIDTHS, lanes_for, outer_product, pullback, pushforward
from dualjit.transforms.values import copied, count, leaf_values, mapped_values
from dualjit.transforms.vjp import Pullback

COLUMNS = WIDTHS[-1]


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
    reverse sweeps.  ``J1 @ J2.T`` for m rows of J2: ``ceil(m / 16)`` of each, in one compiled call.  Memory never holds
    a Jacobian, but 1, 8 or 16 rows or columns of it.

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

    def __matmul__(self, other):
        right = other._original if isinstance(other, TransposedMap) else None
        if right is None or not alike(self._primals, right._primals):
            return super().__matmul__(other)
        run = outer_product(self._f, right._f, lanes_for(right.shape[0]))
        return run(self._primals, right._primals, right._y)

    def _matmat(self, columns):
        columns = np.ascontiguousarray(columns, dtype=self.dtype)
        return pushforward(self._f, lanes_for(columns.shape[1]))(self._primals, columns)

    def _transpose(self):
        return TransposedMap(self)

    _adjoint = _transpose  # real

    def _rmatmat(self, columns):
        columns = np.ascontiguousarray(columns, dtype=self.dtype)
        return pullback(self._f, lanes_for(columns.shape[1]))(self._primals, self._y, columns)


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


def alike(a: tuple, b: tuple) -> bool:
    """Are two points of one structure, shape and precision?"""
    if typeof(a) != typeof(b):
        return False
    leaves = [
        (np.shape(x), np.shape(y), np.result_type(x)) for x, y in zip(leaf_values(a), leaf_values(b), strict=True)
    ]
    return all(p == q for p, q, _ in leaves) and len({t for *_, t in leaves}) == 1


def product(a, b) -> np.ndarray:
    """The product of two maps as a matrix, some columns at a time."""
    if a.shape[1] != b.shape[0]:
        raise ShapeError("the right factor", b.shape, (a.shape[1], "any number"))
    columns = b.shape[1]
    answer = np.empty((a.shape[0], columns), np.result_type(a.dtype, b.dtype))
    for first in range(0, columns, COLUMNS):
        last = min(first + COLUMNS, columns)
        units = np.zeros((columns, last - first))
        units[first:last] = np.eye(last - first)
        answer[:, first:last] = a.matmat(b.matmat(units))
    return answer
