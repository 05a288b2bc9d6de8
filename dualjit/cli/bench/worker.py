"""Measure one problem in a process of its own.

One idea: a fresh process, pinned to one core (to more for a problem with more threads), has
compiled nothing before, so compile times mean the same for every problem, and a crash takes one
row with it, not the table.
It speaks JSON, one object a line: ``{"stage": ...}`` as it goes on, at the end ``{"row": ...}`` or
``{"failure": ...}``.
"""

import functools
import json
import os
import sys
import timeit
import traceback
from collections.abc import Callable

import numpy as np
from numba import njit, set_num_threads

import dualjit as dj

from . import peer, timing, verify
from .problems import SCENARIOS

EFFORTS = {"full": timing.FULL, "quick": timing.QUICK, "tiny": timing.TINY}


def main(name: str, effort: str) -> None:
    """Measure the named problem and say what came out."""
    try:
        scenario = next(s for s in SCENARIOS if s.name == name)
        pin(scenario.threads)
        say({"row": measure(scenario, effort)})
    except Exception as error:  # a failure is a result: it becomes a row of the table
        traceback.print_exc()
        say({"failure": f"{type(error).__name__}: {error}".splitlines()[0]})


def measure(scenario, effort: str) -> dict:
    """Compile, verify, time: the row of one problem."""
    args = scenario.inputs(scenario.tiny if effort == "tiny" else None)
    derivative = scenario.derivative(getattr(dj, scenario.transform))
    say({"stage": "compiling"})
    warm_up(scenario.transform)
    compile_function, value = timing.first_call(scenario.function, scenario.point(args))
    compile_derivative, answer = timing.first_call(derivative, args)
    row = {
        "name": scenario.name,
        "transform": scenario.transform,
        "inputs": scenario.number_of_inputs(args),
        "outputs": int(np.size(value)),
        "compile function": compile_function,
        "compile derivative": compile_derivative,
    }
    say({"stage": "verifying"})
    reference = scenario.reference(*args)
    row["error"] = verify.error(answer, reference)
    if row["error"] > verify.TOLERANCE:
        return row  # the time of a wrong answer is of no interest
    facts, timers = contenders(scenario, derivative, args, reference)
    say({"stage": "timing"})
    return {**row, **facts, **times(timers, EFFORTS[effort])}


def contenders(scenario, derivative: Callable, args: tuple, reference) -> tuple[dict, dict[str, timeit.Timer]]:
    """What is timed in turns; and what there is to say about JAX, where it takes part."""
    timers = {
        "function": timing.timer(scenario.function, scenario.point(args)),
        "derivative": timing.timer(derivative, args, threads(scenario.threads)),
    }
    if scenario.bare is not None:
        scenario.bare(*args)
        timers["bare"] = timing.timer(scenario.bare, args)
    if scenario.baseline is not None:
        timers[scenario.baseline] = BASELINES[scenario.baseline](scenario, derivative, args)
    if scenario.jax is None or not peer.installed():
        return {}, timers
    say({"stage": "compiling with JAX"})
    facts, timer = peer.compare(scenario, args, reference)
    return facts, timers if timer is None else {**timers, "jax": timer}


def gradient(scenario, derivative: Callable, args: tuple) -> timeit.Timer:
    """A timer of the function's gradient."""
    function, point = dj.grad(scenario.function, argnums=scenario.argnums), scenario.point(args)
    function(*point)
    return timing.timer(function, point)


def one_thread(scenario, derivative: Callable, args: tuple) -> timeit.Timer:
    """A timer of the derivative in one thread."""
    return timing.timer(derivative, args, functools.partial(set_num_threads, 1))


BASELINES = {"gradient": gradient, "one thread": one_thread}


def threads(number: int) -> Callable:
    """What sets the number of threads; nothing for one thread, since that starts Numba's."""
    return functools.partial(set_num_threads, number) if number > 1 else lambda: None


def times(timers: dict[str, timeit.Timer], effort: timing.Effort) -> dict[str, float]:
    """Median seconds per call of everything, and of what a bare call does not explain."""
    seconds = timing.interleaved(timers, effort)
    if "bare" in seconds:  # a small difference of large figures: taken within each round
        seconds["above bare"] = seconds["derivative"] - seconds["bare"]
    return {name: float(np.median(values)) for name, values in seconds.items()}


def warm_up(transform: str) -> None:
    """Compile something small both ways: the first compilation of a process also loads the compiler."""
    similar = {"hvp": "hessian", "linearize": "jacrev", "vmap": "jacfwd"}

    @njit
    def square(x):
        return x[0] * x[0]

    x = np.ones(1)
    square(x)
    getattr(dj, similar.get(transform, transform))(square)(x)


def pin(cores: int) -> None:
    """Stay on one core, or a few, where the system allows it."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-cores:])


def say(message: dict) -> None:
    """Tell the process that waits for the row."""
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
