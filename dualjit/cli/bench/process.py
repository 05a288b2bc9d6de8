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

THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
)


def measure(name: str, effort: str, stage: Callable[[str], None]) -> dict:
    """The row of a problem, measured in a process of its own; a failure is a row too."""
    command = [sys.executable, "-P", "-m", "dualjit.cli.bench.worker", name, effort]
    with tempfile.TemporaryFile("w+") as complaints:
        with subprocess.Popen(
            command, env=environment(), stdout=subprocess.PIPE, stderr=complaints, text=True
        ) as worker:
            row = listen(worker.stdout, stage)
        if row is not None and worker.returncode == 0:
            return row
        complaints.seek(0)
        said = complaints.read().strip()
    print(said, file=sys.stderr)
    last = said.splitlines()[-1] if said else f"exit code {worker.returncode}"
    return {"name": name, "failure": last}


def listen(lines, stage: Callable[[str], None]) -> dict | None:
    """Pass the worker's stages on until it gives the row."""
    row = None
    for line in lines:
        message = json.loads(line)
        if "stage" in message:
            stage(message["stage"])
        row = message.get("row", row)
    return row


def environment() -> dict[str, str]:
    """This process's environment with one thread everywhere, and the same dualjit to import."""
    answer = {**os.environ, **dict.fromkeys(THREADS, "1")}
    here = str(Path(dualjit.__file__).parents[1])
    if here not in site.getsitepackages():  # a checkout: nothing but its place tells the child where to look
        answer["PYTHONPATH"] = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
    return answer
