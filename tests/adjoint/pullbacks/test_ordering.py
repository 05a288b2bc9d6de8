"""Pullbacks of functions that choose, order or locate elements by value."""

import numpy as np
import pytest
from numba import njit

import dualjit as dj
import dualjit.adjoint.pullbacks.ordering
from dualjit.adjoint.pullbacks import pullback_of
from tests.adjoint.pullbacks.differences import judge_variant
from tests.adjoint.pullbacks.judge import Case, compiled_apart, judge

RNG = np.random.default_rng(14)
X, Y, Z = RNG.standard_normal(5), RNG.standard_normal(5), RNG.standard_normal(5)
A, B = RNG.standard_normal((3, 4)), RNG.standard_normal((3, 4))
F = np.asfortranarray(B)
ROW = RNG.standard_normal(4)
T = RNG.standard_normal((2, 3, 2))
YES, ALSO = np.array([True, False, True, True, False]), np.array([False, False, True, False, True])
TABLE = A > 0
I, J = np.array([2, -1, 2]), np.array([[0, 1], [-1, 3]])
ROWS, COLUMNS = np.array([[0, 2], [1, 1], [-1, 3]]), np.array([[2, 0, -1, 0]])
GRID = np.array([-1.0, -0.2, 0.4, 1.1])
U = np.array([-0.7, 0.1, 0.3, 1.0, 2.0, -3.0])


def where(condition, x, y):
    return np.where(condition, x, y)


def clip(a, a_min, a_max):
    return np.clip(a, a_min, a_max)


def interp(x, xp, fp):
    return np.interp(x, xp, fp)


def sorted_here(a):
    a = a.copy()
    a.sort()
    return a


def take(a, indices):
    return np.take(a, indices)


def select(condlist, choicelist, default):
    return np.select(condlist, choicelist, default)


@njit
def partitioned(a):
    return np.partition(a, -2)


def along_1(arr, indices):
    return np.take_along_axis(arr, indices, 1)


