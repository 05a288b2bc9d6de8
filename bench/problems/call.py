"""Three inputs and hardly any arithmetic: what is timed is the call itself."""

import math
from dataclasses import replace

import numpy as np
from numba import njit

from .forms import arrays, form
from .scenario import Bound, Scenario


@njit
def spiral(x):
    """A scalar function of three variables."""
    return x[0] * math.sin(x[1]) + x[2] * x[2]


@njit
def bare_gradient(x):
    """An array of the gradient's shape and nothing more."""
    return np.empty(x.shape)


def spiral_gradient(x):
    """By hand."""
    return np.array([math.sin(x[1]), x[0] * math.cos(x[1]), 2.0 * x[2]])


def spiral_arrays(xp):
    """In the same words."""
    return lambda x: x[0] * xp.sin(x[1]) + x[2] * x[2]


def spiral_casadi(transform):
    """In the same words, number by number."""
    import casadi

    return transform(lambda x: x[0] * casadi.sin(x[1]) + x[2] * x[2])


CALL = Scenario(
    name="call",
    title="overhead of a call, three inputs",
    function=spiral,
    make_inputs=lambda size, rng: (rng.normal(size=3),),
    reference=spiral_gradient,
    size=3,
    tiny=3,
    bound=Bound("above bare", 0.3e-6),
    bare=bare_gradient,
)

CALL_GRAD = replace(
    CALL,
    name="call-grad",
    title="overhead of a call, gradient by three inputs",
    transform="grad",
    peers={**arrays(spiral_arrays), "casadi": form(spiral_casadi)},
)
