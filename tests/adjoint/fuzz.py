"""Random programs without end: ``python -m tests.adjoint.fuzz --seeds 0:1000 --minutes 10``.

Programs are judged in processes of their own, which may die or hang; what fails is shrunk and printed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .judging import Verdict, judged
from .programs import ReverseProgram
from .shrinking import shrunk

PATIENCE = 90.0
RENEWED_AFTER = 60
CONTEXT = multiprocessing.get_context("spawn")


def serve(connection) -> None:
    """Judge the programs that come, until None comes."""
    while (program := connection.recv()) is not None:
        try:
            connection.send(judged(*program))
        except Exception as error:
            connection.send(Verdict("skipped", f"{type(error).__name__}: {error}"))


class Judge:
    """A process that judges, started anew when it has died, hung or served for long."""

    def __init__(self):
        self.process, self.served = None, 0

    def start(self) -> None:
        self.connection, other = CONTEXT.Pipe()
        self.process, self.served = CONTEXT.Process(target=serve, args=(other,), daemon=True), 0
        self.process.start()
        other.close()

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.process = None

    def __call__(self, name: str, text: str, quick: bool = True) -> Verdict:
        if self.process is None or self.served >= RENEWED_AFTER:
            self.stop()
            self.start()
        self.served += 1
        try:
            self.connection.send((name, text, quick))
            if self.connection.poll(PATIENCE):
                return self.connection.recv()
            verdict = Verdict("hangs", f"no answer in {PATIENCE} s")
        except (EOFError, ConnectionError):
            self.process.join()
            verdict = Verdict("dies", f"exit code {self.process.exitcode}")
        self.stop()
        return verdict


class Search:
    """Judges programs with two processes; shrinks the first failures of each group."""

    def __init__(self, until: float, given: argparse.Namespace):
        self.until, self.shrinks, self.out = until, given.shrinks, given.out
        self.statements, self.verbose = given.statements, given.verbose
        self.counts: Counter[str] = Counter()
        self.reports: list[str] = []

    def run(self, seeds, processes: int) -> None:
        waiting = iter(seeds)
        with ThreadPoolExecutor(processes) as pool:
            list(pool.map(lambda _: self.work(waiting), range(processes)))

    def work(self, waiting) -> None:
        judge = Judge()
        for seed in waiting:
            if time.monotonic() > self.until:
                break
            program = ReverseProgram(seed, self.statements)
            verdict = judge(program.name, program.text, quick=seed % 4 != 0)
            self.counts[verdict.group if verdict.bad else verdict.kind] += 1
            if verdict.bad or self.verbose:
                print(f"seed {seed}: {verdict.group}", flush=True)
            if verdict.bad and self.counts[verdict.group] <= self.shrinks:
                self.report(seed, shrink(program.name, program.text, verdict, judge), verdict)
        judge.stop()

    def report(self, seed: int, text: str, verdict: Verdict) -> None:
        self.reports.append(f"# seed {seed}: {verdict.kind}: {verdict.message[:600]}\n{text}\n")
        print(self.reports[-1], flush=True)
        if self.out is not None:
            self.out.write_text("\n".join(self.reports))


def shrink(name: str, text: str, verdict: Verdict, judge: Judge) -> str:
    """The smallest program with a failure of the same group."""

    def fails(smaller: str) -> bool:
        return judge(name, smaller, quick=verdict.kind != "value").group == verdict.group

    return shrunk(text, fails)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="0:1000000", help="first:last")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--shrinks", type=int, default=1, help="how many failures of a group are shrunk")
    parser.add_argument("--statements", type=int, default=6)
    parser.add_argument("--verbose", action="store_true", help="print every verdict")
    parser.add_argument("--out", type=Path, help="a file for the reports")
    given = parser.parse_args()
    first, last = map(int, given.seeds.split(":"))
    search = Search(time.monotonic() + 60 * given.minutes, given)
    search.run(range(first, last), given.processes)
    for group, count in search.counts.most_common():
        print(f"{count:6d}  {group}")


if __name__ == "__main__":
    main()
