"""From measured seconds to the figures that promises are made about.

One idea: a row keeps what was measured; ratios and verdicts are derived from it here, for the table and
the JSON file alike.
"""

from .problems import Bound
from .verify import TOLERANCE

# Promised for the compile time of the derivative over that of the function.
COMPILE_RATIO = {"jacfwd": 3.0, "grad": 5.0, "jacrev": 5.0}


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
    if "jax" in row:
        answer["over jax"] = row["derivative"] / row["jax"]
    if bound is not None:
        figure = {**row, **answer}[bound.quantity]
        answer["bound"] = {
            "quantity": bound.quantity,
            "limit": bound.limit,
            "figure": figure,
            "kept": figure <= bound.limit,
        }
    return answer
