"""Numbers that carry derivatives, as Numba types.  Importing the package registers their typing and their code."""

from dualjit.numbers import (  # noqa: F401
    amendments,
    attributes,
    casts,
    complex_arrays,
    complex_casts,
    complex_linear,
    complex_model,
    complex_scalars,
    composites,
    conversions,
    minmax,
    model,
    scalars,
    typing,
)
from dualjit.numbers.hyper import HyperDual
from dualjit.numbers.types import Active, Dual, Marked, MarkedComplex, mark, marker_of, promote, strip, walk

__all__ = [
    "Active",
    "Dual",
    "HyperDual",
    "Marked",
    "MarkedComplex",
    "mark",
    "marker_of",
    "promote",
    "strip",
    "walk",
]
