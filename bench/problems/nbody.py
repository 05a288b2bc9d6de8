"""Gravity of n bodies: every pair pulls, each pair is visited once.

Source: S. J. Aarseth, Gravitational N-Body Simulations (2003), equation 1.1 with Plummer softening.
"""

import math

import numpy as np
from numba import njit

from .scenario import Bound, Scenario

SOFTENING = 0.01


@njit
def acceleration(q):
    """Accelerations of unit masses at q = (x0, y0, z0, x1, ...)."""
    bodies = q.size // 3
    a = np.zeros(q.size)
    for i in range(bodies):
        for j in range(i):
            dx = q[3 * i] - q[3 * j]
            dy = q[3 * i + 1] - q[3 * j + 1]
            dz = q[3 * i + 2] - q[3 * j + 2]
            distance2 = dx * dx + dy * dy + dz * dz + SOFTENING
            pull = 1.0 / (distance2 * math.sqrt(distance2))
            a[3 * i] -= pull * dx
            a[3 * i + 1] -= pull * dy
            a[3 * i + 2] -= pull * dz
            a[3 * j] += pull * dx
            a[3 * j + 1] += pull * dy
            a[3 * j + 2] += pull * dz
    return a


def tidal_jacobian(q):
    """The tidal tensor of every pair, 3 d d^T / r^5 - I / r^3, and minus its row sum for the body itself."""
    r = q.reshape(-1, 3)
    d = r[:, None, :] - r[None, :, :]
    distance2 = (d**2).sum(axis=2) + SOFTENING
    outer = d[:, :, :, None] * d[:, :, None, :]
    tensor = np.eye(3) / distance2[:, :, None, None] ** 1.5 - 3.0 * outer / distance2[:, :, None, None] ** 2.5
    body = np.arange(len(r))
    tensor[body, body] = 0.0
    tensor[body, body] = -tensor.sum(axis=1)
    return tensor.transpose(0, 2, 1, 3).reshape(q.size, q.size)


NBODY = Scenario(
    name="nbody",
    title="n-body accelerations",
    function=acceleration,
    make_inputs=lambda size, rng: (rng.normal(size=3 * (size // 3)),),
    reference=tidal_jacobian,
    size=60,
    tiny=9,
    bound=Bound("per input", 0.18),
)
