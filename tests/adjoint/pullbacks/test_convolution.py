"""Pullbacks of convolution, correlation and Vandermonde matrices."""

import numpy as np
import pytest

import dualjit.adjoint.pullbacks.convolution  # noqa: F401
from tests.adjoint.pullbacks.judge import Case, judge

RNG = np.random.default_rng(7)
X, Y = RNG.standard_normal(5), RNG.standard_normal(3)
PAIRS = {"a": X, "v": Y}, {"a": Y, "v": X}

CASES = [
    Case("convolve", lambda a, v: np.convolve(a, v), PAIRS[0]),
    Case("convolve", lambda a, v: np.convolve(a, v, "same"), PAIRS[0], "a", given={"mode": "same"}, second=False),
    Case("convolve", lambda a, v: np.convolve(a, v, "valid"), PAIRS[1], "v", given={"mode": "valid"}, second=False),
    Case("correlate", lambda a, v: np.correlate(a, v), PAIRS[0]),
    Case("correlate", lambda a, v: np.correlate(a, v, "full"), PAIRS[1], given={"mode": "full"}, second=False),
    Case("correlate", lambda a, v: np.correlate(a, v, "same"), PAIRS[1], "v", given={"mode": "same"}, second=False),
    Case("vander", lambda x: np.vander(x), {"x": Y}),
    Case("vander", lambda x: np.vander(x, 4, True), {"x": Y}, given={"N": 4, "increasing": True}, second=False),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_convolution(case):
    judge(case)
