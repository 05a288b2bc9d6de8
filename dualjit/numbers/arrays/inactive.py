"""Functions whose answers carry no derivative, on arrays of duals: the primal's function of the primal's values."""

from __future__ import annotations

import operator

import numpy as np
from numba.core import types

from dualjit.numbers.arrays.levels import is_none, primals
from dualjit.numbers.arrays.registry import implements

# One argument, which is looked at.
_UNARY = {
    np.all: lambda a: np.all(primals(a)),
    np.any: lambda a: np.any(primals(a)),
    np.argwhere: lambda a: np.argwhere(primals(a)),
    np.nonzero: lambda a: np.nonzero(primals(a)),
    np.flatnonzero: lambda a: np.flatnonzero(primals(a)),
    np.iscomplex: lambda x: np.iscomplex(primals(x)),
    np.isreal: lambda x: np.isreal(primals(x)),
    np.iscomplexobj: lambda x: False,
    np.isrealobj: lambda x: True,
    np.isscalar: lambda element: np.isscalar(primals(element)),
}
# What Numba gives positional arguments alone, with the defaults of the row.
_OTHERS = {
    np.count_nonzero: lambda a, axis: np.count_nonzero(primals(a), axis),
    np.argmax: lambda a, axis: np.argmax(primals(a), axis),
    np.argmin: lambda a, axis: np.argmin(primals(a), axis),
    np.nanargmax: lambda a, axis: np.nanargmax(primals(a), axis),
    np.nanargmin: lambda a, axis: np.nanargmin(primals(a), axis),
    np.allclose: lambda a, b, rtol, atol, equal_nan: np.allclose(primals(a), primals(b), rtol, atol, equal_nan),
    np.isclose: lambda a, b, rtol, atol, equal_nan: np.isclose(primals(a), primals(b), rtol, atol, equal_nan),
    np.array_equal: lambda a1, a2: np.array_equal(primals(a1), primals(a2)),
    np.argpartition: lambda a, kth: np.argpartition(primals(a), kth),
    np.digitize: lambda x, bins, right: np.digitize(primals(x), primals(bins), right),
    np.isin: lambda element, test_elements, assume_unique, invert: np.isin(
        primals(element), primals(test_elements), assume_unique, invert
    ),
    np.linalg.matrix_rank: lambda A, tol: np.linalg.matrix_rank(primals(A), primals(tol)),
    np.tril_indices_from: lambda arr, k: np.tril_indices_from(arr, k),
    np.triu_indices_from: lambda arr, k: np.triu_indices_from(arr, k),
}


def constant(implementation):
    """A builder that gives this implementation for all types."""
    return lambda *ts: implementation


for _function, _implementation in {**_UNARY, **_OTHERS}.items():
    implements(_function)(constant(_implementation))


@implements(np.argsort)
def argsort(a, kind="quicksort"):
    if chosen(kind, "quicksort") == "quicksort":
        return lambda a, kind="quicksort": np.argsort(primals(a))
    return lambda a, kind="quicksort": np.argsort(primals(a), kind="mergesort")


@implements(np.searchsorted)
def searchsorted(a, v, side="left"):
    if chosen(side, "left") == "left":
        return lambda a, v, side="left": np.searchsorted(primals(a), primals(v))
    return lambda a, v, side="left": np.searchsorted(primals(a), primals(v), side="right")


def chosen(t, default):
    """The value of a string that has to be known when code is compiled."""
    return t.literal_value if isinstance(t, types.StringLiteral) else default


@implements(np.around)
def around(a, decimals=0, out=None):
    if is_none(out):
        return lambda a, decimals=0, out=None: np.around(primals(a), decimals)

    def impl(a, decimals=0, out=None):
        if a.shape != out.shape:
            raise ValueError("invalid output shape")
        rounded = np.around(primals(a), decimals)
        for i, v in np.ndenumerate(rounded):
            out[i] = v
        return out

    return impl


@implements(np.isneginf)
def isneginf(x, out=None):
    return (lambda x, out=None: np.isneginf(primals(x))) if is_none(out) else None


@implements(np.isposinf)
def isposinf(x, out=None):
    return (lambda x, out=None: np.isposinf(primals(x))) if is_none(out) else None


@implements(operator.contains)
def contains(container, item):
    if isinstance(container, types.BaseTuple):
        found = " or ".join(f"wanted == primals(container[{i}])" for i in range(len(container.types))) or "False"
        namespace = {"primals": primals}
        exec(f"def impl(container, item):\n    wanted = primals(item)\n    return {found}\n", namespace)
        return namespace["impl"]

    def impl(container, item):
        wanted = primals(item)
        for member in container:  # noqa: SIM110 (any() of a generator is unknown to Numba)
            if primals(member) == wanted:
                return True
        return False

    return impl if isinstance(container, (types.Sequence, types.Array)) else None
