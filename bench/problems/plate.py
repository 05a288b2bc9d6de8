"""Heat and growth on a square plate: a stencil over neighbours in both directions, whose steps overwrite the state.

Explicit Euler steps of Fisher's equation, u' = D (u_xx + u_yy) + r u (1 - u), with fixed edges (R. A. Fisher, Ann.
Eugenics 7 (1937) 355; J. D. Murray, Mathematical Biology I, section 13.2).
"""

import numpy as np
from numba import njit

from .forms import arrays, form
from .scenario import Scenario

SPREAD, GROWTH, STEPS = 0.1, 0.05, 20


@njit
def plate(u0):
    """Sum of squares of the cells after some steps from u0."""
    n, m = u0.shape
    u, w = u0.copy(), u0.copy()
    for _ in range(STEPS):
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                around = u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1]
                w[i, j] = u[i, j] + SPREAD * (around - 4.0 * u[i, j]) + GROWTH * u[i, j] * (1.0 - u[i, j])
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                u[i, j] = w[i, j]
    total = 0.0
    for i in range(n):
        for j in range(m):
            total += u[i, j] * u[i, j]
    return total


def plate_gradient(u0):
    """The transposed steps, from the last to the first."""
    states = [u0]
    for _ in range(STEPS):
        states.append(next_state(np, states[-1]))
    bar = 2.0 * states.pop()
    while states:
        u = states.pop()[1:-1, 1:-1]
        inner = bar[1:-1, 1:-1].copy()
        bar = bar.copy()
        bar[1:-1, 1:-1] = (1.0 - 4.0 * SPREAD + GROWTH * (1.0 - 2.0 * u)) * inner
        for place in (np.s_[:-2, 1:-1], np.s_[2:, 1:-1], np.s_[1:-1, :-2], np.s_[1:-1, 2:]):
            bar[place] += SPREAD * inner
    return bar


def next_state(xp, u):
    """A step, all cells at once."""
    inner = u[1:-1, 1:-1]
    around = u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]
    found = inner + SPREAD * (around - 4.0 * inner) + GROWTH * inner * (1.0 - inner)
    rows = xp.concatenate((u[1:-1, :1], found, u[1:-1, -1:]), 1)
    return xp.concatenate((u[:1], rows, u[-1:]), 0)


def plate_arrays(xp):
    """All cells at once, step by step."""

    def plate(u):
        for _ in range(STEPS):
            u = next_state(xp, u)
        return xp.sum(u * u)

    return plate


def plate_jax(transform):
    """All cells at once; the steps as a scan."""
    import jax
    import jax.numpy as jnp

    def plate(u0):
        u, _ = jax.lax.scan(lambda u, _: (next_state(jnp, u), None), u0, length=STEPS)
        return jnp.sum(u * u)

    return transform(plate)


PLATE = Scenario(
    name="plate",
    title="heat and growth on a square plate, gradient by the first state",
    function=plate,
    make_inputs=lambda size, rng: (rng.uniform(0.0, 1.0, (size, size)),),
    reference=plate_gradient,
    size=100,
    tiny=5,
    transform="grad",
    peers={**arrays(plate_arrays, "torch", "autograd"), "jax": form(plate_jax)},
)
