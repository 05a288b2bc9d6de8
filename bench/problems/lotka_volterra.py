"""Predator and prey by explicit Euler steps: a long loop that overwrites a state of two numbers.

Source: Murray, Mathematical Biology I (2002), section 3.1.  The reference steps the variational equations with the
same method, which is the exact derivative of the discrete map.
"""

import numpy as np
from numba import njit

from .forms import arrays, form
from .scenario import Bound, Scenario

STEP = 1e-3


@njit
def lotka_volterra(y0, p, steps):
    """Squared size of both populations after a number of steps from y0; p: birth, loss, death, gain."""
    y = y0.copy()
    dt = STEP
    for _ in range(steps):
        a = p[0] * y[0] - p[1] * y[0] * y[1]
        b = -p[2] * y[1] + p[3] * y[0] * y[1]
        y[0] = y[0] + dt * a
        y[1] += dt * b
    return y[0] * y[0] + y[1] * y[1]


def lotka_volterra_gradient(y0, p, steps):
    """From the final state and its sensitivities to y0 (columns 0, 1) and p (columns 2 to 5)."""
    state, sensitivity = variational_euler(y0, p, steps)
    gradient = 2.0 * state @ sensitivity
    return gradient[:2], gradient[2:]


@njit
def variational_euler(y0, p, steps):
    """The final state and its 2 x 6 sensitivities, stepped together."""
    u, v = y0
    u_dot, v_dot = np.zeros(6), np.zeros(6)
    u_dot[0] = v_dot[1] = 1.0
    for _ in range(steps):
        by_u = (p[0] - p[1] * v) * u_dot - p[1] * u * v_dot
        by_v = p[3] * v * u_dot + (p[3] * u - p[2]) * v_dot
        by_u[2] += u
        by_u[3] -= u * v
        by_v[4] -= v
        by_v[5] += u * v
        u_dot += STEP * by_u
        v_dot += STEP * by_v
        u, v = u + STEP * (p[0] - p[1] * v) * u, v + STEP * (p[3] * u - p[2]) * v
    return np.array([u, v]), np.stack((u_dot, v_dot))


def lotka_volterra_jax(transform):
    """The loop as a scan over two numbers, faster there than an array of two; unrolling by more costs time again."""
    import jax

    def lotka_volterra(y0, p, steps):
        def step(y, _):
            u, v = y
            a = p[0] * u - p[1] * u * v
            b = -p[2] * v + p[3] * u * v
            return (u + STEP * a, v + STEP * b), None

        (u, v), _ = jax.lax.scan(step, (y0[0], y0[1]), length=steps, unroll=4)
        return u * u + v * v

    return transform(lotka_volterra)


def lotka_volterra_loop(xp):
    """The loop, step by step."""

    def lotka_volterra(y0, p, steps):
        u, v = y0[0], y0[1]
        for _ in range(steps):
            u, v = u + STEP * (p[0] * u - p[1] * u * v), v + STEP * (p[3] * u * v - p[2] * v)
        return u * u + v * v

    return lotka_volterra


def lotka_volterra_casadi(transform):
    """A step of state and parameters, folded over the loop."""
    import casadi

    state = casadi.SX.sym("state", 6)
    u, v, *p = casadi.vertsplit(state)
    moved = u + STEP * (p[0] * u - p[1] * u * v), v + STEP * (p[3] * u * v - p[2] * v)
    step = casadi.Function("step", [state], [casadi.vertcat(*moved, *p)])

    def lotka_volterra(y0, p, steps):
        return casadi.sumsqr(step.fold(steps)(casadi.vertcat(y0, p))[:2])

    return transform(lotka_volterra, "MX")


def populations(size, rng):
    """Populations near their equilibrium at (1, 1), on which they turn, and ``size`` steps."""
    return rng.uniform(0.6, 1.4, 2), np.array([0.8, 0.8, 1.1, 1.1]) * rng.uniform(0.95, 1.05, 4), size


EULER = Scenario(
    name="euler",
    title="Lotka-Volterra by Euler steps, gradient by start and parameters",
    function=lotka_volterra,
    make_inputs=populations,
    reference=lotka_volterra_gradient,
    size=100_000,
    tiny=20,
    argnums=(0, 1),
    transform="grad",
    peers={
        "jax": form(lotka_volterra_jax),
        **arrays(lotka_volterra_loop, "torch", "autograd", jit=False),
        "casadi": form(lotka_volterra_casadi),
    },
    bound=Bound("per primal", 2.5),
)
