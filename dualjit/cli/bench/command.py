"""The command ``dualjit bench``: which problems, beside what, how long, and where the results go."""

import argparse
import difflib
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from .. import machine
from ..usage import UsageError
from . import comparison, peers, plot, progress, rivalry, sizes, stages, table
from .figures import figures
from .measurement import measure
from .problems import SCENARIOS, Scenario
from .show import show

JSON_FORMAT = 2


def add_parser(commands) -> None:
    """Describe the command to argparse."""
    names = "\n".join(f"  {s.name:26}{s.title}" for s in SCENARIOS)
    parser = commands.add_parser(
        "bench",
        help="verify and time the derivatives of the benchmark problems",
        description="For each problem: compile, verify against an independent reference, time function and derivative.",
        epilog=f"problems:\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", help="the problems to run; all by default")
    known = ", ".join(peers.NAMES)
    parser.add_argument("--against", metavar="PEERS", help=f"other libraries: {known}; JAX by default, where installed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write machine and results to this file too")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="show ratios to an earlier file of --json")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw time over size of problems that have sizes")
    parser.add_argument("--sizes", type=argument_of_sizes, metavar="N,N", help="sizes to run; fitting ones for --plot")
    parser.add_argument("--stages", action="store_true", help="show where compile time goes")
    effort = parser.add_mutually_exclusive_group()
    effort.add_argument("--quick", dest="effort", action="store_const", const="quick", help="fewer rounds")
    effort.add_argument("--tiny", dest="effort", action="store_const", const="tiny", help="tiny sizes: does it run?")
    parser.set_defaults(run=run, effort="full")


def argument_of_sizes(text: str) -> Sequence[int]:
    """For argparse."""
    try:
        return sizes.parsed(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of sizes such as 10,100,1e4") from error


def run(arguments: argparse.Namespace) -> int:
    """Run the problems; 1 when a derivative is wrong or a problem failed, otherwise, also for one skipped, 0."""
    scenarios = chosen(arguments.names)
    against = rivals(arguments.against)
    for file in (arguments.json, arguments.plot):
        check_folder(file)
    if arguments.plot is not None:
        plot.require()
    old = None if arguments.compare is None else comparison.load(arguments.compare)
    rows = measured(scenarios, arguments, against)
    about = {"format": JSON_FORMAT, "date": time.strftime("%Y-%m-%d"), "machine": machine.describe()}
    report = {**about, "peers": peers.versions(against), "effort": arguments.effort, "problems": rows}
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(report, indent=1) + "\n")
    show_all(report, arguments, old)
    return 0 if all(row.get("verified") or "skipped" in row for row in rows) else 1


def show_all(report: dict, arguments: argparse.Namespace, old: dict | None) -> None:
    """The table of results, and what else was asked for."""
    rows = report["problems"]
    show(table.results(rows))
    if arguments.against is not None:
        show(rivalry.table(rows))
    if arguments.stages:
        show(stages.table(rows))
    if old is not None:
        show(comparison.table(rows, old, report["machine"]))
    if arguments.plot is not None:
        plot.draw(rows, arguments.plot)


def check_folder(file: Path | None) -> None:
    """Refuse a file in a folder that isn't there, before anything runs."""
    if file is not None and not file.absolute().parent.is_dir():
        raise UsageError(
            f"cannot write {file}: there is no folder {file.parent}",
            "make the folder first, or name a file in one that exists",
        )


def chosen(names: Sequence[str]) -> list[Scenario]:
    """The scenarios that were named, in the order of the list; all when none was."""
    check_names(names, [s.name for s in SCENARIOS], "problem")
    return [s for s in SCENARIOS if not names or s.name in names]


def rivals(text: str | None) -> list[str]:
    """The peers that take part: those that were named and are installed; by default JAX, where it is."""
    if text is None:
        return [name for name in ("jax",) if peers.installed(name)]
    names = [name for name in text.split(",") if name]
    check_names(names, peers.NAMES, "peer")
    for name in names:
        if not peers.installed(name):
            remedy = "python -m pip install 'dualjit[bench-peers]'"
            print(f"{peers.label(name)} is not installed and takes no part: {remedy}", file=sys.stderr)
    return [name for name in names if peers.installed(name)]


def check_names(names: Sequence[str], known: Sequence[str], what: str) -> None:
    """Refuse a name that nothing has."""
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise UsageError(f"there is no {what} called {name}", f"{hint}the {what}s are: {', '.join(known)}")


def measured(scenarios: Sequence[Scenario], arguments: argparse.Namespace, against: Sequence[str]) -> list[dict]:
    """The rows of all scenarios at all their sizes, under a progress bar."""
    rows, too_long = [], set()
    options = ["stages"] if arguments.stages else []
    work = [(scenario, size) for scenario in scenarios for size in sizes_of(scenario, arguments)]
    with progress.bar(len(work)) as update:
        for done, (scenario, size) in enumerate(work):
            if scenario.name in too_long:
                continue

            def stage(text, done=done, what=f"{scenario.name}, {size}"):
                update(done, f"{what}: {text}")

            start = time.perf_counter()
            row = measure(scenario, arguments.effort, stage, against, size, options)
            rows.append(with_figures(row, scenario, arguments.effort))
            if time.perf_counter() - start > sizes.TOO_LONG:
                too_long.add(scenario.name)
    return rows


def sizes_of(scenario: Scenario, arguments: argparse.Namespace) -> Sequence[int]:
    """The sizes that were named, those that make a plot, or one."""
    size = scenario.tiny if arguments.effort == "tiny" else scenario.size
    if arguments.sizes is not None and sizes.has_sizes(scenario):
        return arguments.sizes
    return sizes.automatic(scenario, size) if arguments.plot is not None else [size]


def with_figures(row: dict, scenario: Scenario, effort: str) -> dict:
    """The row with its ratios; a promise is about the full size."""
    bound = scenario.bound if effort != "tiny" and row.get("size") == scenario.size else None
    return {**row, **figures(row, bound)} if "error" in row else row
