"""Run workers and talk to them.

One idea: thread counts have to be in the environment before NumPy is loaded, so they are set for the child.
"""

import contextlib
import json
import os
import site
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import dualjit

from . import peers
from .peers.jax import ONE_THREAD

THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
)


class Failure(Exception):
    """A worker that has no row to give."""


class Worker:
    """A process with one problem by one library; leaving the ``with`` block ends it.

    Parameters
    ----------
    scenario : Scenario
    engine : str
        ``dualjit`` or a peer.
    size : int
        Of the problem.
    options : sequence of str
        More words for the worker.
    """

    def __init__(self, scenario, engine: str, size: int, options: Sequence[str] = ()):
        command = [sys.executable, "-P", "-m", "dualjit.cli.bench.worker", scenario.name, engine, str(size), *options]
        self.timers: dict[str, RemoteTimer] = {}
        self.complaints = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self.process = subprocess.Popen(
            command,
            env=environment(scenario.threads, engine),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.complaints,
            text=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.kill()
        self.process.stdout.close()
        self.process.wait()
        self.complaints.close()

    def row(self, stage: Callable[[str], None] = lambda text: None, patience: float | None = None) -> dict:
        """What it says about its derivative; raises Failure where it fails, or takes more seconds than are given it."""
        late = threading.Event()
        with alarm(patience, lambda: (late.set(), self.process.kill())):
            last = self.listen(stage)
        if "row" in last:
            self.timers = {name: RemoteTimer(self, name) for name in last["timers"]}
            return last["row"]
        if late.is_set():
            raise Failure(f"no answer in {patience:.0f} s")
        raise Failure(last.get("failure") or f"the process died, exit code {self.process.wait()}")

    def listen(self, stage: Callable[[str], None]) -> dict:
        """Pass its stages on; give the first message that is something else, empty when it says nothing more."""
        for line in self.process.stdout:
            message = json.loads(line)
            if "stage" not in message:
                return message
            stage(message["stage"])
        return {}

    def complaint(self) -> str:
        """What it wrote to standard error."""
        self.process.wait()
        self.complaints.seek(0)
        return self.complaints.read().strip()

    def finish(self) -> dict:
        """Ask for nothing more; what it says at the end."""
        self.process.stdin.close()
        return self.listen(lambda text: None)


@dataclass(frozen=True)
class RemoteTimer:
    """A timer in a worker."""

    worker: Worker
    name: str

    def timeit(self, number: int) -> float:
        """Seconds of so many calls."""
        print(json.dumps([self.name, number]), file=self.worker.process.stdin, flush=True)
        answer = self.worker.listen(lambda text: None)
        if "seconds" not in answer:
            raise Failure("the process died while it was timed")
        return answer["seconds"]


@contextlib.contextmanager
def alarm(seconds: float | None, ring: Callable):
    """Ring unless the block has ended by then."""
    clock = threading.Timer(seconds, ring) if seconds is not None else None
    if clock is not None:
        clock.start()
    yield
    if clock is not None:
        clock.cancel()


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def environment(threads: int = 1, engine: str = "dualjit") -> dict[str, str]:
    """This process's environment with a number of threads everywhere, and the same dualjit to import."""
    own = peers.environment(engine) if engine in peers.NAMES else {}
    answer = {**os.environ, **dict.fromkeys(THREADS, str(threads)), "DUALJIT_CACHE": "0", **own}
    if threads == 1:
        answer["XLA_FLAGS"] = " ".join(filter(None, [os.environ.get("XLA_FLAGS"), ONE_THREAD]))
    here = str(Path(dualjit.__file__).parents[1])
    if here not in site.getsitepackages():  # a checkout: nothing but its place tells the child where to look
        answer["PYTHONPATH"] = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
    return answer
