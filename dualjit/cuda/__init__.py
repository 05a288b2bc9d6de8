"""Derivatives on the GPU: dual numbers in your own CUDA kernels, and derivatives of one function at many points.

In kernels: the type ``dualjit.Dual[n, numba.float64]``, and `seed`, `value`, `partial` and `primal`.  At many points:
`batch_jacobian` and its siblings, one thread for each point.  At one point of many inputs: `jacobian`.  Needs
``pip install 'dualjit[cuda]'``.
"""

from contextlib import suppress

from dualjit.cuda.batch import Batch
from dualjit.cuda.modes import AutoBatch
from dualjit.cuda.refusal import refuse_derivatives
from dualjit.cuda.reverse import ReverseBatch
from dualjit.cuda.target import numba_target
from dualjit.cuda.transforms import (
    batch_gradient,
    batch_hessian,
    batch_hvp,
    batch_jacobian,
    batch_jvp,
    batch_value,
    batch_vjp,
    jacobian,
)
from dualjit.errors import CudaError
from dualjit.numbers.intrinsics import lift, partial, primal, seed, value

__all__ = [
    "AutoBatch",
    "Batch",
    "ReverseBatch",
    "batch_gradient",
    "batch_hessian",
    "batch_hvp",
    "batch_jacobian",
    "batch_jvp",
    "batch_value",
    "batch_vjp",
    "jacobian",
    "lift",
    "partial",
    "primal",
    "seed",
    "value",
]

# The target has to know how dual numbers lie in registers before the user's first kernel is compiled.  Where there is
# no target, what needs one says so.
with suppress(CudaError):
    numba_target()
refuse_derivatives()
