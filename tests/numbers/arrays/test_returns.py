"""The short rules for types say what Numba says, wherever they say anything."""

import re

import pytest
from numba import types
from numba.core.registry import cpu_target

from dualjit.numbers.arrays import returns
from dualjit.rules.arrays import array_rows

F, I = types.float64, types.intp


def arrays(*ranks, layouts="CFA"):
    return [types.Array(F, rank, layout) for rank in ranks for layout in layouts if rank > 1 or layout != "F"]


def pairs(first, second):
    return [(a, b) for a in first for b in second]


VECTOR, MATRIX = arrays(1, layouts="C")[0], arrays(2, layouts="C")[0]
V, M = arrays(1), arrays(2)
FEW = [V[0], M[0], M[1]]
MASKS = [t.copy(dtype=types.boolean) for t in (*V, *M)]
JOINED = [types.UniTuple(t, 2) for t in FEW] + [types.Tuple([M[0], M[1]])]

CASES = {
    "sum": [(t,) for t in FEW] + [(t, I) for t in FEW] + [(t, types.UniTuple(I, 2)) for t in arrays(2, 3, layouts="C")],
    "cumsum": [(t,) for t in FEW] + [(t, I) for t in FEW],
    **{
        name: [(VECTOR,), (M[1],)]
        for name in "prod mean var std max min median nansum nanprod nanmean nanmedian nanvar nanstd cumprod nancumsum "
        "nancumprod average".split()
    },
    **{name: [(VECTOR, F), (M[1], VECTOR)] for name in "percentile quantile nanpercentile nanquantile".split()},
    "trace": [(t,) for t in M],
    "trapezoid": [(VECTOR,), (V[1], VECTOR), (VECTOR, types.none, F)],
    "dot": pairs(FEW, FEW),
    "vdot": pairs(V[:1], V[:1]),
    "outer": pairs([V[1], M[1]], [V[0], M[2]]),
    "kron": pairs([VECTOR, *M[:2]], [VECTOR, *M[:2]]),
    "cross": pairs([V[1], M[0]], [V[0], M[1]]),
    "convolve": pairs(V[:1], V[:1]),
    "correlate": pairs(V[:1], V),
    "vander": [(VECTOR,), (VECTOR, I)],
    "solve": pairs(M[:2], FEW),
    **{name: [(t,) for t in M[:2]] for name in "inv det slogdet cholesky eigh eigvalsh".split()},
    "norm": [(t,) for t in FEW] + [(VECTOR, F), (MATRIX, I)],
    "matrix_power": [(t, I) for t in M],
    "where": [(c, x, y) for c in MASKS[1:] for x in (F, M[1]) for y in (F, M[0], M[1])],
    "clip": [(t, F, F) for t in (V[0], M[1], M[2])] + [(VECTOR, F, types.none), (VECTOR, types.none, F)],
    **{name: [(t,) for t in (*V, *M)] for name in ("sort",)},
    "diff": [(t,) for t in (VECTOR, MATRIX)],
    **{name: [(MATRIX,), (arrays(3)[0],)] for name in ("tril", "triu")},
    "interp": [(F, VECTOR, VECTOR), (MATRIX, VECTOR, V[1]), (VECTOR, V[1], VECTOR)],
    "extract": [(MASKS[0], VECTOR)],
    "linspace": [(F, F), (F, I, I)],
    "full": [(I, F), (types.UniTuple(I, 2), F)],
    "concatenate": [(t,) for t in JOINED] + [(t, I) for t in JOINED],
    **{name: [(t,) for t in JOINED] for name in "stack hstack vstack".split()},
    "column_stack": [(t,) for t in JOINED],
}


def test_every_rule_is_tested():
    assert set(CASES) == returns.ruled()


@pytest.mark.parametrize("name", CASES)
def test_rule_agrees_with_numba(name):
    context, row = cpu_target.typing_context, array_rows()[name]
    context.refresh()
    cpu_target.target_context.refresh()
    answered = 0
    for args in CASES[name]:
        quick = returns.quick_type(row, args, {})
        if quick is None:
            continue
        answered += 1
        found = context.resolve_function_type(context.resolve_value_type(row.functions[0]), args, {})
        assert quick == found.return_type, args
    assert answered


def test_rules_leave_other_data_to_numba():
    for t in (types.float32, types.int64, types.complex128, types.boolean):
        array = types.Array(t, 1, "C")
        assert returns.quick_type(array_rows()["sum"], (array,), {}) is None
        assert returns.quick_type(array_rows()["dot"], (array, array), {}) is None


def test_names_are_those_of_rows():
    assert all(re.fullmatch(r"\w+", name) and name in array_rows() for name in returns.ruled())
