"""Tables on standard output, in colour where rich is installed and plain where it is not.

One idea: cells come as text; the two ways to show them know nothing of what they mean.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 200  # of the whole table; a narrower terminal wraps lines, which is better than cells cut off


@dataclass(frozen=True)
class Table:
    """What is shown.

    Parameters
    ----------
    headings : sequence of str
    cells : sequence of sequences of str
        One of each row.
    words : sequence of str
        Headings of columns aligned to the left.
    marked : sequence of bool, optional
        Rows to look at.
    legend : str
    """

    headings: Sequence[str]
    cells: Sequence[Sequence[str]]
    words: Sequence[str] = ("problem",)
    marked: Sequence[bool] = ()
    legend: str = ""

    def is_text(self, column: int) -> bool:
        """Whether a column holds words, which are aligned to the left."""
        return self.headings[column] in self.words


def show(table: Table) -> None:
    """Print the table to standard output."""
    try:
        show_rich(table)
    except ImportError:
        show_plain(table)


def show_rich(table: Table) -> None:
    """As a rich table; needs the extra ``bench``."""
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable

    console = Console()
    console.width = max(console.width, WIDTH)
    drawn = RichTable(box=box.SIMPLE_HEAD)
    for k, heading in enumerate(table.headings):
        drawn.add_column(heading, justify="left" if table.is_text(k) else "right", no_wrap=True)
    for k, row in enumerate(table.cells):
        drawn.add_row(*row, style="red" if table.marked and table.marked[k] else None)
    console.print(drawn)
    if table.legend:
        console.print(table.legend, highlight=False)


def show_plain(table: Table) -> None:
    """As aligned text."""
    widths = [max(map(len, column)) for column in zip(table.headings, *table.cells, strict=True)]
    for row in (table.headings, ["-" * w for w in widths], *table.cells):
        padded = (
            c.ljust(w) if table.is_text(k) else c.rjust(w) for k, (c, w) in enumerate(zip(row, widths, strict=True))
        )
        sys.stdout.write("  ".join(padded).rstrip() + "\n")
    sys.stdout.write(f"\n{table.legend}\n" if table.legend else "\n")


def duration(seconds: float) -> str:
    """Seconds with three digits and a fitting unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if abs(seconds) >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.0f} ns"


def amount(size: int) -> str:
    """Bytes as MB."""
    return f"{size / 1e6:.3g} MB"
