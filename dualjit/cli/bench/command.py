"""The command ``dualjit bench``: which problems, how long, and where the results go."""

import argparse
import difflib
import json
from collections.abc import Sequence
from pathlib import Path

from .. import machine
from ..usage import UsageError
from . import peer, progress, table
from .figures import figures
from .problems import SCENARIOS, Scenario
from .process import measure

JSON_FORMAT = 1


def add_parser(commands) -> None:
    """Describe the command to argparse."""
    names = "\n".join(f"  {s.name:23}{s.title}" for s in SCENARIOS)
    parser = commands.add_parser(
        "bench",
        help="verify and time the derivatives of the benchmark problems",
        description="For each problem: compile, verify against an independent reference, time function and derivative.",
        epilog=f"problems:\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", help="the problems to run; all by default")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write machine and results to this file too")
    effort = parser.add_mutually_exclusive_group()
    effort.add_argument("--quick", dest="effort", action="store_const", const="quick", help="fewer rounds")
    effort.add_argument("--tiny", dest="effort", action="store_const", const="tiny", help="tiny sizes: does it run?")
    parser.set_defaults(run=run, effort="full")


def run(arguments: argparse.Namespace) -> int:
    """Run the problems; 1 when a derivative is wrong or a problem failed, otherwise, also for one skipped, 0."""
    scenarios = chosen(arguments.names)
    if arguments.json is not None and not arguments.json.absolute().parent.is_dir():
        raise UsageError(
            f"cannot write {arguments.json}: there is no folder {arguments.json.parent}",
            "make the folder first, or name a file in one that exists",
        )
    rows = measured(scenarios, arguments.effort)
    table.show(rows)
    if arguments.json is not None:
        about = {"format": JSON_FORMAT, "machine": machine.describe(), "peers": peer.versions()}
        report = {**about, "effort": arguments.effort, "problems": rows}
        arguments.json.write_text(json.dumps(report, indent=1) + "\n")
    return 0 if all(row.get("verified") or "skipped" in row for row in rows) else 1


def chosen(names: Sequence[str]) -> list[Scenario]:
    """The scenarios that were named, in the order of the list; all when none was."""
    known = [s.name for s in SCENARIOS]
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise UsageError(f"there is no problem called {name}", f"{hint}the problems are: {', '.join(known)}")
    return [s for s in SCENARIOS if not names or s.name in names]


def measured(scenarios: Sequence[Scenario], effort: str) -> list[dict]:
    """The rows of all scenarios, under a progress bar."""
    rows = []
    with progress.bar(len(scenarios)) as update:
        for done, scenario in enumerate(scenarios):
            name = scenario.name
            row = measure(
                name,
                effort,
                lambda stage, done=done, name=name: update(done, f"{name}: {stage}"),
                scenario.threads,
            )
            # a promise is about the full size
            bound = None if effort == "tiny" else scenario.bound
            rows.append({**row, **figures(row, bound)} if "error" in row else row)
    return rows
