"""Records as a table and as a plot."""

from __future__ import annotations


def table(records: list[dict]) -> str:
    """One line for each record: its time, and times the floor's."""
    lines = [
        f"{'scenario':8} {'precision':9} {'log2':>4} {'contestant':24} {'ns/point':>9} {'over fill':>9} {'first':>7}"
    ]
    for r in records:
        where = f"{r['scenario']:8} {r['precision']:9} {r['log2_points']:4} {r['name']:24}"
        if "failed" in r:
            lines.append(f"{where} failed: {r['failed']}")
            continue
        floor = floor_of(records, r)
        over = f"{r['ns_per_point'] / floor:9.2f}" if floor else f"{'':9}"
        wrong = "" if r["right"] else f"  WRONG, error {r['error']:.1e}"
        lines.append(f"{where} {r['ns_per_point']:9.4f} {over} {r['first_call_seconds']:6.2f}s{wrong}")
    return "\n".join(lines)


def floor_of(records: list[dict], record: dict) -> float | None:
    """The time in which the same bytes are moved."""
    same = ("scenario", "precision", "log2_points")
    for r in records:
        if r["name"] == "fill" and "failed" not in r and all(r[key] == record[key] for key in same):
            return r["ns_per_point"]
    return None


def plot(records: list[dict], path: str, titles: dict[str, str]) -> None:
    """Times over points, one panel for each scenario in double precision."""
    import matplotlib.pyplot as plt

    shown = [r for r in records if r["precision"] == "float64" and "failed" not in r]
    names = list(dict.fromkeys(r["scenario"] for r in shown))
    figure, panels = plt.subplots(1, len(names), figsize=(4 * len(names), 4), squeeze=False)
    for name, panel in zip(names, panels[0], strict=True):
        of_it = [r for r in shown if r["scenario"] == name]
        for contestant in dict.fromkeys(r["name"] for r in of_it):
            points = sorted((r["log2_points"], r["ns_per_point"]) for r in of_it if r["name"] == contestant)
            panel.semilogy(*zip(*points, strict=True), marker="o", label=contestant)
        panel.set_title(titles[name], fontsize=8)
        panel.set_xlabel("log2 of points")
        panel.set_ylabel("ns per point")
        panel.legend(fontsize=6)
    figure.tight_layout()
    figure.savefig(path)
