"""From measured seconds to the figures that promises are made about.

One idea: a row keeps what was measured; ratios and verdicts are derived from it here, for the table and
the JSON file alike.
"""

from .problems import Bound
from .verify import TOLERANCE

# Promised for the compile time of the derivative over that of the function; of others nothing is.
COMPILE_RATIO = {"jacfwd": 3.0, "grad": 5.0, "jacrev": 5.0}

# What is timed beside the derivative, and what the derivative's time over it is called.
BESIDE = {"gradient": "per gradient", "one thread": "over one thread"}


def figures(row: dict, bound: Bound | None) -> dict:
    """The ratios of a row and, where something was promised, whether it was kept.

    Parameters
    ----------
    row : dict
        What the worker measured; it lacks times when the derivative was wrong.
    bound : Bound, optional
        What was promised about the problem's speed.

    Returns
    -------
    dict
        ``verified``, and where there are times the ratios, with ``bound`` (quantity, limit, figure, kept).
    """
    answer: dict = {"verified": row["error"] <= TOLERANCE}
    answer["compile ratio"] = row["compile derivative"] / row["compile function"]
    if "derivative" not in row:
        return answer
    answer["per primal"] = row["derivative"] / row["function"]
    if row["transform"] == "jacfwd":
        answer["per input"] = answer["per primal"] / row["inputs"]
    if row["transform"] == "jacrev":
        answer["per row"] = answer["per primal"] / row["outputs"]
    for other, quantity in BESIDE.items():
        if other in row:
            answer[quantity] = row["derivative"] / row[other]
    answer |= beside_peers(row)
    if bound is not None:
        answer["bound"] = judged(bound, {**row, **answer}.get(bound.quantity))
    return answer


def beside_peers(row: dict) -> dict:
    """Our time over that of each peer, and over the fastest one's."""
    times = {name: facts["time"] for name, facts in row.get("peers", {}).items() if "time" in facts}
    if not times:
        return {}
    fastest = min(times, key=times.get)
    over = {f"over {name}": row["derivative"] / time for name, time in times.items()}
    return {**over, "fastest peer": fastest, "over fastest peer": over[f"over {fastest}"]}


def judged(bound: Bound, figure: float | None) -> dict:
    """A promise beside what was measured; where that is missing, as without JAX, no verdict."""
    kept = None if figure is None else figure <= bound.limit
    return {"quantity": bound.quantity, "limit": bound.limit, "figure": figure, "kept": kept}
