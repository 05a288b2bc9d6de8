"""Pullbacks of functions that make arrays from numbers."""

import numpy as np
import pytest
from numba import njit

import dualjit.adjoint.pullbacks.making  # noqa: F401
from dualjit.adjoint.pullbacks import pullback_of
from tests.adjoint.pullbacks.differences import judge_variant
from tests.adjoint.pullbacks.judge import Case, compiled_apart, judge

RNG = np.random.default_rng(13)
X = RNG.standard_normal(3)
A, W = RNG.standard_normal((3, 4)), RNG.standard_normal((5, 2))
F = np.asfortranarray(A)
C = RNG.standard_normal((3, 3, 3))


def filled(arr, val):
    arr = arr.copy()
    arr.fill(val)
    return arr


def diagonal_filled(a, val):
    a = a.copy()
    np.fill_diagonal(a, val)
    return a


def diagonal_filled_on(a, val):
    a = a.copy()
    np.fill_diagonal(a, val, True)
    return a


CASES = [
    Case("full", lambda fill_value: np.full((2, 3), fill_value), {"fill_value": 0.5}),
    Case("full_like", lambda a, fill_value: np.full_like(a, fill_value), {"a": F, "fill_value": 0.5}, "fill_value"),
    Case(
        "arange",
        lambda a, b, s: np.arange(a, b, s),
        {"start": 0.3, "stop": 3.8, "step": 0.9},
        "start step",
        second=False,
    ),
    Case("linspace", lambda start, stop: np.linspace(start, stop, 5), {"start": 0.3, "stop": 3.8}),
    Case("array", lambda object: np.array(object), {"object": [0.5, 1.5, 2.5]}),
    Case("array", lambda object: np.array(object), {"object": (0.5, 1.5, 2.5)}, "object_0 object_2"),
    Case("asarray", lambda a: np.asarray(a), {"a": [0.5, 1.5, 2.5]}),
    Case("copy", lambda a: np.copy(a), {"a": F}),
    Case("copy_method", lambda a: a.copy(), {"a": X}),
    Case("astype", lambda a: a.astype(np.float64), {"a": F}),
    Case("fill", filled, {"arr": X, "val": 0.5}),
    Case("fill_diagonal", diagonal_filled, {"a": W, "val": X}, given={"wrap": False}),
]
VARIANTS = [
    Case("full", lambda fill_value: np.full(4, fill_value), {"fill_value": 0.5}),
    Case("arange", lambda start: np.arange(start), {"start": 2.5}, given={"stop": None}),
    Case("arange", lambda start, stop: np.arange(start, stop), {"start": 0.3, "stop": 3.8}, "start"),
    Case("arange", lambda a, b, s: np.arange(a, b, s), {"start": 0.3, "stop": 3.8, "step": 0.9}, "step"),
    Case("linspace", lambda start, stop: np.linspace(start, stop, 1), {"start": 0.3, "stop": 3.8}),
    Case("linspace", lambda start, stop: np.linspace(start, stop, 2), {"start": 0.3, "stop": 3.8}, "stop"),
    Case("array", lambda object: np.array(object), {"object": F}),
    Case("asarray_chkfinite", lambda a: np.asarray_chkfinite(a), {"a": [0.5, 1.5]}),
    Case("copy", lambda a: np.copy(a), {"a": X}),
    Case("copy_method", lambda a: a.copy(), {"a": F}),
    Case("fill", filled, {"arr": F, "val": 0.5}, "arr"),
    Case("fill_diagonal", diagonal_filled, {"a": A, "val": 0.5}, given={"wrap": False}),
    Case("fill_diagonal", diagonal_filled_on, {"a": W, "val": X}, given={"wrap": True}),
    Case("fill_diagonal", diagonal_filled, {"a": C, "val": A[:2, :1].copy()}, given={"wrap": False}),
    Case("fill_diagonal", diagonal_filled, {"a": A, "val": 0.5}, "a", given={"wrap": False}),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_making(case):
    judge(case)


@pytest.mark.parametrize("case", VARIANTS, ids=str)
def test_variants(case):
    judge_variant(case)


def test_nested_sequences():
    pull = compiled_apart(pullback_of("array").function)

    @njit
    def run(u):
        a, b, numbers = np.zeros(()), np.zeros(()), [[0.0, 0.0], [0.0, 0.0]]
        pull(u, ((a, None), (b, a)))
        pull(u, (None, [b, b]))
        pull(u, numbers)
        pull(np.asarray(0.5), a)
        return a[()], b[()], np.array(numbers)

    u = np.array([[1.0, 2.0], [4.0, 8.0]])
    a, b, numbers = run(u)
    assert (a, b) == (1 + 8 + 0.5, 4 + 4 + 8)
    np.testing.assert_array_equal(numbers, u)


def test_conversion_to_single_precision_and_back():
    pull = compiled_apart(pullback_of("astype").function)
    for source, target in ((np.float32, np.float64), (np.float64, np.float32)):
        a_bar = np.ones((2, 2), source)
        pull(np.array([[1, 2], [3, 4]], target), a_bar)
        np.testing.assert_array_equal(a_bar, [[2, 3], [4, 5]])
