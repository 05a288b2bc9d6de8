"""Numbers that carry derivatives, as Numba types.

Their typing and their code are registered by :mod:`dualjit.numbers.registration`, which all that compiles imports.
"""

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
