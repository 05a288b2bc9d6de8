"""The sum of sines: a diagonal Hessian and hardly any arithmetic, so that products with it are mostly the call."""

import numpy as np
from numba import njit

from .forms import arrays, form
from .scenario import Bound, Scenario


@njit
def sines(x):
    """Sum of the sines."""
    return np.sum(np.sin(x))


def sines_arrays(xp):
    """In the same words."""
    return lambda x: xp.sum(xp.sin(x))


def sines_numbers(transform):
    """Number by number, by way of C."""
    import casadi

    return transform(lambda x: casadi.sum1(casadi.sin(x)))


SINES_HVP = Scenario(
    name="sines-hvp",
    title="sum of 128 sines, Hessian times a vector",
    function=sines,
    make_inputs=lambda size, rng: (rng.normal(size=size), rng.normal(size=size)),
    reference=lambda x, v: -np.sin(x) * v,
    size=128,
    tiny=3,
    transform="hvp",
    peers={**arrays(sines_arrays), "casadi": form(sines_numbers)},
    baseline="gradient",
    bound=Bound("over jax", 2 / 5),
)
