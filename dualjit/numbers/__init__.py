"""Numbers that carry derivatives, as Numba types.  Importing the package registers their typing and their code."""

from dualjit.numbers import (  # noqa: F401
    attributes,
    casts,
    composites,
    conversions,
    minmax,
    model,
    operands,
    scalars,
    typing,
)
from dualjit.numbers.types import Active, Dual, Marked, mark, marker_of, promote, strip, walk

__all__ = ["Active", "Dual", "Marked", "mark", "marker_of", "promote", "strip", "walk"]
