"""A progress bar on standard error, by rich where it is installed.

One idea: a bar is a function ``update(done, text)`` for the time of a ``with`` block.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator

WIDTH = 24


def bar(total: int) -> contextlib.AbstractContextManager[Callable[[int, str], None]]:
    """A progress bar of ``total`` steps."""
    try:
        import rich.progress  # noqa: F401
    except ImportError:
        return plain_bar(total)
    return rich_bar(total)


@contextlib.contextmanager
def rich_bar(total: int) -> Iterator[Callable[[int, str], None]]:
    """The bar of the extra ``bench``."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=total)
        yield lambda done, text: progress.update(task, completed=done, description=text)


@contextlib.contextmanager
def plain_bar(total: int) -> Iterator[Callable[[int, str], None]]:
    """A bar of characters, redrawn in place on a terminal and one line a step elsewhere."""
    terminal = sys.stderr.isatty()

    def update(done: int, text: str) -> None:
        filled = WIDTH * done // max(total, 1)
        drawing = f"[{'#' * filled}{'.' * (WIDTH - filled)}] {done}/{total} {text}"
        print(f"\r\x1b[K{drawing}" if terminal else drawing, end="" if terminal else "\n", file=sys.stderr, flush=True)

    yield update
    if terminal:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
