"""One contestant, compiled, checked and timed.

Best of several rounds; a round is enough launches for ten milliseconds, enqueued one after the other.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext

import numpy as np

from dualjit.cuda.bench.contestants import Contestant, Loaded
from dualjit.cuda.bench.scenarios import Scenario

ROUNDS, ROUND_SECONDS = 7, 0.01
SAMPLES = 64
BOUNDS = {"float64": 1e-9, "float32": 1e-2}


class Point:
    """Where a scenario is measured: its arguments, and what is right at some of the points."""

    def __init__(self, scenario: Scenario, points: int, dtype):
        self.scenario, self.points, self.dtype = scenario, points, dtype
        self.arguments = scenario.arguments(points, dtype)
        self.at = np.unique(np.linspace(0, points - 1, SAMPLES).astype(np.int64))
        self.wanted = self.reference()

    def reference(self) -> list[np.ndarray]:
        """Values and derivatives in double precision, at the arguments as they are in ``dtype``, by the CPU."""
        given = [np.asarray(x, np.float64) for x in self.arguments]
        some, places = self.scenario.around(given, self.points, self.at)
        out = tuple(np.empty(shape) for shape in self.scenario.shapes(some[0].shape[-1]))
        self.scenario.driver(np.float64, self.points).on_cpu(*some, out=out)
        return [x[..., places] for x in out]

    def greatest_error(self, loaded: Loaded) -> float | None:
        """Relative to the greatest derivative; NaN where something was not written."""
        if loaded.answers is None:
            return None
        found = loaded.answers(self.at)
        errors = [np.max(np.abs(x - y)) / np.max(np.abs(y)) for x, y in zip(found, self.wanted, strict=True)]
        return float(np.max(errors))


def measured(
    contestant: Contestant, point: Point, alone: AbstractContextManager | None = None, rounds: int = ROUNDS
) -> dict:
    """The record of a contestant: nanoseconds for each point, seconds until the first answer, the greatest error.

    While it has the device, other processes that measure wait for ``alone``.
    """
    start = time.perf_counter()
    facts = contestant.compile()
    compiled = time.perf_counter() - start
    with alone or nullcontext():
        loaded = contestant.load()
        first = contestant.clock(loaded.run, 1)
        error = point.greatest_error(loaded)
        once = contestant.clock(loaded.run, 1)
        times = max(1, int(ROUND_SECONDS / once))
        best = min(contestant.clock(loaded.run, times) / times for _ in range(rounds))
    read, written, threads = point.scenario.moved(point.points)
    moved = (read + written) * threads * np.dtype(point.dtype).itemsize
    return {
        "log2_points": point.points.bit_length() - 1,
        "name": contestant.name,
        "ns_per_point": best / point.points * 1e9,
        "terabytes_per_second": moved / best / 1e12,
        "first_call_seconds": compiled + first,
        "error": error,
        "right": error is None or error <= BOUNDS[np.dtype(point.dtype).name],
        **facts,
    }
