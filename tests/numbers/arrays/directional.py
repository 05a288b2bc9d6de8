"""Runs one array expression three ways: primal, on duals through the stubs of its rows, and by differences.

An expression is Python source in which the names of rows stand for functions: ``"sum(x, axis=0)"``.  For the primal they are
Numba's own functions, for duals they are the rows' stubs.  All active inputs move along the same random directions, one for
each partial, so that one call checks every element of every partial derivative.
"""

from __future__ import annotations

import numpy as np
from numba import njit, types
from numba.extending import overload

import dualjit.numbers.typing  # noqa: F401
from dualjit.numbers.intrinsics import as_floats, from_partials, partial, primal
from dualjit.numbers.types import Dual
from dualjit.rules.arrays import array_rows

LANES = 4
INTERNAL = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def _method(name):
    scope = {}
    exec(f"def call(a, *args): return a.{name}(*args)", scope)
    return njit(scope["call"])


def primal_names():
    found = {}
    for row in array_rows().values():
        found[row.name] = row.functions[0] if row.functions else _method(row.methods[0])
    return found


def stub_names():
    return {row.name: row.stub for row in array_rows().values()}


def flat_parts(x):
    raise NotImplementedError


@overload(flat_parts)
def _flat_parts(x):
    """Values, then partials lane by lane."""
    if isinstance(x, Dual):

        def impl(x):
            answer = np.empty((1 + LANES, 1))
            answer[0, 0] = primal(x)
            for k in range(LANES):
                answer[1 + k, 0] = partial(x, k)
            return answer

    elif isinstance(x, types.Array) and isinstance(x.dtype, Dual):

        def impl(x):
            answer = np.empty((1 + LANES, x.size))
            for i, d in enumerate(x.flat):
                answer[0, i] = primal(d)
                for k in range(LANES):
                    answer[1 + k, i] = partial(d, k)
            return answer

    elif isinstance(x, types.BaseTuple):
        if len(x) == 1:
            return lambda x: flat_parts(x[0])
        return lambda x: np.hstack((flat_parts(x[0]), flat_parts(x[1:])))
    elif isinstance(x, types.Array):

        def impl(x):
            answer = np.zeros((1 + LANES, x.size))
            for i, d in enumerate(x.flat):
                answer[0, i] = d
            return answer

    else:

        def impl(x):
            answer = np.zeros((1 + LANES, 1))
            answer[0, 0] = x
            return answer

    return impl
