"""Products of vectors and matrices.

One idea: a product is bilinear, so its derivative is two products.  The values are the primal's own product, one level
down.  The partials of a product with an array without derivatives are one matrix product on the floats of the duals, of
any nesting, where there is enough work for it; else the product is computed in dual arithmetic, and only its partials
are kept.
"""

from __future__ import annotations

import numpy as np
from numba.core import types
from numba.extending import overload, register_jitable

from dualjit.numbers.arrays.levels import below, element, is_none, meet, on_top, same, with_value, with_values
from dualjit.numbers.arrays.registry import implements
from dualjit.numbers.intrinsics import as_duals, as_floats, floats_in, lift
from dualjit.numbers.types import Marked
from dualjit.rules.arrays import linear, making

dot_of, asarray = linear.dot, making.asarray

# Multiplications of floats above which a call of BLAS pays (measured with 8 and 16 partials: for two matrices from
# about 50000, for a matrix and a vector from about 130000).
BLAS_PAYS = 100_000


@implements(np.dot)
def dot(a, b, out=None):
    if not (isinstance(a, types.Array) and isinstance(b, types.Array)):
        return None
    if not is_none(out):
        return into_output
    marked = meet(a, b)
    loops = LOOPS[a.ndim, b.ndim]
    down_a, down_b = below(a, marked), below(b, marked)
    if (a.ndim, b.ndim) == (1, 1):
        return lambda a, b, out=None: with_value(loops(a, b, marked), dot_of(down_a(a), down_b(b)))
    if not isinstance(marked.base, types.Float) and all(isinstance(element(t), Marked) for t in (a, b)):
        return lambda a, b, out=None: with_values(loops(a, b, marked), dot_of(down_a(a), down_b(b)))
    add_left, right, width = left_term(a, b, marked), right_term(a, b, marked), floats_in(marked)

    def impl(a, b, out=None):
        value = dot_of(down_a(a), down_b(b))
        if value.size * b.shape[0] * width < BLAS_PAYS:
            return with_values(loops(a, b, marked), value)
        floats = right(a, b, value)
        add_left(a, b, floats)
        answer = as_duals(floats.reshape(value.size, width), marked).reshape(value.shape)
        return with_values(answer, value)

    return impl


def into_output(a, b, out=None):
    answer = dot_of(a, b)
    if out.shape != answer.shape:
        raise ValueError("incompatible output array size for np.dot(a, b, out)")
    out[...] = answer
    return out


@implements(np.vdot)
def vdot(left, right):
    if left.ndim != 1 or right.ndim != 1:
        return None
    return lambda left, right: dot_of(left, right)


@register_jitable
def vector_vector(a, b, marked):
    s = lift(0.0, marked)
    for k in range(a.size):
        s = s + a[k] * b[k]
    return s


@register_jitable
def matrix_vector(a, b, marked):
    answer = np.empty(a.shape[0], marked)
    for i in range(a.shape[0]):
        answer[i] = vector_vector(a[i], b, marked)
    return answer


@register_jitable
def vector_matrix(a, b, marked):
    answer = np.empty(b.shape[1], marked)
    for j in range(b.shape[1]):
        answer[j] = vector_vector(a, b[:, j], marked)
    return answer


@register_jitable
def matrix_matrix(a, b, marked):
    answer = np.empty((a.shape[0], b.shape[1]), marked)
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            answer[i, j] = vector_vector(a[i], b[:, j], marked)
    return answer


LOOPS = {(1, 1): vector_vector, (2, 1): matrix_vector, (1, 2): vector_matrix, (2, 2): matrix_matrix}


