"""Making dual numbers, taking them apart, and their memory."""

import numba as nb
import numpy as np
import pytest
from numba import types

from dualjit.numbers import Dual
from dualjit.numbers.intrinsics import (
    as_duals,
    as_floats,
    from_partials,
    lift,
    partial,
    primal,
    seed,
    store_partials,
    value,
)

F4, F8 = types.float32, types.float64
D = Dual(F8, 4, 1)
S = Dual(F4, 4, 1)
N = Dual(D, 2, 2)


@nb.njit
def unpacked(d):
    return value(d), np.array([partial(d, i) for i in range(4)])


def test_seed_sets_one_lane_and_none_outside():
    @nb.njit
    def seeded(i):
        return unpacked(seed(D, 2.5, i))

    for i in range(-2, 7):
        v, partials = seeded(i)
        assert v == 2.5
        np.testing.assert_array_equal(partials, np.arange(4) == i)


def test_seed_over_duals():
    @nb.njit
    def seeded(i):
        d = seed(N, seed(D, 2.5, 3), i)
        return unpacked(value(d)), unpacked(partial(d, 0)), unpacked(partial(d, 1))

    (v, inner), first, second = seeded(1)
    assert v == 2.5
    np.testing.assert_array_equal(inner, [0, 0, 0, 1])
    assert (first[0], second[0]) == (0.0, 1.0)
    assert not first[1].any()
    assert not second[1].any()


def test_lift():
    @nb.njit
    def lifted(x, n):
        d = seed(D, x, 0)
        nested = value(lift(d, N))
        return unpacked(lift(x, D)), unpacked(lift(n, D)), unpacked(lift(d, D)), unpacked(nested), lift(n, F8)

    (a, p), (b, q), (c, r), (e, s), f = lifted(2.5, 3)
    assert (a, b, c, e, f) == (2.5, 3.0, 2.5, 2.5, 3.0)
    assert not p.any()
    assert not q.any()
    np.testing.assert_array_equal(r, [1, 0, 0, 0])
    np.testing.assert_array_equal(s, [1, 0, 0, 0])


def test_lift_never_goes_down():
    @nb.njit
    def lowered(x):
        return lift(seed(D, x, 0), F8)

    with pytest.raises(nb.TypingError):
        lowered(1.0)


def test_primal_is_the_innermost_value():
    @nb.njit
    def innermost(x, n):
        d, s = seed(D, x, 0), seed(S, np.float32(x), 0)
        return primal(x), primal(n), primal(d), primal(seed(N, d, 1)), primal(s)

    assert innermost(2.5, 3) == (2.5, 3, 2.5, 2.5, 2.5)


@pytest.mark.parametrize("step", [1, 2, -1])
def test_from_partials_reads_any_stride(step):
    @nb.njit
    def built(v, p):
        return unpacked(from_partials(D, v, p))

    p = np.arange(8.0)[::step]
    v, partials = built(2.5, p)
    assert v == 2.5
    np.testing.assert_array_equal(partials, p[:4])


def test_store_partials_writes_its_range_only():
    @nb.njit
    def stored(out, start, lo, hi):
        store_partials(from_partials(D, 2.5, np.array([1.0, 2.0, 3.0, 4.0])), out, start, lo, hi)

    for lo in range(5):
        for hi in range(lo, 5):
            for start in range(3):
                out = np.zeros(8)
                stored(out, start, lo, hi)
                expected = np.zeros(8)
                expected[start : start + hi - lo] = np.arange(1.0, 5.0)[lo:hi]
                np.testing.assert_array_equal(out, expected)


def test_store_partials_over_duals():
    @nb.njit
    def stored(x, lo, hi):
        out = np.zeros((3, 5))
        d = seed(N, seed(D, x, 3), 1) * seed(D, 2.0, 0)
        store_partials(d, as_duals(out, D), 1, lo, hi)
        return out

    for lo in (0, 1):
        out = stored(2.5, lo, 2)
        np.testing.assert_array_equal(out[2 - lo], [2.0, 1.0, 0.0, 0.0, 0.0])
        assert not out[0].any()


@pytest.mark.parametrize("number", [D, S, N], ids=str)
def test_memory_is_shared_both_ways(number):
    size = 15 if number is N else 5
    dtype = np.dtype(str(number.scalar))

    @nb.njit
    def doubled(memory):
        duals = as_duals(memory, number)
        for index, d in np.ndenumerate(duals):
            duals[index] = d + d
        return as_floats(duals)

    memory = np.arange(6.0 * size, dtype=dtype).reshape(2, 3, size)
    expected = 2 * memory
    view = doubled(memory)
    np.testing.assert_array_equal(memory, expected)
    np.testing.assert_array_equal(view, expected)
    assert view.dtype == dtype
    assert np.shares_memory(view, memory)


def test_memory_outlives_its_maker():
    @nb.njit
    def made(n):
        duals = np.empty(n, D)
        for i in range(n):
            duals[i] = seed(D, 1.0 * i, i)
        return as_floats(duals)

    for _ in range(100):
        np.testing.assert_array_equal(made(3), np.column_stack([np.arange(3.0), np.eye(3, 4)]))


def test_as_duals_checks_the_last_axis():
    @nb.njit
    def viewed(memory):
        return len(as_duals(memory, D))

    assert viewed(np.zeros((2, 5))) == 2
    with pytest.raises(ValueError, match="length 5"):
        viewed(np.zeros((2, 4)))


def test_memory_of_another_layout_or_type_is_refused():
    @nb.njit
    def viewed(memory):
        return len(as_duals(memory, D))

    for memory in (np.zeros((5, 5))[:, ::2], np.zeros((5, 5)).T, np.zeros((2, 5), np.float32)):
        with pytest.raises(nb.TypingError):
            viewed(memory)


def test_strided_and_transposed_arrays_of_duals():
    @nb.njit
    def total(memory):
        duals = as_duals(memory, D)
        s = 0.0
        for d in duals.T[::2, ::-1].flat:
            s += d
        for row in duals:
            s += row[-1]
        return unpacked(s)

    memory = np.random.default_rng(1).integers(0, 99, (3, 4, 5)).astype(float)
    v, partials = total(memory)
    np.testing.assert_array_equal([v, *partials], memory[:, ::2].sum((0, 1)) + memory[:, -1].sum(0))
