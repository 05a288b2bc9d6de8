"""dualjit: compiled derivatives of numeric Python and Numba code.

``jacfwd(f)`` is a Numba function that returns the Jacobian of ``f``; ``jvp`` and ``linearize`` give directional
derivatives.  ``f`` is an ordinary Python function or one jitted with ``numba.njit``, unchanged.
"""

import dualjit.numbers  # noqa: F401  (registers the number types with Numba)
from dualjit.rules.stop import stop_gradient
from dualjit.transforms import LinearMap, check_grads, grad, jacfwd, jvp, linearize, value_and_grad

__version__ = "0.1.0"

__all__ = ["LinearMap", "check_grads", "grad", "jacfwd", "jvp", "linearize", "stop_gradient", "value_and_grad"]
