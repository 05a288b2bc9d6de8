"""Gravity of n bodies: every pair pulls, each pair is visited once; their accelerations and their energy.

Source: S. J. Aarseth, Gravitational N-Body Simulations (2003), equation 1.1 with Plummer softening.
"""

import math
from dataclasses import replace

import numpy as np
from numba import njit

from .forms import arrays, form
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


def tides(r, weights):
    """Of every pair of bodies the tidal tensor w (I / d^3 - 3 d d^T / d^5), and minus its row sum for the body itself.

    The axes are: body, coordinate, other body, its coordinate.
    """
    d = r[:, None, :] - r[None, :, :]
    distance2 = ((d**2).sum(axis=2) + SOFTENING)[:, :, None, None]
    outer = d[:, :, :, None] * d[:, :, None, :]
    tensor = weights[:, :, None, None] * (np.eye(3) / distance2**1.5 - 3.0 * outer / distance2**2.5)
    body = np.arange(len(r))
    tensor[body, body] = 0.0
    tensor[body, body] = -tensor.sum(axis=1)
    return tensor.transpose(0, 2, 1, 3)


def tidal_jacobian(q):
    """The tides of unit masses."""
    bodies = q.size // 3
    return tides(q.reshape(-1, 3), np.ones((bodies, bodies))).reshape(q.size, q.size)


@njit
def energy(q, v, masses):
    """Kinetic plus potential energy of masses at positions q, one row each, with velocities v."""
    total = 0.0
    for i in range(masses.size):
        speed2 = v[i, 0] ** 2 + v[i, 1] ** 2 + v[i, 2] ** 2
        total += 0.5 * masses[i] * speed2
        for j in range(i):
            dx = q[i, 0] - q[j, 0]
            dy = q[i, 1] - q[j, 1]
            dz = q[i, 2] - q[j, 2]
            total -= masses[i] * masses[j] / math.sqrt(dx * dx + dy * dy + dz * dz + SOFTENING)
    return total


def energy_gradient(q, v, masses):
    """Minus the forces, body by body, and the momenta."""
    by_positions = np.empty_like(q)
    for i in range(len(q)):
        d = q[i] - q
        pulls = masses / ((d**2).sum(axis=1) + SOFTENING) ** 1.5
        by_positions[i] = masses[i] * (pulls @ d)
    return by_positions, masses[:, None] * v


def energy_hessian(q, v, masses):
    """By positions: minus the tides, a pair weighing as much as the product of its masses."""
    return -tides(q, np.outer(masses, masses))


def energy_hessian_product(q, direction, v, masses):
    """The Hessian by positions times a displacement of all bodies."""
    return np.tensordot(energy_hessian(q, v, masses), direction, 2)


def energy_jax(transform):
    """Every pair twice in square arrays, one per direction; the diagonal adds a constant, which is taken off."""
    import jax
    import jax.numpy as jnp

    def energy(q, v, masses):
        dx, dy, dz = (x[:, None] - x for x in q.T)
        pairs = masses @ jax.lax.rsqrt(dx * dx + dy * dy + dz * dz + SOFTENING) @ masses
        alone = jnp.sum(masses**2) / SOFTENING**0.5
        return 0.5 * jnp.sum(masses[:, None] * v**2) - 0.5 * (pairs - alone)

    return transform(energy)


def energy_arrays(xp):
    """Every pair twice in square arrays, one per direction."""

    def energy(q, v, masses):
        dx, dy, dz = (q[:, None, k] - q[:, k] for k in range(3))
        pairs = masses @ (1.0 / xp.sqrt(dx * dx + dy * dy + dz * dz + SOFTENING)) @ masses
        alone = xp.sum(masses**2) / SOFTENING**0.5
        return 0.5 * xp.sum(masses[:, None] * v**2) - 0.5 * (pairs - alone)

    return energy


def energy_casadi(transform):
    """Every pair twice in square matrices, one per direction."""
    import casadi

    def energy(q, v, masses):
        bodies = q.shape[0]
        distance2 = SOFTENING
        for k in range(3):
            squares = casadi.repmat(q[:, k], 1, bodies)
            distance2 = distance2 + (squares - squares.T) ** 2
        pairs = masses.T @ (1.0 / casadi.sqrt(distance2)) @ masses
        alone = casadi.sumsqr(masses) / SOFTENING**0.5
        return 0.5 * casadi.sum1(masses * casadi.sum2(v**2)) - 0.5 * (pairs - alone)

    return transform(energy, "MX")


def cluster(size, rng):
    """Bodies of different masses."""
    return rng.normal(size=(size, 3)), rng.normal(size=(size, 3)), rng.uniform(0.5, 1.5, size)


def moved_cluster(size, rng):
    """Bodies with a displacement of each, in second place."""
    q, v, masses = cluster(size, rng)
    return q, rng.normal(size=q.shape), v, masses


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

NBODY_ENERGY = Scenario(
    name="nbody-energy",
    title="n-body energy, gradient by positions and velocities",
    function=energy,
    make_inputs=cluster,
    reference=energy_gradient,
    size=1000,
    tiny=4,
    argnums=(0, 1),
    transform="grad",
    peers={
        "jax": form(energy_jax),
        **arrays(energy_arrays, "torch", "autograd"),
        "casadi": form(energy_casadi),
    },
    bound=Bound("per primal", 1.8),
)

NBODY_HESSIAN = replace(
    NBODY_ENERGY,
    name="nbody-hessian",
    title="n-body energy, Hessian by the positions of 20 bodies",
    reference=energy_hessian,
    size=20,
    argnums=0,
    transform="hessian",
    bound=Bound("per primal", 340.0),
)

NBODY_HVP = replace(
    NBODY_ENERGY,
    name="nbody-hvp",
    title="n-body energy, Hessian by the positions of 300 bodies times a vector",
    make_inputs=moved_cluster,
    reference=energy_hessian_product,
    size=300,
    argnums=0,
    transform="hvp",
    baseline="gradient",
    bound=Bound("per gradient", 2.2),
)
