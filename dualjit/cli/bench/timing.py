"""Timing that a busy machine disturbs as little as possible.

One idea: the calls to compare take turns, one short batch of each per round, so that whatever
slows the machine slows all of them in the same round; medians over the rounds do the rest.
"""

import time
import timeit
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Effort:
    """How long to measure: rounds, seconds for one batch, and seconds after which few rounds are enough.

    A batch is short against the time slices of the system's scheduler: on a busy machine most batches are then
    not interrupted, and the median does not see those that are.
    """

    rounds: int
    batch: float
    seconds: float


FULL = Effort(rounds=401, batch=3e-4, seconds=15.0)
QUICK = Effort(rounds=101, batch=2e-4, seconds=4.0)
TINY = Effort(rounds=3, batch=1e-4, seconds=1.0)
FEW_ROUNDS = 21


def interleaved(timers: Mapping[str, timeit.Timer], effort: Effort) -> dict[str, np.ndarray]:
    """Seconds per call of each timer, round by round.

    Parameters
    ----------
    timers : mapping of str to Timer
        What to time; already compiled.
    effort : Effort
        How long to measure.

    Returns
    -------
    dict
        For each timer's name an array with one figure per round.
    """
    counts = {name: calls_per_batch(t, effort.batch) for name, t in timers.items()}
    seconds: dict[str, list[float]] = {name: [] for name in timers}
    enough = time.perf_counter() + effort.seconds
    for done in range(effort.rounds):
        if done >= FEW_ROUNDS and time.perf_counter() > enough:
            break
        for name, t in timers.items():
            seconds[name].append(t.timeit(counts[name]) / counts[name])
    return {name: np.array(values) for name, values in seconds.items()}


def timer(function: Callable, args: Sequence, setup: Callable = lambda: None) -> timeit.Timer:
    """A timer of ``function(*args)`` written out, because unpacking a tuple costs time too.

    Before each batch it calls ``setup()``, which is not timed.
    """
    names = [f"a{k}" for k in range(len(args))]
    scope = dict(zip(names, args, strict=True), function=function)
    return timeit.Timer(f"function({', '.join(names)})", setup, globals=scope)


def calls_per_batch(t: timeit.Timer, batch: float) -> int:
    """How many calls fill a batch."""
    once = min(t.repeat(repeat=3, number=1))
    return max(1, round(batch / max(once, 1e-8)))


def first_call(function: Callable, args: tuple) -> tuple[float, object]:
    """Processor seconds of the call that compiles, and its answer."""
    start = time.process_time()
    answer = function(*args)
    return time.process_time() - start, answer
