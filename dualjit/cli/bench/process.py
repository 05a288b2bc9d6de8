"""Run the worker of one problem and listen to it.

One idea: thread counts have to be in the environment before NumPy is loaded, so they are set for the child.
"""

import json
import os
import site
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import dualjit

from . import peer

THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
)


def measure(name: str, effort: str, stage: Callable[[str], None], threads: int = 1) -> dict:
    """The row of a problem, measured in a process of its own; a failure is a row too."""
    if threads > cores():
        return {"name": name, "skipped": f"needs {threads} cores, this machine has {cores()}"}
    command = [sys.executable, "-P", "-m", "dualjit.cli.bench.worker", name, effort]
    with tempfile.TemporaryFile("w+") as complaints:
        with subprocess.Popen(
            command, env=environment(threads), stdout=subprocess.PIPE, stderr=complaints, text=True
        ) as worker:
            last = listen(worker.stdout, stage)
        if "row" in last:
            return last["row"]
        complaints.seek(0)
        print(complaints.read().strip(), file=sys.stderr)
    return {"name": name, "failure": last.get("failure", f"the process died, exit code {worker.returncode}")}


def listen(lines, stage: Callable[[str], None]) -> dict:
    """Pass the worker's stages on; give its last message, empty when it said nothing."""
    message: dict = {}
    for line in lines:
        message = json.loads(line)
        if "stage" in message:
            stage(message["stage"])
    return message


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def environment(threads: int = 1) -> dict[str, str]:
    """This process's environment with a number of threads everywhere, and the same dualjit to import."""
    answer = {**os.environ, **dict.fromkeys(THREADS, str(threads)), "JAX_PLATFORMS": peer.PLATFORM}
    if threads == 1:
        answer["XLA_FLAGS"] = " ".join(filter(None, [os.environ.get("XLA_FLAGS"), peer.ONE_THREAD]))
    here = str(Path(dualjit.__file__).parents[1])
    if here not in site.getsitepackages():  # a checkout: nothing but its place tells the child where to look
        answer["PYTHONPATH"] = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
    return answer
