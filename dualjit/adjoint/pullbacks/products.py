"""Pullbacks of products of vectors and matrices.

One idea: a product is bilinear, so the cotangent of one factor is a product of the answer's cotangent with the other.
Products of two matrices go to BLAS; the outer products that give the cotangent of a matrix are added in place.

Source: Giles 2008, 2.2.1: A_bar = C_bar B', B_bar = A' C_bar.
"""

from __future__ import annotations

import numpy as np
from numba.extending import overload

from dualjit.adjoint.pullbacks.registry import inner, pullback
from dualjit.numbers.types import has_complex


@pullback("dot", a="b", b="a")
def dot(a, b, y_bar, a_bar, b_bar):
    if a_bar is not None:
        if b.ndim == 1:
            if a_bar.ndim == 1:
                add_multiple(a_bar, y_bar, b)
            else:
                add_outer(a_bar, y_bar, b)
        elif a_bar.ndim == 1:
            add(a_bar, np.dot(b, y_bar))
        else:
            add(a_bar, np.dot(y_bar, b.T))
    if b_bar is not None:
        if a.ndim == 1:
            if b_bar.ndim == 1:
                add_multiple(b_bar, y_bar, a)
            else:
                add_outer(b_bar, a, y_bar)
        else:
            add(b_bar, np.dot(a.T, y_bar))


@pullback("vdot", left="right", right="left")
def vdot(left, right, y_bar, left_bar, right_bar):
    """Of complex vectors, which come conjugated, the left one is conjugated."""
    if left_bar is not None:
        add_multiple(left_bar, conjugate(y_bar), conjugate(right))
    if right_bar is not None:
        add_multiple(right_bar, y_bar, conjugate(left))


def conjugate(z):
    """The conjugate; reals as they are, not copied."""
    raise NotImplementedError("compiled code")


@overload(conjugate)
def _conjugate(z):
    if has_complex(z):
        return lambda z: np.conjugate(z)
    return lambda z: z


@inner
def add(x_bar, change):
    """Apart, for Numba resolves ``is None`` and ``ndim`` of an argument only where that isn't assigned to."""
    x_bar += change


@inner
def add_multiple(x_bar, factor, v):
    for i in range(v.size):
        x_bar[i] += factor * v[i]


@inner
def add_outer(m_bar, u, v):
    """Add ``u v'``, along the memory of the shadow."""
    if m_bar.flags.f_contiguous:
        add_rows(m_bar.T, v, u)
    else:
        add_rows(m_bar, u, v)


@inner
def add_rows(m_bar, u, v):
    for i in range(u.size):
        factor = u[i]
        for j in range(v.size):
            m_bar[i, j] += factor * v[j]


@pullback("outer", a="b", b="a")
def outer(a, b, y_bar, a_bar, b_bar):
    if a_bar is not None:
        add_matrix_vector(a_bar, y_bar, np.ravel(np.asarray(b)))
    if b_bar is not None:
        add_matrix_vector(b_bar, y_bar.T, np.ravel(np.asarray(a)))


@inner
def add_matrix_vector(x_bar, matrix, v):
    """Add ``matrix v`` to a shadow of any shape."""
    for i, at in enumerate(np.ndindex(x_bar.shape)):
        for k in range(v.size):
            x_bar[at] += matrix[i, k] * v[k]


@pullback("kron", a="b", b="a")
def kron(a, b, y_bar, a_bar, b_bar):
    blocks = np.atleast_2d(np.asarray(y_bar))
    if a_bar is not None:
        add_by_blocks(np.atleast_2d(a_bar), np.atleast_2d(np.asarray(b)), blocks)
    if b_bar is not None:
        add_sum_of_blocks(np.atleast_2d(b_bar), np.atleast_2d(np.asarray(a)), blocks)


@inner
def add_by_blocks(a_bar, b, blocks):
    """Each block, element by element times ``b``, belongs to one element of the left factor."""
    m, n = b.shape
    for i in range(a_bar.shape[0]):
        for j in range(a_bar.shape[1]):
            for k in range(m):
                for l in range(n):
                    a_bar[i, j] += blocks[i * m + k, j * n + l] * b[k, l]


@inner
def add_sum_of_blocks(b_bar, a, blocks):
    m, n = b_bar.shape
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            for k in range(m):
                for l in range(n):
                    b_bar[k, l] += blocks[i * m + k, j * n + l] * a[i, j]


@pullback("cross", a="b", b="a")
def cross(a, b, y_bar, a_bar, b_bar):
    if a_bar is not None:
        if y_bar.ndim == 1:
            add_cross(a_bar, np.asarray(b), y_bar, 1.0)
        else:
            add_crosses(a_bar, np.asarray(b), y_bar, 1.0)
    if b_bar is not None:
        if y_bar.ndim == 1:
            add_cross(b_bar, np.asarray(a), y_bar, -1.0)
        else:
            add_crosses(b_bar, np.asarray(a), y_bar, -1.0)


@inner
def add_crosses(x_bar, other, y_bar, sign):
    """Add ``sign * other x y_bar``, summed over what the shadow's operand was repeated for."""
    vectors, cotangents = as_rows(other), as_rows(y_bar)
    total = np.zeros((x_bar.size // x_bar.shape[-1], x_bar.shape[-1]))
    for k in range(cotangents.shape[0]):
        vector = vectors[row_before_repetition(k, y_bar.shape, other.shape)]
        add_cross(total[row_before_repetition(k, y_bar.shape, x_bar.shape)], vector, cotangents[k], sign)
    x_bar += total.reshape(x_bar.shape)


@inner
def as_rows(x):
    return np.ascontiguousarray(x).reshape(x.size // x.shape[-1], x.shape[-1])


@inner
def row_before_repetition(k, repeated, shape):
    """Which vector of an array of this shape is vector ``k`` of that array broadcast to the shape ``repeated``."""
    answer, step = 0, 1
    for d in range(2, len(shape) + 1):
        extent = repeated[len(repeated) - d]
        if shape[len(shape) - d] != 1:
            answer += k % extent * step
            step *= extent
        k //= extent
    return answer


@inner
def add_cross(x_bar, other, y_bar, sign):
    """Add ``sign * other x y_bar`` of two vectors; a third component that ``other`` lacks is zero."""
    x_bar[0] += sign * (other[1] * y_bar[2])
    x_bar[1] -= sign * (other[0] * y_bar[2])
    if other.size == 3:
        x_bar[0] -= sign * (other[2] * y_bar[1])
        x_bar[1] += sign * (other[2] * y_bar[0])
    if x_bar.size == 3:
        x_bar[2] += sign * (other[0] * y_bar[1] - other[1] * y_bar[0])
