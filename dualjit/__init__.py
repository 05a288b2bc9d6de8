"""dualjit: compiled derivatives of numeric Python and Numba code.

``grad(f)`` and ``value_and_grad(f)`` are Numba functions that return the gradient of ``f`` by reverse mode;
``jacfwd(f)``, ``jacrev(f)`` and ``jacobian(f)`` return its Jacobian, ``hessian(f)`` its Hessian; ``jvp``, ``vjp``,
``linearize`` and ``hvp`` give products with these.  ``vmap`` makes a function of one point one of many.  ``f`` is an
ordinary Python function or one jitted with ``numba.njit``, unchanged.
"""

from importlib import import_module

from dualjit.settings import options

__version__ = "0.1.0"

__all__ = [
    "CustomFunction",
    "Dual",
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

# Where they live.  A module is imported when somebody first asks for a name of it: derivatives that are found on disk
# need nothing of what compiles them.
_HOMES = {
    "CustomFunction": "transforms.custom",
    "Dual": "numbers.registration",
    "LinearMap": "transforms.linearize",
    "Pullback": "transforms.vjp",
    "cfunc": "transforms.pointers",
    "check_grads": "transforms.check",
    "custom_jvp": "transforms.custom",
    "custom_vjp": "transforms.custom",
    "define_rule": "transforms.custom",
    "fixed_point": "transforms.implicit",
    "grad": "transforms.grad",
    "hessian": "transforms.hessian",
    "hvp": "transforms.hvp",
    "implicit_root": "transforms.implicit",
    "jacfwd": "transforms.jacfwd",
    "jacobian": "transforms.jacobian",
    "jacrev": "transforms.jacrev",
    "jvp": "transforms.jvp",
    "linearize": "transforms.linearize",
    "stop_gradient": "numbers.registration",
    "value_and_grad": "transforms.grad",
    "value_grad_hessian": "transforms.hessian",
    "vjp": "transforms.vjp",
    "vmap": "transforms.vmap",
}

_PACKAGES = ("cuda", "scipy")


def __getattr__(name: str):
    if name in _PACKAGES:
        return import_module(f"dualjit.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"dualjit.{_HOMES[name]}"), name)
    return found


def __dir__():
    return sorted({*globals(), *_HOMES, *_PACKAGES})
