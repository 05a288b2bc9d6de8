"""Pullback of norms."""

import numpy as np
import pytest
from numba import njit

import dualjit as dj
import dualjit.adjoint.pullbacks.norms
from tests.adjoint.pullbacks.judge import Case, compiled_apart, judge

RNG = np.random.default_rng(7)
X, A = np.array([0.7, -1.2, 0.4, 2.1]), RNG.standard_normal((3, 4))


def norm(ord):
    return lambda x: np.linalg.norm(x, ord)


CASES = [
    Case("norm", lambda x: np.linalg.norm(x), {"x": X}),
    Case("norm", lambda x: np.linalg.norm(x), {"x": np.asfortranarray(A)}),
    Case("norm", norm(3), {"x": X}, given={"ord": 3}),
    Case("norm", norm(1), {"x": A}, given={"ord": 1}),
]
VECTOR_ORDERS, MATRIX_ORDERS = (0, 1, 2, 3, np.inf, -np.inf, 0.5), (1, -1, 2, -2, np.inf, -np.inf)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_norms(case):
    judge(case)


pull = compiled_apart(dualjit.adjoint.pullbacks.norms.norm)


@njit
def gradient(x, ord, y):
    x_bar = np.zeros_like(x)
    pull(x, ord, y, 2.0, x_bar)
    return x_bar


@njit
def norm_of(x, ord):
    return np.linalg.norm(x, ord)


@pytest.mark.parametrize("x", [X, A], ids=["vector", "matrix"])
def test_orders(x):
    forward = dj.jacfwd(norm_of)
    for ord in VECTOR_ORDERS if x.ndim == 1 else MATRIX_ORDERS:
        y = norm_of(x, float(ord))
        np.testing.assert_allclose(gradient(x, float(ord), y), 2.0 * forward(x, float(ord)), rtol=1e-12, atol=1e-12)


def test_edges_are_those_of_forward_mode():
    forward = dj.jacfwd(norm_of)
    for x in np.zeros(3), np.array([1.0, -1.0, 0.0]), np.array([-0.0, 0.0, 2.0]):
        for ord in VECTOR_ORDERS:
            y = norm_of(x, float(ord))
            np.testing.assert_array_equal(gradient(x, float(ord), y), 2.0 * forward(x, float(ord)))


def test_hessian_of_the_spectral_norm():
    h = 1e-5
    moved = [gradient(A + h * d, 2.0, 0.0) for d in (np.ones_like(A), -np.ones_like(A))]
    found = dj.jacfwd(gradient)(A, 2.0, 0.0)
    np.testing.assert_allclose(found.sum(axis=(2, 3)), (moved[0] - moved[1]) / (2 * h), atol=1e-8)
