"""Time over size, one panel a problem and one line a library.

One idea: both axes are logarithmic, so that a slope is a power and a distance is a ratio.
"""

from collections.abc import Sequence
from pathlib import Path

from ..usage import UsageError
from . import peers

COLUMNS = 3
PANEL = (4.2, 3.2)  # inches


def require() -> None:
    """Refuse where matplotlib is missing, before anything is measured."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise UsageError(
            "matplotlib draws the plot and is not installed", "python -m pip install 'dualjit[bench]'"
        ) from error


def draw(rows: Sequence[dict], file: Path) -> None:
    """Draw the rows that were timed."""
    from matplotlib.figure import Figure

    panels = by_problem(rows)
    columns = min(COLUMNS, max(1, len(panels)))
    lines = -(-len(panels) // columns) or 1
    figure = Figure((PANEL[0] * columns, PANEL[1] * lines), layout="constrained")
    axes = figure.subplots(lines, columns, squeeze=False).ravel()
    for ax in axes[len(panels) :]:
        ax.set_axis_off()
    for ax, (name, curves) in zip(axes, panels.items(), strict=False):
        for label, points in curves.items():
            ax.plot(*zip(*sorted(points), strict=True), marker=".", label=label)
        ax.set(title=name, xlabel="size", ylabel="seconds", xscale="log", yscale="log")
        ax.legend(fontsize="small")
    figure.savefig(file, dpi=150)


def by_problem(rows: Sequence[dict]) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """For each problem and library its points: size, seconds."""
    panels: dict = {}
    for row in rows:
        if "derivative" not in row:
            continue
        curves = panels.setdefault(f"{row['name']}, {row['transform']}", {})
        times = {"function": row["function"], "dualjit": row["derivative"]}
        times |= {peers.label(name): facts["time"] for name, facts in row["peers"].items() if "time" in facts}
        for label, seconds in times.items():
            curves.setdefault(label, []).append((row["size"], seconds))
    return panels
