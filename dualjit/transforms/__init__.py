"""Transforms: functions in, compiled derivatives out."""

from dualjit.transforms.check import check_grads
from dualjit.transforms.grad import grad, value_and_grad
from dualjit.transforms.hessian import hessian, value_grad_hessian
from dualjit.transforms.hvp import hvp
from dualjit.transforms.jacfwd import jacfwd
from dualjit.transforms.jacobian import jacobian
from dualjit.transforms.jacrev import jacrev
from dualjit.transforms.jvp import jvp
from dualjit.transforms.linearize import LinearMap, linearize
from dualjit.transforms.vjp import Pullback, vjp

__all__ = [
    "LinearMap",
    "Pullback",
    "check_grads",
    "grad",
    "hessian",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "linearize",
    "value_and_grad",
    "value_grad_hessian",
    "vjp",
]
