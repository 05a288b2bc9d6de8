"""The tables of ``docs/benchmarks.md`` from a run's file: ``python bench/report.py [FILE]``.

One idea: a table stands between two comments, of which the first names it; nothing outside them is touched.  The file
is one that ``dualjit bench --json`` wrote, by default the one that the page is about.
"""

import json
import re
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from dualjit.cli.bench import peers, stages
from dualjit.cli.bench.problems import SCENARIOS
from dualjit.cli.bench.show import amount, duration

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
RESULTS = HERE / "results" / "epyc-avx512.json"

QUANTITIES = {
    "per input": "time of the Jacobian / (inputs × time of the function)",
    "per row": "time of the Jacobian / (outputs × time of the function)",
    "per primal": "time of the derivative / time of the function",
    "above bare": "time beyond a compiled function that only returns the arrays",
    "over jax": "time of the derivative / JAX's time",
    "per gradient": "time of the product / time of the gradient",
    "over one thread": "time in two threads / time in one",
}

BUFFERS = "CasADi's buffers write the memory of the last call and hand Python nothing, ours returns a new array"
MODE = "CasADi chooses the mode by the shape; this row is about the other mode"
# How a library that is faster goes about it otherwise; a row that is lost has to be here.
REASONS = {
    "brusselator": "CasADi writes what is not zero, ours fills a matrix of 4096 numbers; and the buffers",
    "bundle": "CasADi's graph of one observation is straight C, mapped; what ours spends on the blocks of an "
    "observation stands in the record of reverse mode",
    "call-grad": f"{BUFFERS}; a call of CasADi that gives an array, as ours, takes 16 µs",
    "dense-dot": BUFFERS,
    "dense-loop": "the others multiply matrices, ours takes partials through the loops",
    "euler": "JAX's scan takes four steps at a time",
    "forecast": BUFFERS,
    "forecast-hessian": "JAX nests transforms over a matrix product; the record of second order has the parts of ours",
    "gmm": "JAX forms the distances by one matrix product over all points; the function's sums, in their order, take "
    "two thirds of that time, and there is a sweep back to do; what was tried stands in the record of reverse mode",
    "jacobian-product": "JAX compiles both sweeps into one program; the record of second order has the parts of ours",
    "jacrev-rows": "JAX multiplies matrices, ours goes back through the loops",
    "kepler-grad": "the function alone, one orbit after the other, takes as long as PyTorch's gradient, which iterates "
    "on vectors of all orbits and differentiates one step; what was tried stands in the record of reverse mode",
    "layer-dot": "JAX compiles product and activation into one program",
    "layer-loop": "JAX multiplies matrices, which may reorder sums; `layer-dot` is the row where ours does",
    "lstm-arrays": "each line makes an array of 14 numbers, in the function and in its adjoint; `lstm` makes none",
    "mixture-grad": "JAX works on vectors of all points, ours on one point at a time, as the function",
    "nbody-hvp": "JAX works on square arrays of pairs, ours on one pair at a time",
    "rosenbrock-hessian": "CasADi writes what is not zero, ours fills a matrix of 400 numbers; and the buffers",
    "sines-hvp": BUFFERS,
    "tall-jacfwd": BUFFERS,
    "tall-jacrev": MODE,
    "wide-jacfwd": MODE,
    "wide-jacrev": BUFFERS,
    "two-link-arms": "JAX works on vectors of all points, ours on one point at a time",
}


