"""Measure one problem in a process of its own.

One idea: a fresh process, pinned to one core, has compiled nothing before, so compile times
mean the same for every problem, and a crash takes one row with it, not the table.
It speaks JSON, one object a line: ``{"stage": ...}`` as it goes on, at the end ``{"row": ...}`` or
``{"failure": ...}``.
"""

import json
import os
import sys
import time
import traceback
from collections.abc import Callable

import numpy as np
from numba import njit

import dualjit as dj

from . import timing, verify
from .problems import SCENARIOS

EFFORTS = {"full": timing.FULL, "quick": timing.QUICK, "tiny": timing.TINY}


def main(name: str, effort: str) -> None:
    """Measure the named problem and say what came out."""
    pin_to_one_core()
    try:
        scenario = next(s for s in SCENARIOS if s.name == name)
        say({"row": measure(scenario, effort)})
    except Exception as error:  # a failure is a result: it becomes a row of the table
        traceback.print_exc()
        say({"failure": f"{type(error).__name__}: {error}".splitlines()[0]})


def measure(scenario, effort: str) -> dict:
    """Compile, verify, time: the row of one problem."""
    args = scenario.inputs(scenario.tiny if effort == "tiny" else None)
    derivative = dj.jacfwd(scenario.function, argnums=scenario.argnums)
    say({"stage": "compiling"})
    warm_up()
    compile_function, value = first_call(scenario.function, args)
    compile_derivative, answer = first_call(derivative, args)
    row = {
        "name": scenario.name,
        "inputs": scenario.number_of_inputs(args),
        "outputs": int(np.size(value)),
        "compile function": compile_function,
        "compile derivative": compile_derivative,
    }
    say({"stage": "verifying"})
    row["error"] = verify.error(answer, scenario.reference(*args))
    if row["error"] > verify.TOLERANCE:
        return row  # the time of a wrong answer is of no interest
    say({"stage": "timing"})
    return {**row, **times(scenario, derivative, args, EFFORTS[effort])}


def times(scenario, derivative: Callable, args: tuple, effort: timing.Effort) -> dict[str, float]:
    """Median seconds per call of the function and of its derivative, and of what a bare call does not explain."""
    functions = {"function": scenario.function, "derivative": derivative}
    if scenario.bare is not None:
        scenario.bare(*args)
        functions["bare"] = scenario.bare
    seconds = timing.interleaved(functions, args, effort)
    if scenario.bare is not None:  # a small difference of large figures: taken within each round
        seconds["above bare"] = seconds["derivative"] - seconds["bare"]
    return {name: float(np.median(values)) for name, values in seconds.items()}


def warm_up() -> None:
    """Compile something small both ways: the first compilation of a process also loads the compiler."""

    @njit
    def square(x):
        return x[0] * x[0]

    x = np.ones(1)
    square(x)
    dj.jacfwd(square)(x)


def first_call(function: Callable, args: tuple) -> tuple[float, object]:
    """Processor seconds of the call that compiles, and its answer."""
    start = time.process_time()
    answer = function(*args)
    return time.process_time() - start, answer


def pin_to_one_core() -> None:
    """Stay on one core where the system allows it."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def say(message: dict) -> None:
    """Tell the process that waits for the row."""
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
