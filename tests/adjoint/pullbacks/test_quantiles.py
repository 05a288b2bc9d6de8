"""Pullbacks of medians and quantiles."""

import numpy as np
import pytest

import dualjit.adjoint.pullbacks.quantiles  # noqa: F401
from tests.adjoint.pullbacks.judge import Case, judge

RNG = np.random.default_rng(7)
X, A = RNG.standard_normal(5), RNG.standard_normal((2, 3))
HOLES = np.where(np.arange(5) == 1, np.nan, X)
Q = np.array([0.0, 10.0, 60.0, 100.0])

CASES = [
    Case("median", lambda a: np.median(a), {"a": X}),
    Case("median", lambda a: np.median(a), {"a": A}, second=False),
    Case("nanmedian", lambda a: np.nanmedian(a), {"a": HOLES}, second=False),
    Case("percentile", lambda a, q: np.percentile(a, q), {"a": X, "q": 30.0}, "a"),
    Case("percentile", lambda a, q: np.percentile(a, q), {"a": A, "q": Q}, "a", second=False),
    Case("nanpercentile", lambda a, q: np.nanpercentile(a, q), {"a": HOLES, "q": Q}, "a", second=False),
    Case("quantile", lambda a, q: np.quantile(a, q), {"a": X, "q": Q / 100}, "a", second=False),
    Case("nanquantile", lambda a, q: np.nanquantile(a, q), {"a": HOLES, "q": 0.3}, "a", second=False),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_quantiles(case):
    judge(case)
