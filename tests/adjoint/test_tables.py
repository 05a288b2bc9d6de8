"""Functions of elements that stay what they are in a loop: when they get a table, and that nothing else changes."""

import math

import numpy as np
import pytest
from numba import njit

import dualjit as dj

from .texts import program_of

A = np.random.default_rng(3).normal(size=(4, 3))
P = np.random.default_rng(4).normal(size=(6, 3))


def of_two_axes(A, P):
    total = 0.0
    for i in range(P.shape[0]):
        for k in range(A.shape[0]):
            for d in range(A.shape[1]):
                total += P[i, d] * math.exp(A[k, d])
    return total


def of_one_axis(A, P):
    a, total = A[0], 0.0
    for i in range(P.shape[0]):
        for d in range(a.size):
            total += math.sin(P[i, d] * math.tanh(a[d]))
    return total


def of_an_expression(A, P):
    scale, total = A[0, 0], 0.0
    for i in range(P.shape[0]):
        for k in range(A.shape[0]):
            for d in range(A.shape[1]):
                total += P[i, d] * math.exp(-scale * A[k, d] * A[k, d] + 2.0)
    return total


def with_axes_exchanged(A, P):
    total = 0.0
    for i in range(P.shape[0]):
        for d in range(A.shape[1]):
            for k in range(A.shape[0]):
                total += P[i, d] * math.log1p(A[k, d] * A[k, d])
    return total


def of_a_part(A, P):
    total = 0.0
    for i in range(P.shape[0]):
        for k in range(2):
            for d in range(1):
                total += P[i, d] * math.exp(A[k, d])
    return total


TABLES = [of_two_axes, of_one_axis, of_an_expression, with_axes_exchanged, of_a_part]


def written_in_the_loop(A, P):
    B, total = A.copy(), 0.0
    for i in range(P.shape[0]):
        for k in range(A.shape[0]):
            total += P[i, 0] * math.exp(B[k, 0])
            for d in range(A.shape[1]):
                total += P[i, d] * math.exp(B[k, d])
        B[i % 4, 1] = P[i, 1] * A[0, 0]
    return total


def under_a_condition(A, P):
    total = 0.0
    for i in range(P.shape[0]):
        for k in range(A.shape[0]):
            for d in range(A.shape[1]):
                if P[i, d] > 5.0:
                    total += P[i, d] * math.exp(A[k, d])
                total += A[k, d]
    return total


def by_the_outer_counter(A, P):
    total = 0.0
    for i in range(A.shape[0]):
        for d in range(A.shape[1]):
            total += P[i, d] * math.exp(A[i, d])
    return total


def of_a_changing_number(A, P):
    total = 1.0
    for _ in range(P.shape[0]):
        for d in range(A.shape[1]):
            total = total * 0.5 + math.sin(total + A[0, d])
    return total


def of_rounds_that_change(A, P):
    total = 0.0
    for i in range(A.shape[1]):
        for d in range(i + 1):
            total += math.exp(A[0, d]) * P[i, d]
    return total


def left_early(A, P):
    total = 0.0
    for i in range(P.shape[0]):
        for d in range(A.shape[1]):
            if P[i, d] > 1.0:
                break
            total += math.exp(A[1, d]) * P[i, d]
    return total


NONE = [
    written_in_the_loop, under_a_condition, by_the_outer_counter, of_a_changing_number, of_rounds_that_change,
    left_early,
]  # fmt: skip


@pytest.mark.parametrize("function", TABLES, ids=lambda f: f.__name__)
def test_a_table(function):
    assert "table" in program_of(function, A, P)


@pytest.mark.parametrize("function", NONE, ids=lambda f: f.__name__)
def test_no_table(function):
    assert "table" not in program_of(function, A, P)


@pytest.mark.parametrize("function", TABLES + NONE, ids=lambda f: f.__name__)
def test_derivatives_and_values(function):
    value, gradient = dj.value_and_grad(function, argnums=(0, 1))(A, P)
    assert value == njit(function)(A, P)
    for a, b in zip(gradient, dj.jacfwd(function, argnums=(0, 1))(A, P), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-14)


def test_second_derivatives():
    hessian = dj.jacfwd(dj.grad(of_an_expression))(A, P)
    np.testing.assert_allclose(hessian, dj.jacfwd(dj.jacfwd(of_an_expression))(A, P), rtol=1e-12, atol=1e-13)


def test_a_loop_without_rounds_reads_nothing():
    def more_than_there_is(a, n, rounds):
        total = 0.0
        for _ in range(rounds):
            for d in range(n):
                total += math.exp(a[d])
        return total

    gradient = dj.grad(more_than_there_is)
    np.testing.assert_array_equal(gradient(A[0], 1000, 0), np.zeros(3))
    np.testing.assert_array_equal(gradient(A[0], -5, 2), np.zeros(3))
    np.testing.assert_allclose(gradient(A[0], 3, 2), 2.0 * np.exp(A[0]), rtol=1e-15)


def test_bounds_are_checked_as_before():
    @njit(boundscheck=True)
    def beyond(a, n):
        total = 0.0
        for _ in range(2):
            for d in range(n):
                total += math.exp(a[d])
        return total

    with pytest.raises(IndexError):
        dj.grad(beyond)(A[0], 7)
