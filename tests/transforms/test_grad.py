"""Gradients of functions that return one number."""

import math
from typing import NamedTuple

import numpy as np
import pytest
from numba import njit
from numba.typed import List

import dualjit as dj
from dualjit.errors import AliasingError, ArgnumsError, DTypeError, OutputError, UnsupportedError

X = np.array([1.3, 0.7, 2.2])
M = np.array([[3.1, 0.4, 1.2], [0.6, 2.7, 0.9]])


class Pair(NamedTuple):
    first: np.ndarray
    second: float


@njit
def energy(x, a, n=2):
    total = 0.0
    for i in range(x.size):
        total += a * x[i] ** n
    return total


by_x, by_both = dj.grad(energy), dj.grad(energy, (0, 1))
with_value = dj.value_and_grad(energy, ("x", "a"))


def test_gradient_of_an_array():
    answer = by_x(X, 1.5)
    assert isinstance(answer, np.ndarray)
    assert answer.shape == X.shape
    np.testing.assert_allclose(answer, 3.0 * X, rtol=1e-15)


def test_defaults_and_keywords_of_the_function():
    np.testing.assert_allclose(by_x(X, a=1.5, n=3), 4.5 * X**2, rtol=1e-15)
    np.testing.assert_allclose(by_x(X, 2, 1), np.full(3, 2.0), rtol=1e-15)


def test_several_arguments():
    answer = by_both(X, 1.5)
    assert type(answer) is tuple
    np.testing.assert_allclose(answer[0], 3.0 * X, rtol=1e-15)
    assert type(answer[1]) is float
    assert answer[1] == pytest.approx(np.sum(X**2), rel=1e-15)


def test_value_beside_the_gradient():
    value, (gradient, slope) = with_value(X, 1.5)
    assert type(value) is float
    assert value == energy(X, 1.5)
    np.testing.assert_allclose(gradient, 3.0 * X, rtol=1e-15)
    assert slope == pytest.approx(np.sum(X**2), rel=1e-15)


def test_scalar_in_scalar_out_is_a_float():
    answer = dj.grad(lambda x: x * x)(3.0)
    assert type(answer) is float
    assert answer == 6.0


def test_value_is_bit_for_bit_that_of_the_function():
    @njit
    def iterate(x):
        total = 0.0
        for i in range(x.size):
            total += math.sin(x[i]) * math.exp(-x[i]) / (1.0 + total * total)
        return total

    x = np.random.default_rng(5).normal(size=1000)
    value, gradient = dj.value_and_grad(iterate)(x)
    assert value == iterate(x)
    # The Jacobian by forward mode is independent of everything reverse.
    np.testing.assert_allclose(gradient, dj.jacfwd(iterate)(x), rtol=1e-12, atol=1e-14)


def test_structures():
    def f(state, pair):
        return np.sum(state.first) * state.second * pair[0] + pair[1][0][0] * state.second

    state, pair = Pair(X, 2.0), (0.5, (X[:2].copy(),))
    by_state, by_pair = dj.grad(f, (0, 1))(state, pair)
    assert type(by_state) is Pair
    np.testing.assert_allclose(by_state.first, np.ones(3))
    assert by_state.second == pytest.approx(0.5 * X.sum() + X[0])
    assert by_pair[0] == pytest.approx(2.0 * X.sum())
    np.testing.assert_allclose(by_pair[1][0], [2.0, 0.0])


@pytest.mark.parametrize("make", [list, List], ids=["reflected", "typed"])
def test_lists_of_arrays(make):
    answer = dj.grad(lambda rows: np.sum(rows[0] * rows[1]))(make([X, X * 2.0]))
    assert len(answer) == 2
    np.testing.assert_allclose(answer[0], 2.0 * X)
    np.testing.assert_allclose(answer[1], X)


def test_lists_of_numbers():
    answer = dj.grad(lambda values: values[0] * values[1] ** 2)([2.0, 3.0])
    assert list(answer) == [9.0, 12.0]


