"""Types of answers on float64 data, where asking Numba would mean compiling the function for its type alone.

One idea: a rule has the parameters of its row, gets Numba types and gives a type, or None for "ask Numba".  The tests
hold every rule to what Numba says.
"""

from __future__ import annotations

from collections.abc import Callable

from numba.core import types

from dualjit.rules.arrays import ArrayRow, array_rows

REAL = types.float64
_RULES: dict[str, Callable] = {}


def quick_type(row: ArrayRow, args, kws) -> types.Type | None:
    """The type of the answer for unmarked types, or None when there is no rule for these."""
    rule = _RULES.get(row.name)
    if rule is None:
        return None
    try:
        return rule(*map(types.unliteral, args), **{k: types.unliteral(t) for k, t in kws.items()})
    except TypeError:  # arguments that the row does not have: Numba says so better
        return None


def rule_for(*names: str):
    """Enter the decorated rule for these rows."""

    def enter(rule):
        for name in names:
            _RULES[array_rows()[name].name] = rule
        return rule

    return enter


def ruled() -> frozenset[str]:
    """Names of the rows that have a rule."""
    return frozenset(_RULES)


def is_real(*ts, layouts="CFA") -> bool:
    """Are all of these arrays of float64 in one of these orders?"""
    return all(isinstance(t, types.Array) and t.dtype == REAL and t.layout in layouts for t in ts)


def vector() -> types.Array:
    return types.Array(REAL, 1, "C")


def nothing(t) -> bool:
    return t is None or isinstance(t, types.NoneType)


@rule_for("sum")
def reduced(a, axis=None, dtype=None):
    if not (is_real(a) and nothing(dtype)):
        return None
    count = 1
    if isinstance(axis, types.UniTuple) and isinstance(axis.dtype, types.Integer):
        count = axis.count
    elif not isinstance(axis, types.Integer):
        return REAL if nothing(axis) else None
    return REAL if a.ndim <= count else types.Array(REAL, a.ndim - count, "C")


@rule_for("cumsum")
def accumulated(a, axis=None, dtype=None):
    if not (is_real(a) and nothing(dtype) and a.ndim):
        return None
    return types.Array(REAL, 1 if nothing(axis) else a.ndim, "C")


@rule_for("prod", "mean", "var", "std", "max", "min", "median", "nansum", "nanprod", "nanmean", "nanmedian")
def one_number(a):
    return REAL if is_real(a) and a.ndim else None


@rule_for("nanvar", "nanstd")
def spread(a, ddof=0):
    return one_number(a)


@rule_for("average")
def average(a, axis=None, weights=None):
    return REAL if is_real(a) and nothing(axis) and (nothing(weights) or is_real(weights)) else None


@rule_for("cumprod", "nancumsum", "nancumprod")
def accumulated_flat(a):
    return vector() if is_real(a) and a.ndim else None


@rule_for("percentile", "quantile", "nanpercentile", "nanquantile")
def quantile(a, q):
    if not is_real(a):
        return None
    return REAL if isinstance(q, types.Float) else vector() if is_real(q) and q.ndim == 1 else None


@rule_for("trace")
def trace(a, offset=0):
    return REAL if is_real(a) and a.ndim == 2 else None


@rule_for("trapezoid")
def integral(y, x=None, dx=1.0):
    return REAL if is_real(y) and y.ndim == 1 and (nothing(x) or is_real(x)) else None


@rule_for("dot")
def dot(a, b):
    if not is_real(a, b) or max(a.ndim, b.ndim) > 2:
        return None
    rank = a.ndim + b.ndim - 2
    return types.Array(REAL, rank, "C") if rank else REAL


@rule_for("vdot")
def vdot(left, right):
    return REAL if is_real(left, right) and left.ndim == right.ndim == 1 else None


@rule_for("outer")
def outer(a, b, out=None):
    return types.Array(REAL, 2, "C") if is_real(a, b) and nothing(out) and max(a.ndim, b.ndim) < 3 else None


@rule_for("kron")
def kron(a, b):
    return (
        types.Array(REAL, max(a.ndim, b.ndim), "C") if is_real(a, b, layouts="CF") and max(a.ndim, b.ndim) < 3 else None
    )


@rule_for("cross")
def cross(a, b):
    return types.Array(REAL, max(a.ndim, b.ndim), "C") if is_real(a, b) else None


@rule_for("convolve", "correlate")
def convolution(a, v, mode=None):
    return vector() if is_real(a, v) and a.ndim == v.ndim == 1 else None


@rule_for("vander")
def vander(x, N=None, increasing=False):
    return types.Array(REAL, 2, "C") if is_real(x) and x.ndim == 1 else None


def is_matrix(a, layouts="CFA") -> bool:
    return is_real(a, layouts=layouts) and a.ndim == 2


