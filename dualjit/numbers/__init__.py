"""Numbers that carry derivatives, as Numba types.  Importing the package registers their typing and their code."""

from dualjit.numbers import (  # noqa: F401
    amendments,
    attributes,
    casts,
    composites,
    conversions,
    minmax,
    model,
    scalars,
    typing,
)
from dualjit.numbers.types import Active, Dual, Marked, mark, marker_of, promote, strip, walk

__all__ = ["Active", "Dual", "Marked", "mark", "marker_of", "promote", "strip", "walk"]
