"""All numbers that carry derivatives: importing this registers their typing and their code with Numba."""

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
from dualjit.numbers.types import Dual  # noqa: F401  (whoever uses one of these in compiled code needs the above)
from dualjit.rules.stop import stop_gradient  # noqa: F401
