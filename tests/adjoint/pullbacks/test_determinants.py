"""Pullbacks of determinants, singular matrices included."""

import numpy as np
import pytest
from numba import njit

import dualjit as dj
from dualjit.adjoint.pullbacks.determinants import add_cofactors
from tests.adjoint.pullbacks.judge import Case, judge

RNG = np.random.default_rng(7)
S = RNG.standard_normal((4, 4))

CASES = [
    Case("det", lambda a: np.linalg.det(a), {"a": S}),
    Case("slogdet", lambda a: np.linalg.slogdet(a), {"a": S}),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_determinants(case):
    judge(case)


@njit
def cofactors(a):
    found = np.zeros_like(a)
    add_cofactors(found, a, 1.0)
    return found


def singular(rank):
    return RNG.integers(-2, 3, (4, rank)).astype(float) @ RNG.integers(-2, 3, (rank, 4)).astype(float)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_cofactors_of_a_singular_matrix(rank):
    a = singular(rank)
    minors = [[np.delete(np.delete(a, i, 0), j, 1) for j in range(4)] for i in range(4)]
    expected = [[(-1) ** (i + j) * np.linalg.det(minors[i][j]) for j in range(4)] for i in range(4)]
    np.testing.assert_allclose(cofactors(a), expected, atol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_cofactors_of_small_matrices(n):
    a = RNG.standard_normal((n, n))
    np.testing.assert_allclose(cofactors(a), np.linalg.det(a) * np.linalg.inv(a).T, atol=1e-14)


def test_second_derivatives_at_rank_two_less():
    """Of d det / d a[0, 0] by a[1, 1]: the minor of what is left."""
    a = np.diag([0.0, 0.0, 2.0])
    found = dj.jacfwd(cofactors)(a)
    np.testing.assert_allclose(found[0, 0, 1, 1], 2.0)
    np.testing.assert_allclose(found[0, 1, 1, 0], -2.0)
    assert np.count_nonzero(found) == 4
