"""Products and linear systems of complex arrays with derivatives.

One idea: BLAS and LAPACK give the values; dual arithmetic gives the derivatives.  A system's solution is corrected by
``inverse @ (b - a @ x)`` in dual arithmetic, once for each level: tangents are nilpotent, so every correction makes one
more order exact.

Source: Griewank & Walther, Evaluating Derivatives, 2nd ed., section 15.2 (implicit functions by Newton's method).
"""

from __future__ import annotations

import numpy as np
from numba.core import types
from numba.extending import register_jitable

from dualjit.numbers.arrays import products
from dualjit.numbers.arrays.levels import is_none, meet, primals, with_primal
from dualjit.numbers.arrays.registry import implements_complex
from dualjit.numbers.lifting import lifted


@register_jitable
def with_values(x, v):
    """Replace the innermost values of an array of duals, in place."""
    for i, u in np.ndenumerate(v):
        x[i] = with_value(x[i], u)
    return x


@register_jitable
def with_value(z, v):
    """The complex number with another innermost value and the same partials."""
    return complex(with_primal(z.real, v.real), with_primal(z.imag, v.imag))


@implements_complex(np.dot)
def dot(a, b, out=None):
    if not (isinstance(a, types.Array) and isinstance(b, types.Array)):
        return None
    if not is_none(out):
        return products.into_output
    marked, loops = meet(a, b), products.LOOPS[a.ndim, b.ndim]
    replaced = with_value if a.ndim == b.ndim == 1 else with_values
    return lambda a, b, out=None: replaced(loops(a, b, marked), np.dot(primals(a), primals(b)))


@implements_complex(np.vdot)
def vdot(left, right):
    if left.ndim != 1 or right.ndim != 1:
        return None
    marked = meet(left, right)

    def impl(left, right):
        product = products.vector_vector(np.conjugate(left), right, marked)
        return with_value(product, np.vdot(primals(left), primals(right)))

    return impl


def corrections(b, marked):
    """A function of ``a, b, x, inverse`` that gives the values ``x``, which solve ``a @ x = b``, their derivatives."""
    orders, product = len(marked.part.lanes), products.LOOPS[2, b.ndim]

    def solution(a, b, x, inverse):
        answer = lifted(x, marked)
        for _ in range(orders):
            residual = product(a, answer, marked)
            for i, r in np.ndenumerate(residual):
                residual[i] = b[i] - r
            for i, change in np.ndenumerate(product(inverse, residual, marked)):
                answer[i] = answer[i] + change
        return with_values(answer, x)

    return register_jitable(solution)


@implements_complex(np.linalg.solve)
def solve(a, b):
    solution = corrections(b, meet(a, b))

    def impl(a, b):
        matrix = primals(a)
        return solution(a, b, np.linalg.solve(matrix, primals(b)), np.linalg.inv(matrix))

    return impl


@implements_complex(np.linalg.inv)
def inv(a):
    solution = corrections(a, a.dtype)

    def impl(a):
        inverse = np.linalg.inv(primals(a))
        return solution(a, np.eye(a.shape[0]), inverse, inverse)

    return impl
