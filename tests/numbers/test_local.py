"""Arrays on the stack and blocks in one piece of memory are arrays like others."""

import numpy as np
import pytest
from numba import njit, types

from dualjit.numbers import Dual
from dualjit.numbers.intrinsics import lift, partial, seed
from dualjit.numbers.local import ROOM, SHARED, block_of, local_zeros

NUMBER = Dual(types.float64, 2)


@njit
def sums_on_the_stack(x):
    a = local_zeros(x, 0.0)
    for i, at in enumerate(np.ndindex(x.shape)):
        a[at] += i * x[at]
    return a.sum()


@pytest.mark.parametrize("shape", [(), (5,), (3, 4), (0, 2), (ROOM,)], ids=str)
def test_local_array(shape):
    x = np.ones(shape)
    for _ in range(2):  # the second call finds the memory of the first
        assert sums_on_the_stack(x) == sum(range(x.size))


def test_local_array_of_duals():
    @njit
    def f(x):
        a = local_zeros(x, lift(0.0, NUMBER))
        a[1] += seed(NUMBER, 3.0, 1)
        return partial(a[0], 1), partial(a[1], 0), partial(a[1], 1)

    assert f(np.ones(3)) == (0.0, 0.0, 1.0)


@njit
def blocks(n):
    memory = np.zeros(4 * n + 2 if 4 * n + 2 <= SHARED else 0)
    return block_of(memory, 0, (n, 4)), block_of(memory, 4 * n, (2,))


@pytest.mark.parametrize("n", [0, 3, SHARED])
def test_blocks(n):
    first, second = blocks(n)
    assert first.shape == (n, 4)
    assert second.shape == (2,)
    first[...], second[...] = 1.0, 2.0
    assert first.flags.c_contiguous
    np.testing.assert_array_equal(first, np.ones((n, 4)))
    np.testing.assert_array_equal(second, [2.0, 2.0])