def right_term(a, b, marked):
    """Floats of ``value of a @ b (with partials)``, as a matrix: one product with the partials as more columns."""
    width = floats_in(marked)
    if not on_top(b, marked):
        scalar = marked.scalar

        def zeros(a, b, value):
            rows = a.size // b.shape[0]
            return np.zeros((rows, value.size // rows * width), scalar)

        return register_jitable(zeros)
    down = below(a, marked)

    def term(a, b, value):
        floats = as_floats(np.ascontiguousarray(b))
        return np.dot(as_rows(np.ascontiguousarray(down(a))), floats.reshape(b.shape[0], floats.size // b.shape[0]))

    return register_jitable(term)


def left_term(a, b, marked):
    """Adds the floats of ``a (with partials) @ value of b``, one row of ``a`` at a time."""
    if not on_top(a, marked):
        return nothing
    down = below(b, marked)

    def term(a, b, floats):
        rows = as_rows(np.ascontiguousarray(a))
        columns = as_rows(np.ascontiguousarray(down(b).T))
        for i in range(rows.shape[0]):
            change = np.dot(columns, as_floats(rows[i]))
            row = floats[i]
            for k, v in enumerate(change.flat):
                row[k] += v

    return register_jitable(term)


@register_jitable
def nothing(a, b, floats):
    pass


def as_rows(x):
    """A matrix; a vector is one row."""
    raise NotImplementedError("compiled code only")


@overload(as_rows)
def _as_rows(x):
    return (lambda x: x.reshape(1, x.size)) if x.ndim == 1 else (lambda x: x)


@implements(np.outer)
def outer(a, b, out=None):
    marked = meet(a, b)
    target = given if not is_none(out) else fresh

    def impl(a, b, out=None):
        u, v = np.ravel(asarray(a)), np.ravel(asarray(b))
        answer = target(out, u.size, v.size, marked)
        for i in range(u.size):
            for j in range(v.size):
                answer[i, j] = u[i] * v[j]
        return answer

    return impl


@register_jitable
def fresh(out, rows, columns, marked):
    return np.empty((rows, columns), marked)


@register_jitable
def given(out, rows, columns, marked):
    if out.shape != (rows, columns):
        raise ValueError("outer: the 'out' array does not have the shape of the result")
    return out


@implements(np.kron)
def kron(a, b):
    marked = meet(a, b)
    if not (isinstance(a, types.Array) and isinstance(b, types.Array)):
        return lambda a, b: a * b
    flattened = same if max(a.ndim, b.ndim) == 2 else register_jitable(lambda x: x.reshape(x.size))

    def impl(a, b):
        u, v = np.atleast_2d(a), np.atleast_2d(b)
        m, n = v.shape
        answer = np.empty((u.shape[0] * m, u.shape[1] * n), marked)
        for (i, j), x in np.ndenumerate(u):
            for (k, l), y in np.ndenumerate(v):
                answer[i * m + k, j * n + l] = x * y
        return flattened(answer)

    return impl


@implements(np.cross)
def cross(a, b):
    marked = meet(a, b)

    def impl(a, b):
        u, v = asarray(a), asarray(b)
        if u.shape[-1] not in (2, 3) or v.shape[-1] not in (2, 3) or u.shape[-1] + v.shape[-1] == 4:
            raise ValueError("np.cross takes vectors of three components, or one of two and one of three")
        shape = np.broadcast_shapes(u.shape[:-1], v.shape[:-1])
        answer = np.empty(shape + (3,), marked)  # noqa: RUF005 (compiled)
        x, y = np.broadcast_to(u, shape + u.shape[-1:]), np.broadcast_to(v, shape + v.shape[-1:])
        for i in np.ndindex(shape):
            cross_of(x[i], y[i], answer[i])
        return answer

    return impl


@register_jitable
def cross_of(a, b, out):
    """Cross product of two vectors; a third component that is missing is zero times the first."""
    a2 = a[2] if a.size == 3 else a[0] * 0.0
    b2 = b[2] if b.size == 3 else b[0] * 0.0
    out[0] = a[1] * b2 - a2 * b[1]
    out[1] = a2 * b[0] - a[0] * b2
    out[2] = a[0] * b[1] - a[1] * b[0]
