"""Array functions on arrays of duals: an implementation for each row which Numba's own code does not serve.

Importing the package registers them.
"""

from dualjit.numbers.arrays import (  # noqa: F401
    convolution,
    extrema,
    factors,
    filling,
    inactive,
    interpolation,
    joining,
    making,
    moments,
    norms,
    parts,
    products,
    quantiles,
    selecting,
    shapes,
    sorting,
    stopping,
    sums,
    systems,
)
from dualjit.numbers.arrays.registry import complex_implementation_of, implementation_of, implemented, implements

__all__ = ["complex_implementation_of", "implementation_of", "implemented", "implements"]
