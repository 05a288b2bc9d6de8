"""Sums over points: each thread has sums of its own over its points, which are added up at the end.

One idea: additions to few addresses by many threads wait for each other.  So as long as memory of a thread's own holds
the sums, the threads of a warp add up theirs by shuffles, and one of them adds the total atomically.

Relies on all threads of a warp coming to the shuffles together: none returns before, and no condition stands in a loop
with them, or the compiler makes two loops of it, one for the thread that adds and one for the others.
"""

from __future__ import annotations

from collections.abc import Callable

from numba import njit

MOST_BYTES = 512
"""Of a thread's own sums, which a multiprocessor's cache holds for its threads; larger ones are added to in place."""
MOST_BLOCKS = 2048
"""Of threads with sums of their own: more points than these have threads share them."""
NUMBERS_OF_BLOCKS = (512, 1024, 2048, 4096)
"""Which are timed."""
WARP = 0xFFFFFFFF


@njit
def add_on_host(totals, own):
    """``totals += own``, both flat."""
    for k in range(totals.size):
        totals[k] += own[k]


def add_on_device(cuda) -> Callable:
    """The same for all threads."""

    @cuda.jit(device=True)
    def add(totals, own):
        for k in range(totals.size):
            distance = 16
            while distance > 0:
                own[k] += cuda.shfl_down_sync(WARP, own[k], distance)
                distance //= 2
        if cuda.laneid == 0:
            for k in range(totals.size):
                cuda.atomic.add(totals, k, own[k])

    return add
