"""Pullbacks of linear systems, inverses and powers of matrices."""

import numpy as np
import pytest

import dualjit.adjoint.pullbacks.systems  # noqa: F401
from tests.adjoint.pullbacks.judge import Case, judge

RNG = np.random.default_rng(7)
S = RNG.standard_normal((3, 3)) + 3 * np.eye(3)
X, B = RNG.standard_normal(3), RNG.standard_normal((3, 2))


def solve(a, b):
    return np.linalg.solve(a, b)


def power(n):
    return lambda a: np.linalg.matrix_power(a, n)


CASES = [
    Case("solve", solve, {"a": S, "b": X}),
    Case("solve", solve, {"a": S, "b": X}, "b", second=False),
    Case("solve", solve, {"a": np.asfortranarray(S), "b": B}),
    Case("solve", solve, {"a": S, "b": B}, "a", second=False),
    Case("inv", lambda a: np.linalg.inv(a), {"a": S}),
    Case("matrix_power", power(5), {"a": S}, given={"n": 5}),
    *(Case("matrix_power", power(n), {"a": S}, given={"n": n}, second=False) for n in (-3, 0, 1)),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_systems(case):
    judge(case)