def main(file: Path = RESULTS) -> None:
    """Rewrite the page."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), json.loads(file.read_text())), encoding="utf-8")


def page(text: str, report: dict) -> str:
    """The text with all of its tables made anew."""

    def made(match: re.Match) -> str:
        return f"{match[1]}\n{TABLES[match[2]](report)}\n<!-- end -->"

    return re.sub(r"(<!-- (\w+) -->).*?<!-- end -->", made, text, flags=re.DOTALL)


def machine(report: dict) -> str:
    """What was measured, and where."""
    about = report["machine"]
    versions = [f"Numba {about['numba']}", f"NumPy {about['numpy']}"]
    versions += [f"{peers.label(name)} {version}" for name, version in report["peers"].items()]
    return (
        f"{about['cpu']} (LLVM's {about['llvm cpu']}, {about['simd bits']}-bit vectors), one core of {about['cores']}, "
        f"Python {about['python']}, {', '.join(versions)}, {report['date']}."
    )


def promises(report: dict) -> str:
    """What is promised, and what came out."""
    measured = {row["name"]: row for row in report["problems"]}
    lines = []
    for scenario in SCENARIOS:
        if scenario.bound is not None:
            row = measured.get(scenario.name, {})
            lines.append([scenario.title, QUANTITIES[scenario.bound.quantity], *verdict(scenario.bound, row)])
    return table(("problem", "figure", "promise", "measured", ""), lines)


def verdict(bound, row: dict) -> list[str]:
    """The limit, the figure, and whether it is missed."""
    write = span if bound.quantity == "above bare" else "{:.2g}".format
    judged = row.get("bound") or {"figure": None}
    if judged["figure"] is None:
        return [f"≤ {write(bound.limit)}", "", row.get("skipped", "not timed")]
    return [f"≤ {write(bound.limit)}", write(judged["figure"]), "" if judged["figure"] <= bound.limit else "missed"]


def ours(report: dict) -> str:
    """Function and derivative of every problem."""
    lines = [
        [
            f"`{row['name']}`",
            f"`{row['transform']}`",
            f"{row['inputs']:,}".replace(",", " "),
            span(row["function"]),
            span(row["derivative"]),
            f"{row['per primal']:.2f}",
            f"{row['compile derivative']:.2f} s",
            f"{row['compile ratio']:.1f}",
            amount(row["peak memory"]),
        ]
        for row in timed(report)
    ]
    headings = ("problem", "by", "inputs", "function", "derivative", "ratio", "compiled in", "compile ratio", "memory")
    median = statistics.median(row["compile ratio"] for row in timed(report))
    return f"{table(headings, lines)}\n\nMedian of the compile ratios: {median:.1f}."


def beside(report: dict) -> str:
    """Our derivative and everyone else's."""
    names = list(report["peers"])
    lines = []
    for row in contested(report):
        cells = [span(row["peers"][n]["time"]) if "time" in row["peers"].get(n, {}) else "" for n in names]
        figure = f"{row['over fastest peer']:.2g}"
        lines.append([f"`{row['name']}`", span(row["derivative"]), *cells, peers.label(row["fastest peer"]), figure])
    headings = ("problem", "dualjit", *map(peers.label, names), "fastest of them", "dualjit / fastest")
    return table(headings, lines)


def score(report: dict) -> str:
    """On how many rows we are as fast as the fastest."""
    rows = [row for row in contested(report) if set(rivals(row)) != {"scipy"}]
    others = len(contested(report)) - len(rows)
    gradients = [row for row in rows if row["transform"] == "grad"]
    buffers = [row for row in rows if row["over fastest peer"] > 1.0 and row["fastest peer"] == "casadi"]
    return (
        f"dualjit is as fast as the fastest of them, or faster, on {won(rows)} of {len(rows)} rows in which a library "
        f"for derivatives takes part; of those by `grad` on {won(gradients)} of {len(gradients)}. On {len(buffers)} "
        f"rows the faster one is CasADi. {others} more rows have SciPy's differences alone beside them."
    )


def won(rows: Sequence[dict]) -> int:
    """How many are no slower than the fastest peer."""
    return sum(row["over fastest peer"] <= 1.0 for row in rows)


def rivals(row: dict) -> list[str]:
    """The peers that were timed."""
    return [name for name, facts in row["peers"].items() if "time" in facts]


def lost(report: dict) -> str:
    """The rows on which another library is faster, with the reason."""
    return "\n".join(
        f"- `{row['name']}` ({row['over fastest peer']:.2g} times {peers.label(row['fastest peer'])}'s time): "
        f"{REASONS[row['name']]}"
        for row in contested(report)
        if row["over fastest peer"] > 1.0
    )


def compiling(report: dict) -> str:
    """Where compile time goes: of each stage the median of its shares."""
    by_mode: dict[str, list[dict]] = {}
    for row in timed(report):
        if "stages" in row:
            by_mode.setdefault(row["transform"], []).append(row["stages"])
    lines = []
    for mode, rows in by_mode.items():
        total = statistics.median(sum(row.values()) for row in rows)
        shares = [statistics.median(row[name] / sum(row.values()) for row in rows) for name in stages.STAGES]
        lines.append([f"`{mode}`", str(len(rows)), span(total), *(f"{100 * share:.0f} %" for share in shares)])
    return table(("by", "problems", "median of all", *stages.STAGES), lines)


def timed(report: dict) -> list[dict]:
    """Rows with times."""
    return [row for row in report["problems"] if "derivative" in row]


def contested(report: dict) -> list[dict]:
    """Rows in which another library was timed."""
    return [row for row in timed(report) if "fastest peer" in row]


def table(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """In Markdown."""
    rows = [headings, ["---"] * len(headings), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def span(seconds: float) -> str:
    """A duration with a proper micro."""
    return duration(seconds).replace("us", "µs")


TABLES: dict[str, Callable[[dict], str]] = {
    f.__name__: f for f in (machine, promises, ours, beside, score, lost, compiling)
}

if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
