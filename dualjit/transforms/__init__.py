"""Transforms: functions in, compiled derivatives out."""

from dualjit.transforms.check import check_grads
from dualjit.transforms.custom import CustomFunction, custom_jvp, custom_vjp, define_rule
from dualjit.transforms.grad import grad, value_and_grad
from dualjit.transforms.hessian import hessian, value_grad_hessian
from dualjit.transforms.hvp import hvp
from dualjit.transforms.implicit import fixed_point, implicit_root
from dualjit.transforms.jacfwd import jacfwd
from dualjit.transforms.jacobian import jacobian
from dualjit.transforms.jacrev import jacrev
from dualjit.transforms.jvp import jvp
from dualjit.transforms.linearize import LinearMap, linearize
from dualjit.transforms.pointers import cfunc
from dualjit.transforms.vjp import Pullback, vjp
from dualjit.transforms.vmap import vmap

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
    "value_and_grad",
    "value_grad_hessian",
    "vjp",
    "vmap",
]