@rule_for("solve")
def solve(a, b):
    if not (is_matrix(a) and is_real(b)):
        return None
    return vector() if b.ndim == 1 else types.Array(REAL, 2, "F") if b.ndim == 2 else None


@rule_for("inv")
def inv(a):
    return types.Array(REAL, 2, "F") if is_matrix(a, "CF") else None


@rule_for("det")
def det(a):
    return REAL if is_matrix(a) else None


@rule_for("slogdet")
def slogdet(a):
    return types.UniTuple(REAL, 2) if is_matrix(a) else None


@rule_for("norm")
def norm(x, ord=None):
    fits = is_real(x) and x.ndim in (1, 2) and (nothing(ord) or isinstance(ord, types.Number))
    return REAL if fits else None


@rule_for("cholesky")
def cholesky(a):
    return types.Array(REAL, 2, "C") if is_matrix(a) else None


@rule_for("matrix_power")
def matrix_power(a, n):
    # Numba does not see that its loop always returns.
    return types.Optional(types.Array(REAL, 2, "C")) if is_matrix(a, "C") and isinstance(n, types.Integer) else None


@rule_for("eigh")
def eigh(a):
    return types.Tuple([vector(), types.Array(REAL, 2, "F")]) if is_matrix(a, "CF") else None


@rule_for("eigvalsh")
def eigvalsh(a):
    return vector() if is_matrix(a) else None


@rule_for("where")
def where(condition, x=None, y=None):
    if not isinstance(condition, types.Array) or condition.ndim == 0:
        return None
    if not all(t == REAL or is_real(t) for t in (x, y)):
        return None
    ranks = [t.ndim for t in (condition, x, y) if isinstance(t, types.Array)]
    layout = condition.layout
    if len(ranks) == 3 and not x.layout == y.layout == layout:
        layout = "A"
    return types.Array(REAL, max(ranks), "F" if layout == "F" and max(ranks) > 1 else "C")


@rule_for("clip")
def clip(a, a_min=None, a_max=None, out=None):
    bounds = [t for t in (a_min, a_max) if not nothing(t)]
    if not (is_real(a) and a.ndim and nothing(out) and bounds and all(t == REAL for t in bounds)):
        return None
    return a.copy(layout="C" if a.layout == "A" else a.layout, readonly=False)


@rule_for("sort", "diff")
def same_shape(a, n=1):
    return a.copy(layout="C", readonly=False) if is_real(a) and a.ndim else None


@rule_for("tril", "triu")
def triangle(m, k=0):
    return types.Array(REAL, m.ndim, "C") if is_real(m, layouts="C") and m.ndim > 1 else None


@rule_for("interp")
def interp(x, xp, fp):
    if not is_real(xp, fp) or xp.ndim != 1 or fp.ndim != 1:
        return None
    return REAL if x == REAL else types.Array(REAL, x.ndim, "C") if is_real(x) else None


@rule_for("extract")
def extract(condition, arr):
    return vector() if isinstance(condition, types.Array) and is_real(arr) else None


@rule_for("linspace")
def linspace(start, stop, num=50):
    return vector() if all(isinstance(t, types.Float | types.Integer) for t in (start, stop)) else None


@rule_for("full")
def full(shape, fill_value, dtype=None):
    if fill_value != REAL or not nothing(dtype):
        return None
    if isinstance(shape, types.Integer):
        return vector()
    return types.Array(REAL, shape.count, "C") if isinstance(shape, types.UniTuple) else None


def parts_of(t):
    """The arrays of a tuple, when all are of float64, else nothing."""
    return tuple(t) if isinstance(t, types.BaseTuple) and len(t) and is_real(*t) else ()


def joined(parts, rank) -> types.Array:
    return types.Array(REAL, rank, "F" if all(t.layout == "F" for t in parts) else "C")


@rule_for("concatenate")
def concatenate(arrays, axis=0):
    parts = parts_of(arrays)
    same_rank = parts and len({t.ndim for t in parts}) == 1 and parts[0].ndim
    return joined(parts, parts[0].ndim) if same_rank else None


@rule_for("stack")
def stack(arrays, axis=0):
    parts = parts_of(arrays)
    return joined(parts, parts[0].ndim + 1) if parts and len({t.ndim for t in parts}) == 1 else None


@rule_for("hstack")
def hstack(tup):
    return concatenate(tup)


@rule_for("vstack")
def vstack(tup):
    parts = parts_of(tup)
    return (
        joined(parts, max(2, parts[0].ndim)) if parts and len({t.ndim for t in parts}) == 1 and parts[0].ndim else None
    )


@rule_for("column_stack")
def column_stack(tup):
    parts = parts_of(tup)
    return joined(parts, 2) if parts and all(t.ndim in (1, 2) for t in parts) else None
