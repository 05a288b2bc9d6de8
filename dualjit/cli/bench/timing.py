"""Timing that a busy machine disturbs as little as possible.

One idea: the calls to compare take turns, one short batch of each per round, so that whatever
slows the machine slows all of them in the same round; medians over the rounds do the rest.
"""

import os
import time
import timeit
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Effort:
    """How long to measure: rounds, seconds for one batch, and seconds after which few rounds are enough.

    A batch is short against the time slices of the system's scheduler: on a busy machine most batches are then
    not interrupted, and the median does not see those that are.  ``patience`` is how many seconds another library
    has for its first answer.
    """

    rounds: int
    batch: float
    seconds: float
    patience: float = 60.0


FULL = Effort(rounds=401, batch=3e-4, seconds=15.0)
QUICK = Effort(rounds=101, batch=2e-4, seconds=4.0)
TINY = Effort(rounds=3, batch=1e-4, seconds=1.0)
EFFORTS = {"full": FULL, "quick": QUICK, "tiny": TINY}
FEW_ROUNDS = 21
FEWEST_TURNS = 3
SHORT = 1e-3  # seconds of a call that takes part in every round
SLOW = 0.1  # seconds of a call that is tried once before it is timed


class Timer(Protocol):
    """What is timed: ``timeit.Timer``, or one in another process."""

    def timeit(self, number: int) -> float:
        """Seconds of so many calls."""


def interleaved(timers: Mapping[str, Timer], effort: Effort) -> dict[str, np.ndarray]:
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
        For each timer's name an array with one figure per round; fewer for one so slow that it has to sit out rounds.
    """
    once = {name: seconds_of_a_call(t) for name, t in timers.items()}
    counts = {name: max(1, round(effort.batch / max(s, 1e-8))) for name, s in once.items()}
    turns = {name: every(s, effort.seconds / len(timers)) for name, s in once.items()}
    seconds: dict[str, list[float]] = {name: [] for name in timers}
    enough = time.perf_counter() + effort.seconds
    for done in range(effort.rounds):
        if done >= FEW_ROUNDS and time.perf_counter() > enough:
            break
        for name, t in timers.items():
            if done % turns[name] == 0:
                seconds[name].append(t.timeit(counts[name]) / counts[name])
    return {name: np.array(values) for name, values in seconds.items()}


def every(seconds: float, share: float) -> int:
    """In which rounds a call takes part: in every one, unless few rounds of it would take more than its share."""
    if seconds < SHORT:
        return 1
    if seconds > share:
        return FEW_ROUNDS
    return min(max(1, round(FEW_ROUNDS * seconds / share)), FEW_ROUNDS // FEWEST_TURNS)


def timer(function: Callable, args: Sequence, setup: Callable = lambda: None) -> timeit.Timer:
    """A timer of ``function(*args)`` written out, because unpacking a tuple costs time too.

    Before each batch it calls ``setup()``, which is not timed.
    """
    names = [f"a{k}" for k in range(len(args))]
    scope = dict(zip(names, args, strict=True), function=function)
    return timeit.Timer(f"function({', '.join(names)})", setup, globals=scope)


def seconds_of_a_call(t: Timer) -> float:
    """The shortest of three calls; of one where it is slow."""
    first = t.timeit(1)
    return first if first > SLOW else min(first, t.timeit(1), t.timeit(1))


@dataclass(frozen=True)
class FirstCall:
    """The call that compiles: its answer, seconds on the processor, child processes included, and on the wall."""

    answer: object
    processor: float
    wall: float


def first_call(function: Callable, args: tuple = ()) -> FirstCall:
    """Call a function for the first time."""
    processor, wall = processor_seconds(), time.perf_counter()
    answer = function(*args)
    return FirstCall(answer, processor_seconds() - processor, time.perf_counter() - wall)


def processor_seconds() -> float:
    """Of this process, and of compilers it has called, in ticks of the system's clock for these."""
    return time.process_time() + sum(os.times()[2:4])
