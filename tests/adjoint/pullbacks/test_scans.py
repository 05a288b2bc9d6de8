"""Pullbacks of products and of sums and products along an array; zeros and NaN among the elements."""

import numpy as np
import pytest

import dualjit.adjoint.pullbacks.scans  # noqa: F401
from tests.adjoint.pullbacks.judge import Case, judge

RNG = np.random.default_rng(7)
X, A, T = RNG.standard_normal(4), RNG.standard_normal((3, 2)), RNG.standard_normal((2, 3, 2))
ZEROS = np.array([0.0, 2.0, 0.0, 3.0])
HOLES = np.where(np.arange(4) == 1, np.nan, X)


def cumsum(axis):
    return lambda a: np.cumsum(a, axis)


CASES = [
    Case("prod", lambda a: np.prod(a), {"a": A}),
    Case("prod", lambda a: np.prod(a), {"a": ZEROS}),
    Case("nanprod", lambda a: np.nanprod(a), {"a": HOLES}, second=False),
    Case("cumsum", lambda a: np.cumsum(a), {"a": X}),
    Case("cumsum", lambda a: np.cumsum(a), {"a": A}),
    Case("cumsum", cumsum(0), {"a": X}, given={"axis": 0}),
    Case("cumsum", cumsum(-1), {"a": A}, given={"axis": -1}),
    Case("cumsum", cumsum(1), {"a": T}, given={"axis": 1}),
    Case("nancumsum", lambda a: np.nancumsum(a), {"a": HOLES}, second=False),
    Case("cumprod", lambda a: np.cumprod(a), {"a": A}),
    Case("cumprod", lambda a: np.cumprod(a), {"a": ZEROS}),
    Case("nancumprod", lambda a: np.nancumprod(a), {"a": HOLES}, second=False),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_scans(case):
    judge(case)
