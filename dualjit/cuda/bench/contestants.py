"""Who computes: each contestant is compiled, then given its arrays, then run against a clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Loaded:
    """A contestant that has its arrays.

    Attributes
    ----------
    run : callable
        Enqueues one computation of all points.
    answers : callable or None
        Indices of points to ``(values, derivatives)`` there, as NumPy arrays with the axis of points last; None where
        nothing is computed.
    """

    run: Callable
    answers: Callable | None = None


@dataclass
class Contestant:
    """One way to compute.

    Attributes
    ----------
    name : str
    compile : callable
        Makes it ready to run, and gives what else is to be recorded, a dict.
    load : callable
        Makes `Loaded`.
    clock : callable
        ``(run, times)`` to seconds.
    """

    name: str
    compile: Callable[[], dict]
    load: Callable[[], Loaded]
    clock: Callable


def event_clock(make: Callable, elapsed: Callable) -> Callable:
    """Seconds between two events on the device."""

    def clock(run, times):
        start, end = make(), make()
        start.record()
        for _ in range(times):
            run()
        end.record()
        end.synchronize()
        return elapsed(start, end) * 1e-3

    return clock


def wall_clock(wait: Callable) -> Callable:
    """Seconds on the host until all that was enqueued is done."""

    def clock(run, times):
        start = time.perf_counter()
        for _ in range(times):
            run()
        wait()
        return time.perf_counter() - start

    return clock