def test_starred_arguments():
    derivative = dj.grad(lambda x, *rest: x * rest[0] + rest[1][1] * rest[0], (0, 1, 2))
    by_first, by_second, by_third = derivative(2.0, 3.0, X)
    assert by_first == 3.0
    assert by_second == 2.0 + X[1]
    np.testing.assert_allclose(by_third, [0.0, 3.0, 0.0])
    with pytest.raises(ArgnumsError, match=r"position 2.*2 arguments"):
        derivative(2.0, 3.0)


def test_an_argument_that_does_not_matter_has_a_zero_gradient():
    by_array, by_number = dj.grad(lambda x, a, y: np.sum(y) * 2.0, (0, 1))(X, 1.5, X)
    np.testing.assert_array_equal(by_array, np.zeros(3))
    assert by_number == 0.0


def test_constant_answer():
    np.testing.assert_array_equal(dj.grad(lambda x: 1.5)(X), np.zeros(3))


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)], ids=str)
def test_empty_arrays(shape):
    value, gradient = value_and_gradient_of_squares(np.zeros(shape))
    assert value == 0.0
    assert gradient.shape == shape


@njit
def sum_of_squares(x):
    return (x * x).sum()


value_and_gradient_of_squares = dj.value_and_grad(sum_of_squares)


def test_array_without_axes():
    answer = dj.grad(lambda x: x[()] ** 2)(np.array(3.0))
    assert np.shape(answer) == ()
    assert answer == 6.0


LAYOUTS = {
    "C": M,
    "F": np.asfortranarray(M),
    "strided": np.repeat(np.repeat(M, 2, 0), 3, 1)[::2, ::3],
    "reversed": M[::-1, ::-1].copy()[::-1, ::-1],
    "transposed": M.T.copy().T,
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout):
    a = LAYOUTS[layout]
    value, gradient = value_and_gradient_of_squares(a)
    assert value == pytest.approx((M * M).sum())
    np.testing.assert_allclose(gradient, 2.0 * M)
    np.testing.assert_array_equal(a, M)


def test_single_precision():
    x = X.astype(np.float32)
    value, gradient = value_and_gradient_of_squares(x)
    assert gradient.dtype == np.float32
    np.testing.assert_allclose(gradient, 2.0 * X, rtol=1e-6)
    assert np.float32(value) == np.float32(sum_of_squares(x))


def test_mixed_precision():
    by_single, by_double = dj.grad(lambda a, b: np.sum(a * b), (0, 1))(X.astype(np.float32), X)
    assert by_single.dtype == np.float32
    assert by_double.dtype == np.float64
    np.testing.assert_allclose(by_single, X, rtol=1e-6)
    np.testing.assert_allclose(by_double, X, rtol=1e-6)


def test_read_only_arguments():
    x = X.copy()
    x.flags.writeable = False
    np.testing.assert_allclose(value_and_gradient_of_squares(x)[1], 2.0 * X)


def test_gradients_own_their_memory():
    _, first = value_and_gradient_of_squares(X)
    first[:] = 0.0
    np.testing.assert_allclose(value_and_gradient_of_squares(X)[1], 2.0 * X)
    np.testing.assert_array_equal(X, [1.3, 0.7, 2.2])


def test_arguments_written_to_stay_as_they_are():
    @njit
    def overwrite(x, work, other):
        x[0] = 5.0 * x[1]
        work[:] = x
        other[0] += 1.0
        return np.sum(x * work) * other[0]

    x, work, other = X.copy(), np.ones(3), np.array([2.0])
    derivative = dj.grad(overwrite)
    for _ in range(2):
        gradient = derivative(x, work, other)
        np.testing.assert_allclose(gradient, [0.0, 3.0 * (2 * 25 + 2) * X[1], 3.0 * 2 * X[2]])
        np.testing.assert_array_equal(x, X)
        np.testing.assert_array_equal(work, np.ones(3))
        np.testing.assert_array_equal(other, [2.0])


@njit
def product_sum(x, y):
    return np.sum(x * x * y)


gradients_of_product_sum = dj.grad(product_sum, (0, 1))


