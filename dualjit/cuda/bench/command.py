"""``dualjit bench --cuda``: check, then time, each framework in processes of its own, which measure one at a time.

``--check`` compiles everything and computes it on the CPU, on a machine without a GPU.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from dualjit.cuda.bench.frameworks import jax_contestants, torch_contestants
from dualjit.cuda.bench.large import LARGE
from dualjit.cuda.bench.measure import Point, measured
from dualjit.cuda.bench.ours import numba_contestants
from dualjit.cuda.bench.scenarios import SCENARIOS
from dualjit.cuda.bench.show import plot, table
from dualjit.cuda.chunks import lanes_to_try
from dualjit.cuda.target import numba_target
from dualjit.errors import CudaError

CONTESTANTS = {"numba": numba_contestants, "jax": jax_contestants, "torch": torch_contestants}
TIMED = {**SCENARIOS, LARGE.name: LARGE}
CHECKED = 1024  # points
PRECISIONS = ("float64", "float32")


def main(argv: Sequence[str]) -> int:
    """Run the command; gives the exit code."""
    given = parser().parse_args(argv)
    names = given.scenario or list(TIMED)
    unknown = [name for name in names if name not in TIMED]
    if unknown:
        print(f"dualjit: no scenario {unknown[0]!r}; there are {', '.join(TIMED)}", file=sys.stderr)
        return 2
    try:
        if given.worker:
            return worker(given.worker, names[0], given.precision[0], given.points, given.lock)
        if given.check:
            return check(names, given.precision)
        numba_target().capability()
    except CudaError as error:
        print(f"dualjit: {error}", file=sys.stderr)
        return 1
    records = run_all(list(jobs(names, given)), given)
    found = {"device": device_name(), "records": records}
    if given.json:
        Path(given.json).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(table(records))
    if given.plot:
        plot(records, given.plot, {name: scenario.title for name, scenario in TIMED.items()})
    return 0 if all(r.get("right", True) and "failed" not in r for r in records) else 1


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="dualjit bench --cuda", description=__doc__.splitlines()[0])
    p.add_argument("scenario", nargs="*", metavar="scenario", help="which ones; all by default")
    p.add_argument("--check", action="store_true", help="compile and compute on the CPU; needs no GPU")
    p.add_argument("--points", nargs="+", type=int, help="log2 of how many; of one large point how many inputs it has")
    p.add_argument("--precision", nargs="+", choices=PRECISIONS, default=list(PRECISIONS))
    p.add_argument("--frameworks", nargs="+", choices=list(CONTESTANTS), default=list(CONTESTANTS))
    p.add_argument("--json", help="write the records to this file")
    p.add_argument("--plot", help="draw times over points to this file; needs matplotlib")
    p.add_argument("--jobs", type=int, default=min(8, os.cpu_count() or 1), help="processes that compile at a time")
    p.add_argument("--lock", help=argparse.SUPPRESS)
    p.add_argument("--worker", choices=list(CONTESTANTS), help=argparse.SUPPRESS)
    return p


def jobs(names, given) -> Iterator[tuple[str, str, str, Sequence[int]]]:
    """What each process measures, at all numbers of points."""
    for name in names:
        for precision in given.precision:
            for framework in given.frameworks:
                yield framework, name, precision, given.points or TIMED[name].log2_points


def run_all(found: list, given) -> list[dict]:
    """The records of all processes: they compile beside each other and measure one at a time."""
    with tempfile.NamedTemporaryFile() as lock, ThreadPoolExecutor(given.jobs) as pool:
        return [r for records in pool.map(lambda job: started(*job, lock.name), found) for r in records]


def started(framework: str, name: str, precision: str, points: Sequence[int], lock: str) -> list[dict]:
    """The records of one process; that of a failure where it fails."""
    what = {"scenario": name, "precision": precision, "framework": framework}
    command = [sys.executable, "-m", "dualjit.cuda.bench", name, "--worker", framework, "--lock", lock]
    command += ["--precision", precision, "--points", *map(str, points)]
    environment = {**os.environ, "XLA_PYTHON_CLIENT_PREALLOCATE": "false", "TORCHINDUCTOR_COMPILE_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    records = [{**what, **json.loads(line)} for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        records.append({**what, "log2_points": points[-1], "name": framework, "failed": reason})
    for r in records:
        print(json.dumps(r), flush=True)
    return records


def worker(framework: str, name: str, precision: str, points: Sequence[int], lock: str) -> int:
    """Measure all contestants of a framework, one line for each."""
    scenario, dtype = TIMED[name], np.dtype(precision).type
    for log2 in points:
        point = Point(scenario, 1 << log2, dtype)
        for contestant in CONTESTANTS[framework](scenario, point.arguments, point.points):
            try:
                record = measured(contestant, point, exclusive(lock))
            except Exception as error:  # of the other framework: it has no answer, and the next contestant may have one
                record = {"name": contestant.name, "log2_points": log2, "failed": first_line(error)}
            print(json.dumps(record), flush=True)
    return 0


def first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0][:200]


@contextmanager
def exclusive(path: str) -> Iterator[None]:
    """Have the device to oneself, among the processes that ask for this file."""
    with open(path, encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def check(names, precisions) -> int:
    """Compile every kernel, and print what it takes of a device."""
    for name in names:
        for precision in precisions:
            scenario, dtype = TIMED[name], np.dtype(precision).type
            batch, arguments = scenario.driver(dtype, CHECKED), scenario.arguments(CHECKED, dtype)
            problem = batch.run(tuple(arguments)).problem
            batch.on_cpu(*arguments)
            chosen = batch.inspect(*arguments).lanes
            for lanes in lanes_to_try(problem):
                choice = scenario.driver(dtype, CHECKED, lanes[-1]).inspect(*arguments)
                t = choice.taken
                print(
                    f"{name:8} {precision} {lanes[-1]:3} partials, {choice.passes:4} passes: {t.registers:3} registers,"
                    f" {t.spill_bytes:4} bytes spilled{'  <- chosen' if lanes == chosen else ''}"
                )
    return 0


def device_name() -> str:
    """The device's name."""
    name = numba_target().module.get_current_device().name
    return name.decode() if isinstance(name, bytes) else name
