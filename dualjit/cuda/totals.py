"""Sums over points: each thread has sums of its own over its points, which are added up at the end.

One idea: additions to few addresses by many threads wait for each other.  So as long as memory of a thread's own holds
the sums, the threads of a warp add up theirs by shuffles, and one of them adds the total atomically.

Relies on all threads of a warp coming to the end together: none returns before.
"""

from __future__ import annotations

from collections.abc import Callable

from numba import njit

MOST_BYTES = 512
"""Of a thread's own sums, which a multiprocessor's cache holds for its threads; larger ones are added to in place."""
MOST_BLOCKS = 2048
"""Of threads with sums of their own: more points than these have threads share them."""
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
            part = own[k]
            distance = 16
            while distance > 0:
                part += cuda.shfl_down_sync(WARP, part, distance)
                distance //= 2
            if cuda.laneid == 0:
                cuda.atomic.add(totals, k, part)

    return add
