"""Pullbacks of functions that join arrays."""

import numpy as np
import pytest

import dualjit.adjoint.pullbacks.joining  # noqa: F401
from tests.adjoint.pullbacks.differences import judge_variant
from tests.adjoint.pullbacks.judge import Case, judge

RNG = np.random.default_rng(11)
X, Y, Z = RNG.standard_normal(3), RNG.standard_normal(2), RNG.standard_normal(3)
V, W = RNG.standard_normal(3), RNG.standard_normal(2)
A, B = RNG.standard_normal((2, 3)), RNG.standard_normal((1, 3))
F = np.asfortranarray(RNG.standard_normal((2, 3)))
T, U = RNG.standard_normal((2, 2, 2)), RNG.standard_normal((2, 1, 2))
N, M = np.array(0.5), np.array(-0.25)
INDICES = np.array([2, 0, -1])


def concatenate(arrays):
    return np.concatenate(arrays)


def append(arr, values):
    return np.append(arr, values)


def insert(arr, obj, values):
    return np.insert(arr, obj, values)


# Values are looked at for their shapes alone.
CASES = [
    Case("concatenate", concatenate, {"arrays": (X, Y, Z)}, "arrays_0 arrays_2", second=False),
    Case("stack", lambda arrays: np.stack(arrays, axis=-1), {"arrays": (X, Z)}, given={"axis": -1}),
    Case("hstack", lambda tup: np.hstack(tup), {"tup": (A, F)}, second=False),
    Case("vstack", lambda tup: np.vstack(tup), {"tup": (X, Z, V)}, "tup_1", second=False),
    Case("dstack", lambda tup: np.dstack(tup), {"tup": (A, F)}, second=False),
    Case("column_stack", lambda tup: np.column_stack(tup), {"tup": (Y, A, W)}, "tup_0 tup_2", second=False),
    Case("append", append, {"arr": X, "values": 2.0}),
    Case("insert", insert, {"arr": X, "obj": INDICES, "values": Z}),
]
VARIANTS = [
    Case("concatenate", concatenate, {"arrays": (X, Y, Z)}, "arrays_1"),
    Case("concatenate", concatenate, {"arrays": (A, B, F)}, "arrays_1 arrays_2"),
    Case("concatenate", lambda arrays: np.concatenate(arrays, axis=-1), {"arrays": (A, F)}, given={"axis": -1}),
    Case("concatenate", lambda arrays: np.concatenate(arrays, axis=1), {"arrays": (T, U)}, given={"axis": 1}),
    Case("stack", lambda arrays: np.stack(arrays), {"arrays": (X, Z, V)}, "arrays_0 arrays_2"),
    Case("stack", lambda arrays: np.stack(arrays, axis=1), {"arrays": (F, A)}, given={"axis": 1}),
    Case("hstack", lambda tup: np.hstack(tup), {"tup": (X, Y)}),
    Case("hstack", lambda tup: np.hstack(tup), {"tup": (N, M)}),
    Case("vstack", lambda tup: np.vstack(tup), {"tup": (A, B)}),
    Case("vstack", lambda tup: np.vstack(tup), {"tup": (N, M)}),
    Case("dstack", lambda tup: np.dstack(tup), {"tup": (X, Z)}),
    Case("append", append, {"arr": F, "values": X}),
    Case("append", append, {"arr": X, "values": Y}, "values"),
    Case("append", lambda arr, values: np.append(arr, values, 1), {"arr": A, "values": F}, given={"axis": 1}),
    Case("insert", lambda arr, values: np.insert(arr, -1, values), {"arr": X, "values": 2.0}, given={"obj": -1}),
    Case("insert", lambda arr, values: np.insert(arr, 1, values), {"arr": X, "values": Y}, "values", given={"obj": 1}),
    Case("insert", insert, {"arr": F, "obj": INDICES, "values": 1.5}),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_joining(case):
    judge(case)


@pytest.mark.parametrize("case", VARIANTS, ids=str)
def test_variants(case):
    judge_variant(case)
