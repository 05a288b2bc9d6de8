"""Pullbacks of functions that give elements another place."""

import numpy as np
import pytest

import dualjit.adjoint.pullbacks.shapes  # noqa: F401
from tests.adjoint.pullbacks.differences import judge_variant
from tests.adjoint.pullbacks.judge import Case, judge

RNG = np.random.default_rng(12)
X, Y = RNG.standard_normal(5), RNG.standard_normal(2)
A, S = RNG.standard_normal((3, 4)), RNG.standard_normal((3, 3))
F = np.asfortranarray(A)
T = RNG.standard_normal((2, 2, 3))
COUNTS = np.array([2, 0, 1, 3, 1])
GONE = np.array([0, -2])


CASES = [
    Case("flatten", lambda a: a.flatten(), {"a": F}),
    Case("item", lambda a: a.item(), {"a": A[:1, :1].copy()}),
    Case("roll", lambda a: np.roll(a, 2), {"a": X}, given={"shift": 2}),
    Case("repeat", lambda a, repeats: np.repeat(a, repeats), {"a": X, "repeats": COUNTS}),
    Case("resize", lambda a: np.resize(a, (3, 4)), {"a": X}, given={"new_shape": (3, 4)}),
    Case("diag", lambda v: np.diag(v, 1), {"v": A}, given={"k": 1}),
    Case("diagflat", lambda v: np.diagflat(v, -1), {"v": Y}, given={"k": -1}),
    Case("tril", lambda m: np.tril(m, -1), {"m": A}, given={"k": -1}),
    Case("triu", lambda m: np.triu(m, -1), {"m": F}, given={"k": -1}),
    Case("delete", lambda arr: np.delete(arr, -2), {"arr": X}, given={"obj": -2}),
    Case("diff", lambda a: np.diff(a, 2), {"a": X}, given={"n": 2}),
    Case("ediff1d", lambda a, e, b: np.ediff1d(a, e, b), {"ary": X, "to_end": 0.5, "to_begin": Y}, second=False),
]
VARIANTS = [
    Case("flatten", lambda a: a.flatten(), {"a": X}),
    Case("item", lambda a: a.item(), {"a": X[:1]}),
    Case("roll", lambda a: np.roll(a, -8), {"a": X}, given={"shift": -8}),
    Case("roll", lambda a: np.roll(a, 1), {"a": F}, given={"shift": 1}),
    Case("repeat", lambda a: np.repeat(a, 3), {"a": X}, given={"repeats": 3}),
    Case("repeat", lambda a: np.repeat(a, 2), {"a": 0.5}, given={"repeats": 2}),
    Case("repeat", lambda a: np.repeat(a, 0), {"a": A}, given={"repeats": 0}),
    Case("resize", lambda a: np.resize(a, 3), {"a": F}, given={"new_shape": 3}),
    *(Case("diag", lambda v, k=k: np.diag(v, k), {"v": Y}, given={"k": k}) for k in (0, 2, -1)),
    *(Case("diag", lambda v, k=k: np.diag(v, k), {"v": A}, given={"k": k}) for k in (0, 3, -1, 5)),
    Case("diagflat", lambda v: np.diagflat(v), {"v": S}),
    *(Case("tril", lambda m, k=k: np.tril(m, k), {"m": A}, given={"k": k}) for k in (0, 2)),
    *(Case("triu", lambda m, k=k: np.triu(m, k), {"m": F}, given={"k": k}) for k in (0, -5, 2)),
    Case("tril", lambda m: np.tril(m, -1), {"m": X}, given={"k": -1}),
    Case("triu", lambda m: np.triu(m, 1), {"m": X}, given={"k": 1}),
    Case("tril", lambda m: np.tril(m), {"m": T}),
    Case("triu", lambda m: np.triu(m), {"m": T}),
    Case("delete", lambda arr: np.delete(arr, slice(1, 9, 2)), {"arr": A}, given={"obj": slice(1, 9, 2)}),
    Case("delete", lambda arr, obj: np.delete(arr, obj), {"arr": X, "obj": GONE}),
    Case("delete", lambda arr: np.delete(arr, [0, 2]), {"arr": X}, given={"obj": [0, 2]}),
    *(Case("diff", lambda a, n=n: np.diff(a, n), {"a": X}, given={"n": n}) for n in (0, 1, 3, 6)),
    Case("diff", lambda a: np.diff(a), {"a": A}),
    Case("ediff1d", lambda ary: np.ediff1d(ary), {"ary": X}),
    Case("ediff1d", lambda ary: np.ediff1d(ary), {"ary": X[:1]}),
    Case("ediff1d", lambda a, e, b: np.ediff1d(a, e, b), {"ary": A, "to_end": Y, "to_begin": Y}, "ary"),
    Case("ediff1d", lambda a, e, b: np.ediff1d(a, e, b), {"ary": X, "to_end": Y, "to_begin": 0.5}, "to_end to_begin"),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_shapes(case):
    judge(case)


@pytest.mark.parametrize("case", VARIANTS, ids=str)
def test_variants(case):
    judge_variant(case)
