"""A row: our derivative of a problem, and those of the peers, in turns.

One idea: each library has a process of its own, so that none finds another's threads, memory or caches, and all of
them wait while one of them runs.
"""

import contextlib
import sys
from collections.abc import Callable, Sequence

import numpy as np

from . import peers, timing
from .process import Failure, Worker, cores
from .worker import OURS


def measure(
    scenario,
    effort: str,
    stage: Callable[[str], None] = lambda text: None,
    against: Sequence[str] = (),
    size: int | None = None,
    options: Sequence[str] = (),
) -> dict:
    """The row of a problem; a failure is a row too.

    Parameters
    ----------
    scenario : Scenario
    effort : str
        ``full``, ``quick`` or ``tiny``.
    stage : callable
        Hears what is going on.
    against : sequence of str
        Peers, all of them installed.
    size : int, optional
        Of the problem, where it is not the scenario's.
    options : sequence of str
        For our worker.
    """
    if scenario.threads > cores():
        return {"name": scenario.name, "skipped": f"needs {scenario.threads} cores, this machine has {cores()}"}
    if size is None:
        size = scenario.tiny if effort == "tiny" else scenario.size
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(Worker(scenario, OURS, size, options))
        try:
            row = {**ours.row(stage), "size": size}
            if not ours.timers:
                return row
            rivals = rivals_of(scenario, against, size, stage, timing.EFFORTS[effort].patience, stack)
            row["peers"] = {name: said for name, (said, _) in rivals.items()}
            stage("timing")
            workers = {OURS: ours, **{name: worker for name, (_, worker) in rivals.items()}}
            return timed(row, workers, timing.EFFORTS[effort])
        except Failure as failure:
            print(ours.complaint(), file=sys.stderr)
            return {"name": scenario.name, "failure": str(failure)}


def rivals_of(scenario, against: Sequence[str], size: int, stage: Callable, patience: float, stack) -> dict:
    """For each peer that has a form of the problem, what there is to say about it, and its worker."""
    rivals = {}
    for name in against:
        if peers.form(name, scenario) is None:
            continue
        stage(f"compiling with {peers.label(name)}")
        worker = stack.enter_context(Worker(scenario, name, size))
        try:
            rivals[name] = worker.row(patience=patience), worker
        except Failure as failure:  # whatever becomes of another library, it must not take our row down
            rivals[name] = {"failure": str(failure)}, worker
    return rivals


def timed(row: dict, workers: dict[str, Worker], effort: timing.Effort) -> dict:
    """The row with medians and minima of everything, and with the memory each process has taken."""
    timers = {**workers[OURS].timers}
    timers |= {name: timer for name in row["peers"] for timer in workers[name].timers.values()}
    seconds = timing.interleaved(timers, effort)
    if "bare" in seconds:  # a small difference of large figures: taken within each round
        seconds["above bare"] = seconds["derivative"] - seconds["bare"]
    for name, facts in row["peers"].items():
        if name in seconds:
            values = seconds.pop(name)
            facts |= {"time": float(np.median(values)), "minimum": float(np.min(values)), **workers[name].finish()}
    row |= {name: float(np.median(values)) for name, values in seconds.items()}
    row["minima"] = {name: float(np.min(values)) for name, values in seconds.items()}
    return {**row, **workers[OURS].finish()}
