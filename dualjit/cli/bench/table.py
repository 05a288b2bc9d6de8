"""The table of results, in colour where rich is installed and plain where it is not.

One idea: the cells are made once, as text; the two ways to show them know nothing of what they mean.
"""

import sys
import textwrap
from collections.abc import Sequence

from .figures import COMPILE_RATIO

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
    "error",
    "JAX",
    "J/JAX",
    "promise",
    "",
)
WORDS = ("problem", "by", "promise", "")  # columns aligned to the left
HARMLESS = ("", "kept", "skipped", "not timed")  # verdicts that are no reason to look
WIDTH = 180  # of the whole table; a narrower terminal wraps lines, which is better than cells cut off
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
    "f and J: time of a call; compile: time of the first call; ratio: compile time of J over that of f,\n"
    f"promised <= {FORWARD:g} by jacfwd, <= {REVERSE:g} by grad and jacrev (! marks more); error: to the reference;\n"
    "JAX: time of J by JAX, where it is installed; J/JAX: ours over that, below 1 where ours is faster;\n"
    "bare: a compiled function that does nothing but return arrays of J's shapes; g: time of the gradient of f;\n"
    "J1: time of J in one thread."
)


def show(rows: Sequence[dict]) -> None:
    """Print the table to standard output."""
    cells = [line(row) for row in rows]
    try:
        show_rich(cells)
    except ImportError:
        show_plain(cells)


def show_rich(cells: Sequence[Sequence[str]]) -> None:
    """As a rich table; needs the extra ``bench``."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console.width = max(console.width, WIDTH)
    table = Table(box=box.SIMPLE_HEAD)
    for k, heading in enumerate(HEADINGS):
        table.add_column(heading, justify="left" if is_text(k) else "right", no_wrap=True)
    for row in cells:
        table.add_row(*row, style=None if row[-1] in HARMLESS else "red")
    console.print(table)
    console.print(LEGEND, highlight=False)


def show_plain(cells: Sequence[Sequence[str]]) -> None:
    """As aligned text."""
    widths = [max(map(len, column)) for column in zip(HEADINGS, *cells, strict=True)]
    for row in (HEADINGS, ["-" * w for w in widths], *cells):
        padded = (c.ljust(w) if is_text(k) else c.rjust(w) for k, (c, w) in enumerate(zip(row, widths, strict=True)))
        sys.stdout.write("  ".join(padded).rstrip() + "\n")
    sys.stdout.write(f"\n{LEGEND}\n")


def is_text(column: int) -> bool:
    """Whether a column holds words, which are aligned to the left."""
    return HEADINGS[column] in WORDS


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
        *jax_cells(row),
        *bound_cells(row.get("bound")),
    ]


def jax_cells(row: dict) -> list[str]:
    """JAX's time and ours over it, where there is something to compare."""
    if "over jax" in row:
        return [duration(row["jax"]), f"{row['over jax']:.2g}"]
    if "jax failure" in row:
        return ["failed", ""]
    return ["wrong" if "jax error" in row else "", ""]


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


def duration(seconds: float) -> str:
    """Seconds with three digits and a fitting unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if abs(seconds) >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.0f} ns"
