"""Where a derivative is called from: jitted code, other threads, other processes, and after pickling."""

import math
import pickle
import subprocess
import sys
import threading
import time
from multiprocessing.pool import ThreadPool

import numpy as np
from numba import njit, prange

import dualjit as dj

X = np.array([1.3, 0.7, 2.2])


@njit
def squares(x):
    return x * x * x[0]


def expected(x):
    jacobian = np.diag(2 * x * x[0])
    jacobian[:, 0] += x * x
    return jacobian


jacobian_of_squares = dj.jacfwd(squares)


def test_from_jitted_code():
    @njit
    def caller(x):
        return np.linalg.solve(jacobian_of_squares(x), x)

    np.testing.assert_allclose(caller(X), np.linalg.solve(expected(X), X))


def test_as_an_argument_of_jitted_code():
    @njit
    def newton(f, slope, z):
        for _ in range(20):
            z = z - f(z) / slope(z)
        return z

    f = njit(lambda z: z**3 - 2.0)
    assert abs(newton(f, dj.jacfwd(f), 1.0) - 2 ** (1 / 3)) < 1e-14


def test_from_parallel_code():
    @njit(parallel=True)
    def caller(points):
        out = np.empty((points.shape[0], 3, 3))
        for i in prange(points.shape[0]):
            out[i] = jacobian_of_squares(points[i])
        return out

    points = np.random.default_rng(3).normal(size=(50, 3))
    for x, jacobian in zip(points, caller(points), strict=True):
        np.testing.assert_allclose(jacobian, expected(x))


def test_pickled():
    again = pickle.loads(pickle.dumps(jacobian_of_squares))
    np.testing.assert_allclose(again(X), expected(X))


def test_pickled_after_compilation_with_options():
    derivative = dj.jacfwd(squares, ("x",), chunk=2)
    derivative(X)
    (jacobian,) = pickle.loads(pickle.dumps(derivative))(X)
    np.testing.assert_allclose(jacobian, expected(X))


def test_pickled_closure():
    factor = 3.0
    derivative = dj.jacfwd(njit(lambda x: factor * x * x))
    assert pickle.loads(pickle.dumps(derivative))(2.0) == 12.0


def test_pickled_nested():
    again = pickle.loads(pickle.dumps(dj.jacfwd(jacobian_of_squares)))
    assert again(X).shape == (3, 3, 3)


