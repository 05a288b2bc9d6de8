"""Products with Jacobians and Hessians, and output sensitivities."""

import tracemalloc

import numpy as np
import pytest

import dualjit as dj
from dualjit.errors import ArgumentCountError, ShapeError


def test_hessian_times_vector_of_a_sum_of_sines():
    """As jvp of grad and as vjp of grad."""

    def f(x):
        return np.sum(np.sin(x))

    rng = np.random.default_rng(2)
    x, v = rng.standard_normal(128), rng.standard_normal(128)
    _, forward = dj.jvp(dj.grad(f), (x,), (v,))
    _, pullback = dj.vjp(dj.grad(f), x)
    np.testing.assert_allclose(forward, -np.sin(x) * v, rtol=1e-13)
    np.testing.assert_allclose(pullback(v)[0], -np.sin(x) * v, rtol=1e-13)
    np.testing.assert_allclose(dj.hvp(f)(x, v), -np.sin(x) * v, rtol=1e-13)


X = np.array([[0.5, 0.6, 0.4], [1.2, 1.3, 1.1]])
Y = np.array([[0.01, 0.3, 1.1], [0.1, 0.2, 1.3], [2.1, 1.2, 3.3]])
BY_X = np.array([[1.41, 1.6, 6.6], [1.41, 1.6, 6.6]])
BY_Y = np.array([[1.7] * 3, [1.9] * 3, [1.5] * 3])


def scaled_product(x, y, z):
    return (x * z) @ y


@pytest.mark.parametrize("sensitivity", [1.0, 0.1, 0.5])
def test_gradients_with_an_output_sensitivity(sensitivity):
    _, pullback = dj.vjp(scaled_product, X, Y, 1.0)
    by_x, by_y, by_z = pullback(np.full((2, 3), sensitivity))
    np.testing.assert_allclose(by_x, sensitivity * BY_X, rtol=1e-14)
    np.testing.assert_allclose(by_y, sensitivity * BY_Y, rtol=1e-14)
    assert by_z == pytest.approx(sensitivity * 15.3369, abs=1e-4)


def test_gradients_of_the_sum():
    by_x, by_y = dj.grad(lambda x, y, z: np.sum(scaled_product(x, y, z)), argnums=(0, 1))(X, Y, 1.0)
    np.testing.assert_allclose(by_x, BY_X, rtol=1e-14)
    np.testing.assert_allclose(by_y, BY_Y, rtol=1e-14)


def test_a_missing_or_misshapen_sensitivity():
    _, pullback = dj.vjp(scaled_product, X, Y, 1.0)
    with pytest.raises(ArgumentCountError, match=r"\(2, 3\)"):
        pullback()
    with pytest.raises(ShapeError, match=r"\(2, 2\).*\(2, 3\)"):
        pullback(np.ones((2, 2)))


@pytest.mark.parametrize(("x", "slope"), [(1.0, -0.40286243), (2.0, 0.32836995), (5.0, 0.23219854)])
def test_cosine_of_sine(x, slope):
    assert cosine_of_sine(x) == pytest.approx(slope, abs=2e-8)
    assert with_own_rule(x) == pytest.approx(slope, abs=2e-8)


cosine_of_sine = dj.grad(lambda x: np.cos(np.sin(x)))

own_sine = dj.custom_vjp(lambda x: np.sin(x))
own_sine.defvjp(lambda x: (np.sin(x), np.cos(x)), lambda slope, y_bar: (slope * y_bar,))
with_own_rule = dj.grad(lambda x: np.cos(own_sine(x)))


def test_product_of_two_jacobians():
    """J(x1) @ J(x2).T of f(x) = sqrt(A x / N), 5 outputs of 10000 inputs, by linear maps."""
    rng = np.random.default_rng(3)
    n, m = 10_000, 5
    a = rng.uniform(0.5, 1.5, (m, n))

    def f(x):
        return np.sqrt(a @ x / n)

    x1, x2 = rng.uniform(1.0, 2.0, n), rng.uniform(1.0, 2.0, n)
    (_, first), (_, second) = dj.linearize(f, x1), dj.linearize(f, x2)
    jacobian = dj.jacrev(f)
    np.testing.assert_allclose(first @ second.T, jacobian(x1) @ jacobian(x2).T, rtol=1e-12)


def test_transposed_map_times_map():
    """J.T @ J, the matrix of Gauss and Newton."""
    rng = np.random.default_rng(4)
    a = rng.standard_normal((7, 40))

    def f(x, shift):
        return np.tanh(a @ x + shift)

    x, shift = rng.standard_normal(40) / 7, rng.standard_normal(7)
    _, J = dj.linearize(f, x, shift)
    dense = np.hstack(dj.jacrev(f, argnums=(0, 1))(x, shift))
    slope = 1.0 / np.cosh(a @ x + shift)[:, None] ** 2
    np.testing.assert_allclose(dense, slope * np.hstack([a, np.eye(7)]), rtol=1e-13)
    np.testing.assert_allclose(J.T @ J, dense.T @ dense, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(J @ J.T, dense @ dense.T, rtol=1e-12, atol=1e-14)


OUTPUTS, INPUTS = 512, 25_000


def roots_of_sums(x):
    sums = np.zeros(OUTPUTS)
    for i in range(x.size):
        sums[i % OUTPUTS] += (1 + i % 7) * x[i]
    return np.sqrt(sums)


def product_by_maps(x1, x2):
    (_, first), (_, second) = dj.linearize(roots_of_sums, x1), dj.linearize(roots_of_sums, x2)
    return first @ second.T


def peak_memory(function, *args):
    """Bytes at the most during a call, and its answer.  Numba allocates by Python's allocator, which is traced."""
    tracemalloc.start()
    try:
        answer = function(*args)
        return tracemalloc.get_traced_memory()[1], answer
    finally:
        tracemalloc.stop()


def test_product_of_two_jacobians_holds_neither():
    rng = np.random.default_rng(5)
    x1, x2 = rng.uniform(1.0, 2.0, INPUTS), rng.uniform(1.0, 2.0, INPUTS)
    jacobian = dj.jacrev(roots_of_sums)
    for compiled in (product_by_maps, lambda x, _: jacobian(x)):
        compiled(x1[:OUTPUTS], x2[:OUTPUTS])

    held, dense = peak_memory(jacobian, x1)
    peak, answer = peak_memory(product_by_maps, x1, x2)
    print(f"peak memory: {peak / 2**20:.1f} MiB by maps, {held / 2**20:.1f} MiB by a Jacobian")
    assert dense.nbytes == 8 * INPUTS * OUTPUTS <= held  # it would be seen
    assert peak < dense.nbytes / 10

    i = np.arange(INPUTS)
    squares = np.bincount(i % OUTPUTS, (1.0 + i % 7) ** 2)
    np.testing.assert_allclose(answer, np.diag(squares / (4.0 * roots_of_sums(x1) * roots_of_sums(x2))), rtol=1e-12)
    np.testing.assert_allclose(dense @ jacobian(x2).T, answer, rtol=1e-12, atol=1e-15)