def test_same_array_for_two_arguments():
    by_first, by_second = gradients_of_product_sum(X, X)
    np.testing.assert_allclose(by_first, 2 * X**2)
    np.testing.assert_allclose(by_second, X**2)
    by_first[:] = 0.0
    np.testing.assert_allclose(by_second, X**2)


def test_views_of_one_array_for_two_arguments():
    by_first, by_second = gradients_of_product_sum(X[1:], X[:-1])
    np.testing.assert_allclose(by_first, 2 * X[1:] * X[:-1])
    np.testing.assert_allclose(by_second, X[1:] ** 2)


def test_one_array_for_two_arguments_of_which_one_is_written_to():
    def write_first(x, y):
        x[0] = 2.0 * y[1]
        return np.sum(x * y)

    derivative = dj.grad(write_first, (0, 1))
    with pytest.raises(AliasingError, match="share memory"):
        derivative(X, X)
    with pytest.raises(AliasingError, match="copy"):
        derivative(X[1:], X[:-1])
    by_first, by_second = derivative(X, X.copy())
    np.testing.assert_allclose(by_first, [0.0, X[1], X[2]])
    np.testing.assert_allclose(by_second, [2 * X[1], 2 * X[0] + X[1], X[2]])


def test_auxiliary_answer():
    def f(x):
        return np.sum(x * x), (x + 1.0, x.size)

    gradient, (aux, count) = dj.grad(f, has_aux=True)(X)
    np.testing.assert_allclose(gradient, 2.0 * X)
    np.testing.assert_array_equal(aux, X + 1.0)
    assert count == 3
    (value, (aux, count)), gradient = dj.value_and_grad(f, has_aux=True)(X)
    assert value == njit(f)(X)[0]
    np.testing.assert_array_equal(aux, X + 1.0)
    assert count == 3
    np.testing.assert_allclose(gradient, 2.0 * X)


def test_auxiliary_answer_missing():
    with pytest.raises(OutputError, match="pair"):
        dj.grad(lambda x: np.sum(x), has_aux=True)(X)


@pytest.mark.parametrize(
    "f", [lambda x: x * 2.0, lambda x: (x[0], x[1]), lambda x: [x[0]]], ids=["array", "tuple", "list"]
)
@pytest.mark.parametrize("transform", [dj.grad, dj.value_and_grad], ids=lambda transform: transform.__name__)
def test_one_number_is_asked_for(transform, f):
    with pytest.raises(OutputError, match=r"returns.*jacrev") as caught:
        transform(f)(X)
    assert isinstance(caught.value, TypeError)


@pytest.mark.parametrize(
    "f", [lambda x: x.size, lambda x: None, lambda x: "text", lambda x: x[0] > 1.0, lambda x: x[0] * 1j]
)
def test_outputs_without_derivative(f):
    with pytest.raises(OutputError, match="returns"):
        dj.grad(f)(X)


def test_none_returned_at_run_time():
    def sometimes(x):
        if x[0] > 1.0:
            return x[0] * x[1]
        return None

    derivative = dj.grad(sometimes)
    np.testing.assert_allclose(derivative(X), [X[1], X[0], 0.0])
    with pytest.raises(OutputError, match="None"):
        derivative(np.zeros(3))


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (2, "'a' has integer"),
        (True, "'a' has boolean"),
        (1.0 + 2.0j, "'a' has complex"),
        (np.array([1, 2, 3]), "'a' has integer"),
        (X > 1, "'a' has boolean"),
        (X + 0j, "'a' has complex"),
        ("text", "'a' of type"),
    ],
    ids=repr,
)
def test_numbers_that_are_not_real_floats(value, says):
    with pytest.raises(DTypeError, match=says) as caught:
        dj.grad(lambda x, a: np.sum(x), "a")(X, value)
    assert isinstance(caught.value, TypeError)


def test_unsupported_construct():
    def f(x):
        return np.linalg.svd(x.reshape(2, 2))[1][0]

    with pytest.raises(UnsupportedError) as caught:
        dj.grad(f)(np.arange(4.0))
    assert caught.value.filename == __file__
    assert caught.value.line == f.__code__.co_firstlineno + 1
    assert "svd" in caught.value.construct
    assert "svd(x.reshape(2, 2))" in str(caught.value)
    assert caught.value.reason
    assert caught.value.remedy


