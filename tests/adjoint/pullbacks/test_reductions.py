"""Pullbacks of sums and means."""

import numpy as np
import pytest

import dualjit.adjoint.pullbacks.reductions  # noqa: F401
from tests.adjoint.pullbacks.judge import Case, judge

RNG = np.random.default_rng(7)
X, W, A, T = RNG.standard_normal(4), RNG.random(4), RNG.standard_normal((3, 4)), RNG.standard_normal((2, 3, 4))
HOLES = np.where(np.arange(4) == 1, np.nan, X)


def total(axis):
    return lambda a: np.sum(a, axis)


def trapezoid(y, x):
    return np.trapezoid(y, x)


CASES = [
    Case("sum", lambda a: np.sum(a), {"a": A}),
    Case("sum", lambda a: np.sum(a), {"a": 2.0}),
    Case("sum", total(0), {"a": X}, given={"axis": 0}),
    Case("sum", total(0), {"a": A}, given={"axis": 0}),
    Case("sum", total(-1), {"a": A}, given={"axis": -1}),
    Case("sum", total((0, 1)), {"a": A}, given={"axis": (0, 1)}),
    Case("sum", total(1), {"a": T}, given={"axis": 1}),
    Case("sum", total((0, -1)), {"a": T}, given={"axis": (0, -1)}),
    Case("nansum", lambda a: np.nansum(a), {"a": HOLES}, second=False),
    Case("mean", lambda a: np.mean(a), {"a": A}),
    Case("mean", lambda a: np.mean(a), {"a": 2.0}),
    Case("nanmean", lambda a: np.nanmean(a), {"a": HOLES}, second=False),
    Case("average", lambda a: np.average(a), {"a": A}),
    Case("average", lambda a, weights: np.average(a, weights=weights), {"a": X, "weights": W}),
    Case("average", lambda a, weights: np.average(a, weights=weights), {"a": X, "weights": W}, "a", second=False),
    Case("trace", lambda a: np.trace(a), {"a": A}),
    Case("trace", lambda a: np.trace(a, 2), {"a": A}, given={"offset": 2}),
    Case("trace", lambda a: np.trace(a, -1), {"a": A}, given={"offset": -1}),
    Case("trapezoid", lambda y, dx: np.trapezoid(y, dx=dx), {"y": X, "dx": 0.5}),
    Case("trapezoid", lambda y: np.trapezoid(y), {"y": A}),
    Case("trapezoid", trapezoid, {"y": X, "x": W}),
    Case("trapezoid", trapezoid, {"y": A, "x": W}, second=False),
    Case("trapezoid", trapezoid, {"y": A, "x": A + 1.0}, "x", second=False),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_reductions(case):
    judge(case)
