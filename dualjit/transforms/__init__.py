"""Transforms: functions in, compiled derivatives out."""

from dualjit.transforms.check import check_grads
from dualjit.transforms.jacfwd import jacfwd
from dualjit.transforms.jvp import jvp
from dualjit.transforms.linearize import LinearMap, linearize

__all__ = ["LinearMap", "check_grads", "jacfwd", "jvp", "linearize"]
