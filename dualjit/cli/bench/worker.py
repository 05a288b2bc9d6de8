"""One problem by one library, in a process of its own.

One idea: a fresh process, pinned to one core (to more for a problem with more threads), has
compiled nothing before, so compile times mean the same for every problem, and a crash takes one
row with it, not the table.
It speaks JSON, one object a line: ``{"stage": ...}`` as it goes on, then ``{"row": ..., "timers": [...]}`` or
``{"failure": ...}``.  From then on it is asked for batches, ``[timer, number of calls]``, and answers
``{"seconds": ...}``; when nothing more is asked, ``{"peak memory": ...}``.
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

from . import memory, peers, stages, timing, verify
from .problems import SCENARIOS

OURS = "dualjit"


def main(name: str, engine: str, size: str, *options: str) -> None:
    """Prepare the named problem, say what came out, and time what is asked for."""
    try:
        scenario = next(s for s in SCENARIOS if s.name == name)
        pin(scenario.threads)
        args = scenario.inputs(int(size))
        before = memory.resident()
        prepare = functools.partial(ours, recorded="stages" in options) if engine == OURS else theirs(engine)
        row, timers = prepare(scenario, args)
    except Exception as error:  # a failure is a result: it becomes a row of the table
        traceback.print_exc()
        say({"failure": f"{type(error).__name__}: {error}".splitlines()[0]})
        return
    say({"row": row, "timers": list(timers)})
    for line in sys.stdin:
        asked, number = json.loads(line)
        if number > 1:  # what other processes have thrown out of the caches
            timers[asked].timeit(1)
        say({"seconds": timers[asked].timeit(number)})
    say({"peak memory": max(0, memory.peak() - before)})


def ours(scenario, args: tuple, recorded: bool) -> tuple[dict, dict[str, timeit.Timer]]:
    """Compile and verify our derivative: the beginning of the row, and what to time if it is right."""
    derivative = scenario.derivative(getattr(dj, scenario.transform))
    say({"stage": "compiling"})
    warm_up(scenario.transform)
    function = timing.first_call(scenario.function, scenario.point(args))
    with stages.recorder(recorded) as spent:
        first = timing.first_call(derivative, args)
    row = {
        "name": scenario.name,
        "transform": scenario.transform,
        "inputs": scenario.number_of_inputs(args),
        "outputs": int(np.size(function.answer)),
        "compile function": function.processor,
        "compile derivative": first.processor,
        "first call": first.wall,
        **({"stages": spent} if recorded else {}),
    }
    say({"stage": "verifying"})
    row["error"] = verify.error(first.answer, scenario.reference(*args))
    if row["error"] > verify.TOLERANCE:
        return row, {}  # the time of a wrong answer is of no interest
    return row, contenders(scenario, derivative, args)


def contenders(scenario, derivative: Callable, args: tuple) -> dict[str, timeit.Timer]:
    """What is timed in turns."""
    timers = {
        "function": timing.timer(scenario.function, scenario.point(args)),
        "derivative": timing.timer(derivative, args, threads(scenario.threads)),
    }
    if scenario.bare is not None:
        scenario.bare(*args)
        timers["bare"] = timing.timer(scenario.bare, args)
    if scenario.baseline is not None:
        timers[scenario.baseline] = BASELINES[scenario.baseline](scenario, derivative, args)
    return timers


def theirs(name: str) -> Callable:
    """Compile and verify a peer's derivative: what there is to say about it, and a timer if it is right."""

    def prepare(scenario, args: tuple) -> tuple[dict, dict[str, timeit.Timer]]:
        form = peers.form(name, scenario)
        call, as_numpy = None, None

        def begin():
            nonlocal call, as_numpy
            call, as_numpy = peers.build(name, form, scenario, args)
            return call()

        first = timing.first_call(begin)
        error = verify.error(as_numpy(first.answer), scenario.reference(*args))
        row = {"form": form.text, "compile": first.processor, "first call": first.wall, "error": error}
        return row, {"derivative": timing.timer(call, ())} if error <= peers.tolerance(name) else {}

    return prepare


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
