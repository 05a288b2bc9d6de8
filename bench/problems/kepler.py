"""Kepler's equation E - e sin E = M by Newton's iteration: a loop that runs until it has converged.

Source: J. M. A. Danby, Fundamentals of Celestial Mechanics (1988), section 6.6.
"""

import math

import numpy as np
from numba import njit

from .forms import form
from .scenario import Bound, Scenario


@njit
def eccentric_anomaly(M, e):
    """The E that belongs to mean anomaly M at eccentricity e."""
    E = M if e < 0.8 else math.pi
    step = 1.0
    while abs(step) > 1e-12:
        step = (E - e * math.sin(E) - M) / (1.0 - e * math.cos(E))
        E -= step
    return E


@njit
def eccentric_anomalies(e, M):
    """Eccentric anomalies along an orbit."""
    E = np.empty_like(M)
    for i in range(M.size):
        E[i] = eccentric_anomaly(M[i], e)
    return E


def by_eccentricity(e, M):
    """dE/de of the solved equation, by implicit differentiation."""
    E = eccentric_anomalies(e, M)
    return np.sin(E) / (1.0 - e * np.cos(E))


@njit
def orbit_sum(M, e):
    """Sum over an orbit of x r, with x = cos E the direction and r = 1 - e cos E the distance."""
    total = 0.0
    for i in range(M.size):
        E = eccentric_anomaly(M[i], e)
        total += math.cos(E) * (1.0 - e * math.cos(E))
    return total


def orbit_sum_gradient(M, e):
    """By implicit differentiation: dE/dM = 1 / r and dE/de = sin E / r."""
    E = eccentric_anomalies(e, M)
    sine, cosine = np.sin(E), np.cos(E)
    by_E = (2.0 * e * cosine - 1.0) * sine
    distance = 1.0 - e * cosine
    return by_E / distance, np.sum(by_E * sine / distance - cosine**2)


def orbit_sum_jax(transform):
    """All orbits iterate together; the last Newton step alone carries the derivative.

    JAX has no reverse mode through a loop that runs until it has converged.  At the solution, one step's
    derivative is the implicit one, which is also much cheaper than the iteration's.
    """
    import jax
    import jax.numpy as jnp

    def step(E, M, e):
        return (E - e * jnp.sin(E) - M) / (1.0 - e * jnp.cos(E))

    def solved(M, e):
        def moving(state):
            return jnp.any(jnp.abs(state[1]) > 1e-12)

        def moved(state):
            last = step(state[0], M, e)
            return state[0] - last, last

        return jax.lax.while_loop(moving, moved, (M, jnp.ones_like(M)))[0]

    def orbit_sum(M, e):
        E = jax.lax.stop_gradient(solved(jax.lax.stop_gradient(M), jax.lax.stop_gradient(e)))
        E = E - step(E, M, e)
        return jnp.sum(jnp.cos(E) * (1.0 - e * jnp.cos(E)))

    return transform(orbit_sum)


def last_step(xp, E, M, e):
    """One Newton step from the solution, which carries its derivative, and the sum over the orbit."""
    E = E - (E - e * xp.sin(E) - M) / (1.0 - e * xp.cos(E))
    return xp.sum(xp.cos(E) * (1.0 - e * xp.cos(E)))


def orbit_sum_torch(transform):
    """All orbits iterate together, off the tape; the last Newton step alone carries the derivative."""
    import torch

    def solved(M, e):
        E, step = M, torch.ones(1)
        while torch.any(torch.abs(step) > 1e-12):
            step = (E - e * torch.sin(E) - M) / (1.0 - e * torch.cos(E))
            E = E - step
        return E

    def orbit_sum(M, e):
        with torch.no_grad():
            E = solved(M, e)
        return last_step(torch, E, M, e)

    return transform(orbit_sum)


def orbit_sum_autograd(transform):
    """All orbits iterate together, off the tape; the last Newton step alone carries the derivative."""
    import autograd.numpy as anp
    from autograd.tracer import getval

    def solved(M, e):
        E, step = M, np.ones(1)
        while np.any(np.abs(step) > 1e-12):
            step = (E - e * np.sin(E) - M) / (1.0 - e * np.cos(E))
            E = E - step
        return E

    return transform(lambda M, e: last_step(anp, solved(getval(M), getval(e)), M, e))


def orbit_sum_casadi(transform):
    """All orbits together, eight Newton steps, which are enough at this eccentricity, as a graph of vectors."""
    import casadi

    def orbit_sum(M, e):
        E = M
        for _ in range(8):
            E = E - (E - e * casadi.sin(E) - M) / (1.0 - e * casadi.cos(E))
        return casadi.sum1(casadi.cos(E) * (1.0 - e * casadi.cos(E)))

    return transform(orbit_sum, "MX")


KEPLER = Scenario(
    name="kepler",
    title="Kepler's equation by Newton iteration, with respect to eccentricity",
    function=eccentric_anomalies,
    make_inputs=lambda size, rng: (0.6, rng.uniform(0.1, math.pi - 0.1, size)),
    reference=by_eccentricity,
    size=100,
    tiny=4,
)

KEPLER_GRAD = Scenario(
    name="kepler-grad",
    title="Kepler's equation by Newton iteration, gradient of a sum over an orbit",
    function=orbit_sum,
    make_inputs=lambda size, rng: (rng.uniform(0.1, math.pi - 0.1, size), 0.6),
    reference=orbit_sum_gradient,
    size=20_000,
    tiny=4,
    argnums=(0, 1),
    transform="grad",
    peers={
        "jax": form(orbit_sum_jax),
        "torch": form(orbit_sum_torch, jit=False),
        "autograd": form(orbit_sum_autograd),
        "casadi": form(orbit_sum_casadi),
    },
    bound=Bound("per primal", 1.8),
)