# Where the choice is made again from values, these are inputs of the differentiation by operands, too: it gives zero.
CASES = [
    Case("where", where, {"condition": TABLE, "x": ROW, "y": F}),
    Case("select", select, {"condlist": (YES, ALSO), "choicelist": (X, Y), "default": 0.5}),
    Case("clip", clip, {"a": X, "a_min": -0.4, "a_max": Z}),
    Case("sort", lambda a: np.sort(a), {"a": F[:2]}),
    Case("sort_in_place", sorted_here, {"a": X}, second=False),
    Case("partition", lambda a: np.partition(a, 2), {"a": X}, given={"kth": 2}, second=False),
    Case("take", take, {"a": X, "indices": I}),
    Case("take", lambda a: np.take(a, 1, axis=0), {"a": A}, given={"indices": 1, "axis": 0}),
    Case("take_along_axis", along_1, {"arr": A, "indices": ROWS}, given={"axis": 1}),
    Case("extract", lambda condition, arr: np.extract(condition, arr), {"condition": YES, "arr": X}),
    Case("interp", interp, {"x": U, "xp": GRID, "fp": ROW}),
    Case("interp", interp, {"x": 0.1, "xp": GRID, "fp": ROW}, "x fp"),
    Case("bincount", lambda a, weights: np.bincount(a, weights), {"a": np.array([2, 0, 2]), "weights": ROW[:3]}),
]
VARIANTS = [
    Case("where", where, {"condition": YES, "x": X, "y": Y}),
    Case("where", where, {"condition": YES, "x": X, "y": 0.5}),
    Case("where", where, {"condition": YES, "x": X, "y": 0.5}, "x"),
    Case("where", where, {"condition": TABLE, "x": A[:, :1].copy(), "y": F}, "x"),
    Case("select", select, {"condlist": [YES, ALSO], "choicelist": [X, Y], "default": 0.5}),
    Case("select", select, {"condlist": (YES, ALSO), "choicelist": (X, Y), "default": 0.5}, "choicelist_1 default"),
    Case("clip", clip, {"a": X, "a_min": -0.4, "a_max": 0.5}),
    Case("clip", clip, {"a": X, "a_min": -0.4, "a_max": 0.5}, "a"),
    Case("clip", clip, {"a": A, "a_min": ROW, "a_max": 0.9}),
    Case("clip", lambda a, a_min: np.clip(a, a_min, None), {"a": X, "a_min": 0.1}, given={"a_max": None}),
    Case("clip", lambda a, a_max: np.clip(a, None, a_max), {"a": F, "a_max": A}, given={"a_min": None}),
    Case("sort", lambda a: np.sort(a), {"a": X}),
    Case("sort_in_place", sorted_here, {"a": A}),
    # Not NumPy's: partitions of the two differ.
    Case("partition", lambda a: partitioned(a), {"a": A}, given={"kth": -2}),
    Case("take", lambda a: np.take(a, -2), {"a": X}, given={"indices": -2}),
    Case("take", lambda a: np.take(a, 7), {"a": F}, given={"indices": 7}),
    Case("take", take, {"a": A, "indices": J}),
    Case("take", lambda a: np.take(a, (1, 1, 3)), {"a": X}, given={"indices": (1, 1, 3)}),
    Case("take", lambda a, indices: np.take(a, indices, axis=1), {"a": A, "indices": I}, given={"axis": 1}),
    Case("take", lambda a, indices: np.take(a, indices, axis=-2), {"a": T, "indices": I}, given={"axis": -2}),
    Case("take", lambda a: np.take(a, 1, axis=0), {"a": X}, given={"indices": 1, "axis": 0}),
    Case(
        "take_along_axis", lambda a, i: np.take_along_axis(a, i, 0), {"arr": A, "indices": COLUMNS}, given={"axis": 0}
    ),
    Case(
        "take_along_axis", lambda a, i: np.take_along_axis(a, i, None), {"arr": A, "indices": I}, given={"axis": None}
    ),
    Case("extract", lambda condition, arr: np.extract(condition, arr), {"condition": TABLE, "arr": F}),
    Case("interp", interp, {"x": U.reshape(2, 3), "xp": GRID, "fp": ROW}, "x"),
    Case("interp", interp, {"x": U, "xp": GRID[:1], "fp": ROW[:1]}),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_ordering(case):
    judge(case)


@pytest.mark.parametrize("case", VARIANTS, ids=str)
def test_variants(case):
    judge_variant(case)


def compiled(row):
    return compiled_apart(pullback_of(row).function)


TIED = np.array([0.5, -1.0, 0.5, 2.0, 0.5, -1.0, np.nan, 0.0, -0.0])
WEIGHTS = np.arange(1.0, 10.0)


@pytest.mark.parametrize("row", ["sort", "partition", "sort_in_place"])
def test_equal_elements_are_told_apart_as_in_forward_mode(row):
    primal = {"sort": np.sort, "partition": lambda a: np.partition(a, 4), "sort_in_place": sorted_here}[row]
    jacobian = dj.jacfwd(lambda a: primal(a))(TIED)
    a_bar = WEIGHTS.copy() if row == "sort_in_place" else np.zeros(9)
    given = {"sort": (TIED, WEIGHTS, a_bar), "partition": (TIED, 4, WEIGHTS, a_bar)}
    compiled(row)(*given.get(row, (TIED, "quicksort", None, False, a_bar)))
    np.testing.assert_array_equal(a_bar, WEIGHTS @ jacobian)


def test_clipping_at_a_bound_is_the_identity():
    a, low, high = np.array([0.0, 0.0, 1.0, np.nan, 2.0]), np.array([0.0, 1.0, 0.0, 0.0, 3.0]), np.full(5, 1.0)
    jacobians = dj.jacfwd(clip, (0, 1, 2))(a, low, high)
    bars = np.zeros((3, 5))
    compiled("clip")(a, low, high, WEIGHTS[:5], *bars)
    for bar, jacobian in zip(bars, jacobians, strict=True):
        np.testing.assert_array_equal(bar, WEIGHTS[:5] @ jacobian)


def test_interpolation_on_its_points_and_at_nan():
    x = np.array([-1.0, -0.2, 1.1, np.nan, 1.2])
    jacobians = dj.jacfwd(interp, (0, 1, 2))(x, GRID, ROW)
    bars = np.zeros(5), np.zeros(4), np.zeros(4)
    compiled("interp")(x, GRID, ROW, WEIGHTS[:5], *bars)
    for bar, jacobian in zip(bars, jacobians, strict=True):
        np.testing.assert_allclose(bar, WEIGHTS[:5] @ jacobian, rtol=1e-14, atol=1e-14)


def test_a_choice_between_numbers_has_an_answer_without_axes():
    x_bar, y_bar = np.zeros(()), np.zeros(())
    pull = compiled("where")
    pull(True, np.array(2.0), x_bar, y_bar)
    pull(True, np.array(2.0), None, y_bar)
    assert (x_bar, y_bar) == (2, 0)


@pytest.mark.parametrize(("reverse", "order"), [(False, [1, 3, 0, 2]), (True, [2, 0, 3, 1])])
def test_sorting_lists(reverse, order):
    u = WEIGHTS[:4]
    sorted_pull, in_place_pull = compiled("sorted"), compiled("sort_in_place")

    @njit
    def run(a, u):
        items, shadow, after = [v for v in a], [0.0 for _ in a], [v for v in u]  # noqa: C416
        sorted_pull(items, None, reverse, [v for v in u], shadow)  # noqa: C416
        one, other = np.zeros(()), np.zeros(())
        sorted_pull((a[0], a[1], a[2], a[3]), None, reverse, [v for v in u], (one, None, other, None))  # noqa: C416
        in_place_pull(items, "quicksort", None, reverse, after)
        return np.array(shadow), np.array(after), np.array([one[()], other[()]])

    expected = np.zeros(4)
    expected[order] = u
    shadow, after, some = run(np.array([0.5, -1.0, 2.0, 0.25]), u)
    np.testing.assert_array_equal(shadow, expected)
    np.testing.assert_array_equal(after, expected)
    np.testing.assert_array_equal(some, expected[::2])


def test_sorting_by_a_key():
    key, sorted_pull = njit(lambda v: v * v), compiled("sorted")

    @njit
    def run(a, u):
        shadow = np.zeros(a.size)
        sorted_pull(a, key, False, [v for v in u], shadow)  # noqa: C416
        return shadow

    np.testing.assert_array_equal(run(np.array([0.5, -2.0, 1.0]), WEIGHTS[:3]), [1, 3, 2])


def test_numbers_that_are_not_finite_are_replaced():
    x = np.array([0.5, np.nan, np.inf, -np.inf, np.nan])
    pull = compiled("nan_to_num")
    x_bar, nan_bar, posinf_bar = np.zeros(5), np.zeros(()), np.zeros(())
    pull(x, WEIGHTS[:5], x_bar, nan_bar, posinf_bar, None)
    np.testing.assert_array_equal(x_bar, [1, 0, 0, 0, 0])
    assert (nan_bar, posinf_bar) == (2 + 5, 3)
    in_place = WEIGHTS[:5].copy()
    pull(x, None, in_place, None, None, nan_bar)
    np.testing.assert_array_equal(in_place, [1, 0, 0, 0, 0])
    assert nan_bar == 7 + 4
    pull(0.5, 3.0, posinf_bar, None, None, None)
    assert posinf_bar == 6
