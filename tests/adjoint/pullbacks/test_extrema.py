"""Pullbacks of extrema: ties and NaN as in forward mode."""

import numpy as np
import pytest
from numba import njit

import dualjit as dj
import dualjit.adjoint.pullbacks.extrema
from tests.adjoint.pullbacks.judge import Case, judge

RNG = np.random.default_rng(7)
X, A = RNG.standard_normal(4), RNG.standard_normal((3, 4))
HOLES = np.where(np.arange(4) == 0, np.nan, X)

CASES = [
    Case("max", lambda a: np.max(a), {"a": X}),
    Case("max", lambda a: np.max(a), {"a": np.asfortranarray(A)}, second=False),
    Case("max", lambda a: np.max(a), {"a": 2.0}, second=False),
    Case("min", lambda a: np.min(a), {"a": A}),
    Case("min", lambda a: np.min(a), {"a": 2.0}, second=False),
    Case("nanmax", lambda a: np.nanmax(a), {"a": HOLES}, second=False),
    Case("nanmin", lambda a: np.nanmin(a), {"a": HOLES}, second=False),
    Case("ptp", lambda a: np.ptp(a), {"a": A}),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_extrema(case):
    judge(case)


TIES = np.array([[1.0, 3.0, 0.0], [3.0, 0.0, 1.0]])
NANS = np.array([[1.0, 3.0, np.nan], [3.0, np.nan, 1.0]])


@pytest.mark.parametrize(
    ("name", "primal"),
    [("max_", lambda a: np.max(a)), ("min_", lambda a: np.min(a)), ("nanmax", lambda a: np.nanmax(a))],
)
def test_ties_and_nan(name, primal):
    forward, pull = dj.jacfwd(primal), njit(getattr(dualjit.adjoint.pullbacks.extrema, name))
    for a in TIES, np.asfortranarray(TIES), NANS, np.asfortranarray(NANS):
        found = np.zeros_like(a)
        pull(a, njit(primal)(a), 1.0, found)
        np.testing.assert_array_equal(found, forward(a))


def test_ties_and_nan_of_the_range():
    forward, pull = dj.jacfwd(lambda a: np.ptp(a)), njit(dualjit.adjoint.pullbacks.extrema.ptp)
    for a in TIES, np.asfortranarray(TIES), NANS:
        found = np.zeros_like(a)
        pull(a, 1.0, found)
        np.testing.assert_array_equal(found, forward(a))
