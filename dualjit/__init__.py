"""dualjit: compiled derivatives of numeric Python and Numba code.

``grad(f)`` and ``value_and_grad(f)`` are Numba functions that return the gradient of ``f`` by reverse mode;
``jacfwd(f)``, ``jacrev(f)`` and ``jacobian(f)`` return its Jacobian, ``hessian(f)`` its Hessian; ``jvp``, ``vjp``,
``linearize`` and ``hvp`` give products with these.  ``vmap`` makes a function of one point one of many.  ``f`` is an
ordinary Python function or one jitted with ``numba.njit``, unchanged.
"""

import importlib

import dualjit.numbers  # noqa: F401  (registers the number types with Numba)
from dualjit.rules.stop import stop_gradient
from dualjit.settings import options
from dualjit.transforms import (
    CustomFunction,
    LinearMap,
    Pullback,
    cfunc,
    check_grads,
    custom_jvp,
    custom_vjp,
    define_rule,
    fixed_point,
    grad,
    hessian,
    hvp,
    implicit_root,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    linearize,
    value_and_grad,
    value_grad_hessian,
    vjp,
    vmap,
)

__version__ = "0.1.0"

__all__ = [
    "CustomFunction",
    "LinearMap",
    "Pullback",
    "cfunc",
    "check_grads",
    "custom_jvp",
    "custom_vjp",
    "define_rule",
    "fixed_point",
    "grad",
    "hessian",
    "hvp",
    "implicit_root",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "linearize",
    "options",
    "stop_gradient",
    "value_and_grad",
    "value_grad_hessian",
    "vjp",
    "vmap",
]


def __getattr__(name: str):
    # SciPy's solvers take as long to import as all the rest: only who uses them waits for them.
    if name == "scipy":
        return importlib.import_module("dualjit.scipy")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
