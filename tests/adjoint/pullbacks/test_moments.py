"""Pullbacks of variances and standard deviations."""

import numpy as np
import pytest
from numba import njit

import dualjit as dj
import dualjit.adjoint.pullbacks.moments
from tests.adjoint.pullbacks.judge import Case, judge

RNG = np.random.default_rng(7)
X, A = RNG.standard_normal(4), RNG.standard_normal((3, 4))
HOLES = np.where(np.arange(4) == 1, np.nan, X)

CASES = [
    Case("var", lambda a: np.var(a), {"a": A}),
    Case("std", lambda a: np.std(a), {"a": X}),
    Case("nanvar", lambda a: np.nanvar(a), {"a": HOLES}, second=False),
    Case("nanstd", lambda a: np.nanstd(a, ddof=1), {"a": HOLES}, given={"ddof": 1}, second=False),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_moments(case):
    judge(case)


def test_equal_elements():
    a, found = np.full(3, 2.0), np.zeros(3)
    njit(dualjit.adjoint.pullbacks.moments.std)(a, np.std(a), 1.0, found)
    np.testing.assert_array_equal(found, dj.jacfwd(lambda a: np.std(a))(a))
