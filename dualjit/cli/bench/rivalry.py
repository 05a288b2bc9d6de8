"""The table of all peers: a line for each of them and each problem.

One idea: what was not timed says why, so that an empty place never looks like a victory.
"""

import textwrap
from collections.abc import Sequence

from . import peers
from .show import Table, amount, duration

HEADINGS = ("problem", "n", "library", "J", "minimum", "dualjit/it", "compile", "first call", "memory", "error", "form")
WORDS = ("problem", "library", "form")
LEGEND = (
    "J: median time of a call of the derivative, minimum: the shortest; dualjit/it: our median over this one;\n"
    "compile: processor seconds of the first call, first call: seconds a user waits for it; SciPy's differences may\n"
    "be wrong by 1e-2."
)
FORM_WIDTH = 64


def table(rows: Sequence[dict]) -> Table:
    """The table of rows in which peers take part."""
    return Table(HEADINGS, [cells for row in rows if row.get("peers") for cells in lines(row)], WORDS, legend=LEGEND)


def lines(row: dict) -> list[list[str]]:
    """Ours, and then one line a peer."""
    ours = {
        "time": row["derivative"],
        "minimum": row["minima"]["derivative"],
        "compile": row["compile derivative"],
        **{key: row[key] for key in ("first call", "peak memory", "error")},
        "form": row["transform"],
    }
    answer = [line(row, "dualjit", ours)]
    return answer + [line(row, peers.label(name), facts) for name, facts in row["peers"].items()]


def line(row: dict, label: str, facts: dict) -> list[str]:
    """The cells of one library."""
    if "failure" in facts:
        return [row["name"], str(row["inputs"]), label, *[""] * 7, short(f"failed: {facts['failure']}")]
    error = f"{facts['error']:.0e}"
    if "time" not in facts:
        return [row["name"], str(row["inputs"]), label, *[""] * 6, error, short(f"wrong: {facts['form']}")]
    return [
        row["name"],
        str(row["inputs"]),
        label,
        duration(facts["time"]),
        duration(facts["minimum"]),
        f"{row['derivative'] / facts['time']:.2g}",
        duration(facts["compile"]),
        duration(facts["first call"]),
        amount(facts["peak memory"]),
        error,
        short(facts["form"]),
    ]


def short(text: str) -> str:
    """As much of it as fits."""
    return textwrap.shorten(text, FORM_WIDTH, placeholder=" ...")