def root(x):
    total = 0.0
    for i in range(x.size):
        if x[i] < 0.0:
            raise ValueError("negative", 3)
        total += math.sqrt(x[i])
    return total


root_gradient, root_value_and_gradient = dj.grad(root), dj.value_and_grad(root)


@pytest.mark.parametrize("derivative", [root_gradient, root_value_and_gradient], ids=["grad", "value_and_grad"])
def test_exceptions_are_the_functions_own(derivative):
    for _ in range(3):
        with pytest.raises(ValueError, match="negative") as caught:
            derivative(np.array([1.0, 2.0, -1.0]))
        assert caught.value.args == ("negative", 3)
        found = derivative(X)
        np.testing.assert_allclose(found[1] if isinstance(found, tuple) else found, 0.5 / np.sqrt(X))


def test_exception_that_does_not_depend_on_the_data_differentiated():
    """The forward sweep of a linear loop may be dropped, what it raises may not."""

    def f(x, n):
        total = 0.0
        for i in range(x.size):
            if i == n:
                raise KeyError("here")
            total += 2.0 * x[i]
        return total

    derivative = dj.grad(f)
    np.testing.assert_array_equal(derivative(X, 3), [2.0, 2.0, 2.0])
    with pytest.raises(KeyError):
        derivative(X, 1)


def test_division_by_zero_raises_as_the_primal_does():
    def quotients(x, w):
        total = 0.0
        for i in range(x.size):
            total += x[i] / w[i]
        return total

    python, numpy = dj.grad(quotients), dj.grad(njit(error_model="numpy")(quotients))
    np.testing.assert_allclose(python(X, X), 1.0 / X)
    at_zero = np.array([1.0, 0.0, 1.0])
    with pytest.raises(ZeroDivisionError):
        python(X, at_zero)
    np.testing.assert_array_equal(numpy(X, at_zero), [1.0, np.inf, 1.0])


def test_division_by_zero_whose_result_is_not_needed():
    def f(x, w):
        unused = 0.0
        for i in range(x.size):
            unused += x[i] / w[i]
        return 2.0 * x[0]

    derivative = dj.grad(f)
    np.testing.assert_array_equal(derivative(X, X), [2.0, 0.0, 0.0])
    with pytest.raises(ZeroDivisionError):
        derivative(X, np.zeros(3))


def test_boundscheck_is_kept():
    @njit(boundscheck=True)
    def beyond(x, i):
        return x[i] * 2.0

    derivative = dj.grad(beyond)
    assert derivative(X, 2)[2] == 2.0
    with pytest.raises(IndexError):
        derivative(X, 3)


def test_function_is_left_alone():
    @njit
    def f(x):
        return x[0] * x[1]

    f(X)
    dj.grad(f)(X)
    assert f(X) == X[0] * X[1]
    assert len(f.signatures) == 1


def test_name_and_signature():
    assert "energy" in by_x.__name__
    assert "energy" in by_x.__doc__
    assert "def " in by_x.source(X, 1.0, 2)


def test_more_argument_types_later():
    derivative = dj.grad(lambda x: np.sum(np.sin(x)))
    np.testing.assert_allclose(derivative(X), np.cos(X))
    np.testing.assert_allclose(derivative(M), np.cos(M))
    np.testing.assert_allclose(derivative(X), np.cos(X))


def test_iterations_that_overwrite_their_state():
    """A tape of a run-time length: the state of every step is needed again."""

    def logistic(x, n):
        state = x.copy()
        for k in range(n):
            for i in range(state.size):
                state[i] = state[i] * (3.2 + 0.01 * k) * (1.0 - state[i])
        return np.sum(state * state)

    derivative, forward = dj.grad(logistic), dj.jacfwd(logistic)
    x = np.array([0.2, 0.4, 0.7])
    for n in (0, 1, 7, 40):
        np.testing.assert_allclose(derivative(x, n), forward(x, n), rtol=1e-9)
