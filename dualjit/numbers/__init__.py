"""Numbers that carry derivatives, as Numba types.  Importing the package registers their typing and their code."""

from dualjit.numbers import attributes, casts, composites, conversions, minmax, model, operands, scalars  # noqa: F401
from dualjit.numbers.types import Active, Dual, Marked, mark, marker_of, promote, strip, walk

__all__ = ["Active", "Dual", "Marked", "mark", "marker_of", "promote", "strip", "walk"]
