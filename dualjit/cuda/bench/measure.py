"""One contestant, checked and timed.

Best of several rounds; a round is enough launches for ten milliseconds, enqueued one after the other.
"""

from __future__ import annotations

import time

import numpy as np

from dualjit.cuda.bench.contestants import Contestant
from dualjit.cuda.bench.scenarios import Scenario

ROUNDS, ROUND_SECONDS = 7, 0.01
SAMPLES = 64
BOUNDS = {"float64": 1e-9, "float32": 1e-2}


def measured(contestant: Contestant, scenario: Scenario, points: int, dtype, rounds: int = ROUNDS) -> dict:
    """The record of a contestant: nanoseconds for each point, the seconds of the first call, the greatest error."""
    start = time.perf_counter()
    contestant.clock(contestant.run, 1)
    first = time.perf_counter() - start
    error = greatest_error(contestant, scenario, points, dtype)
    once = contestant.clock(contestant.run, 1)
    times = max(1, int(ROUND_SECONDS / once))
    best = min(contestant.clock(contestant.run, times) / times for _ in range(rounds))
    moved = scenario.bytes_per_point(dtype)
    return {
        "name": contestant.name,
        "ns_per_point": best / points * 1e9,
        "terabytes_per_second": moved * points / best / 1e12,
        "first_call_seconds": first,
        "error": error,
        "right": error is None or error <= BOUNDS[np.dtype(dtype).name],
        **contestant.facts,
    }


def greatest_error(contestant: Contestant, scenario: Scenario, points: int, dtype) -> float | None:
    """The greatest error at some points, relative to the greatest derivative; NaN where something was not written."""
    if contestant.answers is None:
        return None
    at = np.unique(np.linspace(0, points - 1, SAMPLES).astype(int))
    found = [x[..., at] for x in contestant.answers()]
    wanted = reference(scenario, points, dtype, at)
    errors = [np.max(np.abs(x - y)) / np.max(np.abs(y)) for x, y in zip(found, wanted, strict=True)]
    return float(np.max(errors))


def reference(scenario: Scenario, points: int, dtype, at: np.ndarray) -> list[np.ndarray]:
    """Values and derivatives in double precision, at the points as they are in ``dtype``, by the CPU."""
    arguments = [np.asarray(x, np.float64) for x in scenario.arguments(points, dtype)]
    some = [np.ascontiguousarray(x[..., at]) if x.shape[-1] == points else x for x in arguments]
    shape = (scenario.outputs,) if scenario.outputs > 1 else ()
    out = np.empty((*shape, len(at))), np.empty((*shape, scenario.columns, len(at)))
    scenario.transform(scenario.function(np.float64)).on_cpu(*some, out=out)
    return list(out)
