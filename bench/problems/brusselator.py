"""The one-dimensional brusselator: right-hand side of a stiff reaction-diffusion system.

Source: Hairer and Wanner, Solving Ordinary Differential Equations II, section IV.10.
"""

import numpy as np
from numba import njit

from .scenario import Bound, Scenario

FEED, CONVERSION, DIFFUSION = 1.0, 3.0, 0.02


@njit
def brusselator(y):
    """Time derivative of the concentrations y = (u0, v0, u1, v1, ...), fixed at both walls."""
    cells = y.size // 2
    rate = DIFFUSION * (cells + 1) ** 2
    dydt = np.zeros(y.size)
    for i in range(cells):
        u = y[2 * i]
        v = y[2 * i + 1]
        u_left, v_left = FEED, CONVERSION
        if i > 0:
            u_left, v_left = y[2 * i - 2], y[2 * i - 1]
        u_right, v_right = FEED, CONVERSION
        if i < cells - 1:
            u_right, v_right = y[2 * i + 2], y[2 * i + 3]
        reaction = u * u * v
        dydt[2 * i] = FEED + reaction - (CONVERSION + 1.0) * u + rate * (u_left - 2.0 * u + u_right)
        dydt[2 * i + 1] = CONVERSION * u - reaction + rate * (v_left - 2.0 * v + v_right)
    return dydt


def brusselator_jacobian(y):
    """Block tridiagonal: 2 x 2 reaction blocks on the diagonal, diffusion beside them."""
    u, v = y[::2], y[1::2]
    rate = DIFFUSION * (u.size + 1) ** 2
    even, odd = np.arange(0, y.size, 2), np.arange(1, y.size, 2)
    jacobian = rate * (np.eye(y.size, k=2) + np.eye(y.size, k=-2) - 2.0 * np.eye(y.size))
    jacobian[even, even] += 2.0 * u * v - CONVERSION - 1.0
    jacobian[even, odd] += u**2
    jacobian[odd, even] += CONVERSION - 2.0 * u * v
    jacobian[odd, odd] -= u**2
    return jacobian


def concentrations(size, rng):
    """Random positive concentrations in ``size // 2`` cells."""
    return (rng.uniform(0.5, 3.0, 2 * (size // 2)),)


BRUSSELATOR = Scenario(
    name="brusselator",
    title="brusselator in one dimension, right-hand side",
    function=brusselator,
    make_inputs=concentrations,
    reference=brusselator_jacobian,
    size=64,
    tiny=6,
    bound=Bound("per input", 0.08),
)