def test_pickle_goes_to_another_process():
    data = pickle.dumps(dj.jacfwd(njit(lambda x: x * x)))
    code = "import pickle, sys; f = pickle.loads(bytes.fromhex(sys.argv[1])); print(f(3.0))"
    done = subprocess.run([sys.executable, "-c", code, data.hex()], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "6.0", done.stderr


def test_many_threads_compile_and_call():
    derivative = dj.jacfwd(njit(lambda x: x * x * x[0]))
    points = np.random.default_rng(4).normal(size=(64, 3))
    with ThreadPool(8) as pool:
        answers = pool.map(derivative, points)
    for x, jacobian in zip(points, answers, strict=True):
        np.testing.assert_allclose(jacobian, expected(x))


def test_threads_make_different_derivatives_at_once():
    def work(k):
        power = k % 3 + 1
        return dj.jacfwd(njit(lambda x: x**power))(2.0)

    with ThreadPool(4) as pool:
        answers = pool.map(work, range(6))
    assert answers == [1.0, 4.0, 12.0] * 2


def test_lock_of_the_interpreter_is_released_with_nogil():
    @njit(nogil=True)
    def long(x, n):
        for _ in range(n):
            x = np.sin(x) + 0.5
        return x

    derivative = dj.jacfwd(long)
    derivative(0.3, 1)
    start = time.perf_counter()
    derivative(0.3, 10**6)
    rounds = max(10**6, int(10**6 * 0.4 / (time.perf_counter() - start)))
    worker = threading.Thread(target=derivative, args=(0.3, rounds))
    worker.start()
    turns = 0
    while worker.is_alive():
        time.sleep(0.001)
        turns += 1
    worker.join()
    assert turns > 10


@njit
def weighed(x):
    """A tape and arrays: the state of each round is needed again."""
    state, total = x * 1.0, 0.0
    for k in range(5):
        state = state * (1.1 - 0.1 * state)
        for i in range(state.size):
            total += state[i] * (k + 1.0)
    return total


gradient = dj.grad(weighed)
by_forward = dj.jacfwd(weighed)
rows_of_squares = dj.jacrev(squares)


def test_gradients_from_jitted_code():
    @njit
    def descent(x, steps):
        for _ in range(steps):
            x = x - 0.01 * gradient(x)
        return x

    x = X.copy()
    for _ in range(3):
        x = x - 0.01 * by_forward(x)
    np.testing.assert_allclose(descent(X, 3), x, rtol=1e-12)


def test_gradients_as_arguments_of_jitted_code():
    @njit
    def newton(f, slope, z):
        for _ in range(20):
            z = z - f(z) / slope(z)
        return z

    f = njit(lambda z: z**3 - 2.0)
    assert abs(newton(f, dj.grad(f), 1.0) - 2 ** (1 / 3)) < 1e-14


def test_gradients_from_parallel_code():
    @njit(parallel=True)
    def caller(points):
        out = np.empty(points.shape)
        for i in prange(points.shape[0]):
            out[i] = gradient(points[i])
        return out

    points = np.random.default_rng(3).normal(size=(200, 3))
    for x, found in zip(points, caller(points), strict=True):
        np.testing.assert_allclose(found, by_forward(x), rtol=1e-9, atol=1e-12)


def test_rows_and_values_from_jitted_code():
    with_value = dj.value_and_grad(weighed)

    @njit
    def caller(x):
        value, slope = with_value(x)
        return rows_of_squares(x) @ slope + value

    np.testing.assert_allclose(caller(X), expected(X) @ by_forward(X) + weighed(X))


def test_gradients_in_many_threads():
    points = np.random.default_rng(4).normal(size=(200, 3))
    derivative = dj.grad(njit(lambda x: weighed(x) * x[0]))
    with ThreadPool(8) as pool:
        answers = pool.map(derivative, points)
    for x, found in zip(points, answers, strict=True):
        by_x = by_forward(x) * x[0]
        by_x[0] += weighed(x)
        np.testing.assert_allclose(found, by_x, rtol=1e-9, atol=1e-12)


def test_threads_that_differentiate_without_the_lock_of_the_interpreter():
    """Tapes of several threads at once: each call has a workspace of its own."""

    @njit(nogil=True)
    def long(x, n):
        total = 0.0
        for _ in range(n):
            x = math.sin(x) * 1.1 + 0.5
            total += x * x
        return total

    derivative, reference = dj.grad(long), dj.jacfwd(long)
    points = np.linspace(0.1, 2.0, 16)
    derivative(0.3, 1)
    with ThreadPool(8) as pool:
        answers = pool.map(lambda x: derivative(x, 100_000), points)
    np.testing.assert_allclose(answers, [reference(x, 100_000) for x in points], rtol=1e-7)


def test_gradients_pickled():
    for derivative in (gradient, dj.value_and_grad(weighed), dj.grad(weighed, ("x",))):
        again = pickle.loads(pickle.dumps(derivative))
        mine, other = again(X), derivative(X)
        assert type(mine) is type(other)
        for a, b in zip(np.ravel(flat(mine)), np.ravel(flat(other)), strict=True):
            assert a == b


def flat(structure):
    return np.concatenate([flat(v) for v in structure]) if isinstance(structure, tuple) else np.ravel(structure)


def test_rows_pickled_with_options():
    (jacobian,) = pickle.loads(pickle.dumps(dj.jacrev(squares, ("x",), chunk=2)))(X)
    np.testing.assert_allclose(jacobian, expected(X))


def test_pickled_gradient_goes_to_another_process():
    data = pickle.dumps(dj.grad(njit(lambda x: x * x)))
    code = "import pickle, sys; f = pickle.loads(bytes.fromhex(sys.argv[1])); print(f(3.0))"
    done = subprocess.run([sys.executable, "-c", code, data.hex()], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "6.0", done.stderr


def test_gradient_of_a_function_that_calls_a_derivative():
    """Nesting is another matter: a derivative of inactive data is a number like others."""
    weights = np.array([1.0, 2.0, 0.5])

    def f(x):
        return np.sum(x * gradient(weights))

    np.testing.assert_allclose(dj.grad(f)(X), by_forward(weights), rtol=1e-12)
