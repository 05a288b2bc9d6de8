"""An earlier run beside this one.

One idea: rows belong together when problem and size are the same; new over old, so that below 1 is better.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from ..usage import UsageError
from .show import Table, duration

HEADINGS = ("problem", "n", "old J", "new J", "new/old", "compile, new/old")


def load(file: Path) -> dict:
    """A file which ``--json`` wrote."""
    try:
        report = json.loads(file.read_text())
        report["problems"], report["machine"]["cpu"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"cannot compare with {file}: {error}", "give a file that --json wrote") from error
    return report


def table(rows: Sequence[dict], old: dict, machine: dict) -> Table:
    """Ratios of rows that were timed both times."""
    before = {key(row): row for row in old["problems"] if "derivative" in row}
    pairs = [(row, before[key(row)]) for row in rows if "derivative" in row and key(row) in before]
    legend = "new/old: below 1 where this run was faster."
    if old["machine"]["cpu"] != machine["cpu"]:
        legend += f"\nThe old run was on another processor, {old['machine']['cpu']}; this one is {machine['cpu']}."
    return Table(HEADINGS, [line(new, then) for new, then in pairs], legend=legend)


def key(row: dict) -> tuple:
    """What makes two rows the same problem."""
    return row["name"], row["inputs"], row["outputs"]


def line(new: dict, old: dict) -> list[str]:
    """The cells of a pair."""
    return [
        new["name"],
        str(new["inputs"]),
        duration(old["derivative"]),
        duration(new["derivative"]),
        f"{new['derivative'] / old['derivative']:.2f}",
        f"{new['compile derivative'] / old['compile derivative']:.2f}",
    ]
