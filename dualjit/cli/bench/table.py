"""The tables of results.

One idea: the first one is about our derivatives and what was promised of them; others, where something else was asked
for, stand below it, one module each.
"""

import textwrap
from collections.abc import Sequence

from . import peers
from .figures import COMPILE_RATIO
from .show import Table, amount, duration

HEADINGS = (
    "problem",
    "by",
    "n",
    "f",
    "J",
    "J/f",
    "J/(n f)",
    "compile f",
    "compile J",
    "ratio",
    "memory",
    "error",
    "peer",
    "J/peer",
    "promise",
    "",
)
WORDS = ("problem", "by", "peer", "promise", "")
HARMLESS = ("", "kept", "skipped", "not timed")  # verdicts that are no reason to look
SYMBOLS = {
    "per input": "J/(n f)",
    "per row": "J/(m f)",
    "per primal": "J/f",
    "above bare": "J - bare",
    "over jax": "J/JAX",
    "per gradient": "J/g",
    "over one thread": "J/J1",
}
FORWARD, REVERSE = COMPILE_RATIO["jacfwd"], COMPILE_RATIO["grad"]
LEGEND = (
    "by: how J, the derivative of f, is computed; n and m: numbers of inputs and outputs;\n"
    "f and J: median time of a call; compile: time of the first call; ratio: compile time of J over that of f,\n"
    f"promised <= {FORWARD:g} by jacfwd, <= {REVERSE:g} by grad and jacrev (! marks more); error: to the reference;\n"
    "memory: the most the process took beyond what it had with the problem's data alone;\n"
    "peer: the fastest other library and its time of J; J/peer: ours over that, below 1 where ours is faster;\n"
    "bare: a compiled function that does nothing but return arrays of J's shapes; g: time of the gradient of f;\n"
    "J1: time of J in one thread."
)


def results(rows: Sequence[dict]) -> Table:
    """The table about ours."""
    cells = [line(row) for row in rows]
    return Table(HEADINGS, cells, WORDS, [row[-1] not in HARMLESS for row in cells], LEGEND)


def line(row: dict) -> list[str]:
    """The cells of a row."""
    if "failure" in row:
        return [row["name"], *[""] * (len(HEADINGS) - 3), textwrap.shorten(row["failure"], 44), "FAILED"]
    if "skipped" in row:
        return [row["name"], *[""] * (len(HEADINGS) - 3), row["skipped"], "skipped"]
    what = [row["name"], row["transform"], str(row["inputs"])]
    limit = COMPILE_RATIO.get(row["transform"], float("inf"))
    compile_cells = [
        f"{row['compile function']:.2f} s",
        f"{row['compile derivative']:.2f} s",
        f"{row['compile ratio']:.1f}" + (" !" if row["compile ratio"] > limit else ""),
        amount(row["peak memory"]) if row.get("peak memory") else "",
        f"{row['error']:.0e}",
    ]
    if not row["verified"]:
        return [*what, "", "", "", "", *compile_cells, "", "", "not timed", "WRONG"]
    return [
        *what,
        duration(row["function"]),
        duration(row["derivative"]),
        f"{row['per primal']:.2f}",
        f"{row['per input']:.3f}" if "per input" in row else "",
        *compile_cells,
        *peer_cells(row),
        *bound_cells(row.get("bound")),
    ]


def peer_cells(row: dict) -> list[str]:
    """The fastest peer and our time over its, where there is something to compare."""
    name = row.get("fastest peer")
    if name is None:
        return ["", ""]
    return [f"{peers.label(name)} {duration(row['peers'][name]['time'])}", f"{row['over fastest peer']:.2g}"]


def bound_cells(bound: dict | None) -> list[str]:
    """What was promised and measured, and the verdict."""
    if bound is None:
        return ["", ""]
    write = duration if bound["quantity"] == "above bare" else "{:.3g}".format
    symbol, limit = SYMBOLS[bound["quantity"]], write(bound["limit"])
    if bound["figure"] is None:
        return [f"{symbol} <= {limit}", "not timed"]
    text = f"{symbol} = {write(bound['figure'])} <= {limit}"
    return [text if bound["kept"] else text.replace("<=", ">"), "kept" if bound["kept"] else "MISSED"]
