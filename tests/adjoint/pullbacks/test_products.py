"""Pullbacks of products."""

import numpy as np
import pytest

import dualjit.adjoint.pullbacks.products  # noqa: F401
from tests.adjoint.pullbacks.judge import Case, judge

RNG = np.random.default_rng(7)
X, Y, Z = RNG.standard_normal(3), RNG.standard_normal(3), RNG.standard_normal(2)
A, B, S = RNG.standard_normal((2, 3)), RNG.standard_normal((3, 4)), RNG.standard_normal((3, 3))
F = np.asfortranarray(A)
T = RNG.standard_normal((2, 2, 3))


def dot(a, b):
    return np.dot(a, b)


def outer(a, b):
    return np.outer(a, b)


def kron(a, b):
    return np.kron(a, b)


def cross(a, b):
    return np.cross(a, b)


CASES = [
    Case("dot", dot, {"a": X, "b": Y}),
    Case("dot", dot, {"a": X, "b": Y}, "b", second=False),
    Case("dot", dot, {"a": A, "b": X}),
    Case("dot", dot, {"a": A, "b": X}, "a", second=False),
    Case("dot", dot, {"a": A, "b": X}, "b", second=False),
    Case("dot", dot, {"a": X, "b": B}),
    Case("dot", dot, {"a": X, "b": B}, "a", second=False),
    Case("dot", dot, {"a": A, "b": B}),
    Case("dot", dot, {"a": A, "b": B}, "a", second=False),
    Case("dot", dot, {"a": A, "b": B}, "b", second=False),
    Case("dot", lambda a, b: a @ b, {"a": F, "b": B}),
    Case("vdot", lambda left, right: np.vdot(left, right), {"left": X, "right": Y}),
    Case("outer", outer, {"a": X, "b": Z}),
    Case("outer", outer, {"a": A, "b": Z}, "a", second=False),
    Case("outer", outer, {"a": 2.0, "b": Z}, "a b"),
    Case("kron", kron, {"a": X, "b": Z}),
    Case("kron", kron, {"a": A, "b": S}, "a", second=False),
    Case("kron", kron, {"a": A, "b": Z}),
    Case("cross", cross, {"a": X, "b": Y}),
    Case("cross", cross, {"a": Z, "b": Y}),
    Case("cross", cross, {"a": X, "b": A}),
    Case("cross", cross, {"a": A, "b": T}, "b", second=False),
    Case("cross", cross, {"a": T[:, :1, :2], "b": A}),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_products(case):
    judge(case)
