"""Gradients give back all memory they take, also where the function raises."""

import gc
import os
from pathlib import Path

import numpy as np
import pytest
from numba import njit

import dualjit as dj

STATM = Path("/proc/self/statm")
X = np.array([0.2, 0.4, 0.7, 0.3])
pytestmark = pytest.mark.skipif(not STATM.exists(), reason="needs Linux's /proc")

# What an allocator may keep for itself: far less than one byte for each call.
SLACK = 1 << 20


def resident() -> int:
    """Bytes of this process in memory."""
    gc.collect()
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def grown(call, calls: int) -> int:
    """By how many bytes the process grows during ``calls`` calls; the first ones fill pools."""
    for _ in range(calls // 10):
        call()
    before = resident()
    for _ in range(calls):
        call()
    return resident() - before


@njit
def rebound(x, n, limit):
    """Arrays that are made anew in each round, a number that has to be kept for each, and an end that raises."""
    state, scale = x * 1.0, 1.0
    for k in range(n):
        state = state * (3.2 + 0.01 * k) * (1.0 - state)
        scale = scale * (1.0 + 0.1 * state[k % state.size])
        work = np.empty(state.size)
        for i in range(state.size):
            work[i] = state[i] * scale
        state[0] = work[1] * 0.5 + 0.2
        if k == limit:
            raise ValueError("enough")
    return np.sum(state) * scale


@njit
def in_lists(x, n):
    rows = [x * 1.0]
    for k in range(n):
        rows.append(rows[k] * rows[k] * 0.5)
    total = 0.0
    for row in rows:
        total += row.sum()
    return total


by_array = dj.grad(rebound)
with_value = dj.value_and_grad(rebound)
of_lists = dj.grad(in_lists)
by_rows = dj.jacrev(njit(lambda x: np.sin(x) * x[0]))


def raising(derivative):
    def call():
        try:
            derivative(X, 8, 6)
        except ValueError:
            return
        raise AssertionError("it has to raise")

    return call


def test_gradients_with_a_tape_and_arrays():
    assert grown(lambda: by_array(X, 8, -1), 100_000) < SLACK


def test_values_and_gradients():
    assert grown(lambda: with_value(X, 8, -1), 20_000) < SLACK


def test_lists_of_arrays():
    assert grown(lambda: of_lists(X, 4), 20_000) < SLACK


def test_jacobians_by_rows():
    assert grown(lambda: by_rows(X), 20_000) < SLACK


def test_pullbacks():
    _, pullback = dj.vjp(njit(lambda x: np.sin(x) * x[0]), X)
    assert grown(lambda: pullback(X), 10_000) < SLACK


def test_functions_that_raise():
    assert grown(raising(by_array), 20_000) < SLACK


def test_long_tapes_that_end_in_an_exception():
    """Half a megabyte of tape a call: what was not freed would show after a few calls."""
    x = np.full(64, 0.3)

    def call():
        try:
            by_array(x, 1000, 999)
        except ValueError:
            return
        raise AssertionError("it has to raise")

    assert grown(call, 200) < 32 * SLACK
