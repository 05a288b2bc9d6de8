"""The transforms: what users call."""

from dualjit.transforms.check import check_grads
from dualjit.transforms.grad import grad, value_and_grad
from dualjit.transforms.jacfwd import jacfwd
from dualjit.transforms.jvp import jvp
from dualjit.transforms.linearize import LinearMap, linearize

__all__ = ["LinearMap", "check_grads", "grad", "jacfwd", "jvp", "linearize", "value_and_grad"]
