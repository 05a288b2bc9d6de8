"""Pullbacks of Cholesky factors and symmetric eigenvalues."""

import numpy as np
import pytest
from numba import njit

import dualjit.adjoint.pullbacks.factors
from tests.adjoint.pullbacks.judge import Case, judge

RNG = np.random.default_rng(7)
A = RNG.standard_normal((4, 4))
P = 0.3 * (A + A.T) + np.diag([4.0, 6.0, 9.0, 13.0])

CASES = [
    Case("cholesky", lambda a: np.linalg.cholesky(a), {"a": P}),
    Case("eigh", lambda a: np.linalg.eigh(a), {"a": P}),
    Case("eigvalsh", lambda a: np.linalg.eigvalsh(a), {"a": P}),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_factors(case):
    judge(case)


def test_equal_eigenvalues():
    """Eigenvalues alone have their derivatives, eigenvectors have none."""
    eigh = njit(dualjit.adjoint.pullbacks.factors.eigh)
    y = np.linalg.eigh(np.diag([2.0, 2.0, 5.0]))
    found = np.zeros((3, 3))
    eigh((y[0], y[1]), (np.ones(3), np.zeros((3, 3))), found)
    np.testing.assert_allclose(found, np.eye(3))
    eigh((y[0], y[1]), (np.zeros(3), np.arange(9.0).reshape(3, 3)), found)
    assert np.isnan(found).any()
