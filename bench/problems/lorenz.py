"""The Lorenz system by classical Runge-Kutta steps, and its sensitivity to the three parameters.

Source: E. N. Lorenz, J. Atmos. Sci. 20 (1963) 130.  The reference steps the variational
equations with the same method, which is the exact derivative of the discrete map.
"""

import numpy as np
from numba import njit

from .forms import arrays, form
from .scenario import Bound, Scenario

STEP = 1e-3


@njit
def slope(x, y, z, sigma, rho, beta):
    """Lorenz's vector field."""
    return sigma * (y - x), x * (rho - z) - y, x * y - beta * z


@njit
def lorenz(parameters, start, steps):
    """State after a number of steps from ``start``; parameters are sigma, rho, beta."""
    sigma, rho, beta = parameters[0], parameters[1], parameters[2]
    x, y, z = start
    h = STEP
    for _ in range(steps):
        ax, ay, az = slope(x, y, z, sigma, rho, beta)
        bx, by, bz = slope(x + h / 2 * ax, y + h / 2 * ay, z + h / 2 * az, sigma, rho, beta)
        cx, cy, cz = slope(x + h / 2 * bx, y + h / 2 * by, z + h / 2 * bz, sigma, rho, beta)
        dx, dy, dz = slope(x + h * cx, y + h * cy, z + h * cz, sigma, rho, beta)
        x += h / 6 * (ax + 2 * bx + 2 * cx + dx)
        y += h / 6 * (ay + 2 * by + 2 * cy + dy)
        z += h / 6 * (az + 2 * bz + 2 * cz + dz)
    return np.array([x, y, z])


def variational_slope(state, parameters):
    """Vector field of the trajectory (column 0) and of its parameter sensitivities (columns 1 to 3)."""
    (x, y, z), sensitivity = state[:, 0], state[:, 1:]
    sigma, rho, beta = parameters
    by_state = np.array([[-sigma, sigma, 0.0], [rho - z, -1.0, -x], [y, x, -beta]])
    by_parameter = np.diag([y - x, x, -z])
    field = np.array([sigma * (y - x), x * (rho - z) - y, x * y - beta * z])
    return np.column_stack([field, by_state @ sensitivity + by_parameter])


def lorenz_jacobian(parameters, start, steps):
    """Sensitivities of the final state, by the variational equations."""
    state = np.column_stack([np.array(start), np.zeros((3, 3))])
    for _ in range(steps):
        a = variational_slope(state, parameters)
        b = variational_slope(state + STEP / 2 * a, parameters)
        c = variational_slope(state + STEP / 2 * b, parameters)
        d = variational_slope(state + STEP * c, parameters)
        state = state + STEP / 6 * (a + 2 * b + 2 * c + d)
    return state[:, 1:]


def step_arrays(state, parameters):
    """One Runge-Kutta step of a state of three numbers."""
    h = STEP
    a = slope.py_func(*state, *parameters)
    b = slope.py_func(*(s + h / 2 * k for s, k in zip(state, a, strict=True)), *parameters)
    c = slope.py_func(*(s + h / 2 * k for s, k in zip(state, b, strict=True)), *parameters)
    d = slope.py_func(*(s + h * k for s, k in zip(state, c, strict=True)), *parameters)
    return tuple(s + h / 6 * (p + 2 * q + 2 * r + t) for s, p, q, r, t in zip(state, a, b, c, d, strict=True))


def lorenz_jax(transform):
    """The loop as a scan over three numbers, by columns."""
    import jax
    import jax.numpy as jnp

    def lorenz(parameters, start, steps):
        def step(state, _):
            return step_arrays(state, (parameters[0], parameters[1], parameters[2])), None

        start = tuple(jnp.asarray(s, float) for s in start)
        return jnp.stack(jax.lax.scan(step, start, length=steps)[0])

    return transform(lorenz)


def lorenz_loop(xp):
    """The loop, step by step."""

    def lorenz(parameters, start, steps):
        state = start[0], start[1], start[2]
        for _ in range(steps):
            state = step_arrays(state, (parameters[0], parameters[1], parameters[2]))
        return xp.stack(state)

    return lorenz


def lorenz_casadi(transform):
    """A step of state and parameters, folded over the loop."""
    import casadi

    whole = casadi.SX.sym("state", 6)
    numbers = casadi.vertsplit(whole)
    step = casadi.Function("step", [whole], [casadi.vertcat(*step_arrays(numbers[:3], numbers[3:]), *numbers[3:])])

    def lorenz(parameters, start, steps):
        return step.fold(steps)(casadi.vertcat(start, parameters))[:3]

    return transform(lorenz, "MX")


def classic_parameters(size, rng):
    """Lorenz's own parameters, slightly moved, and ``size`` steps."""
    return np.array([10.0, 28.0, 8.0 / 3.0]) * rng.uniform(0.99, 1.01, 3), (1.0, 1.0, 20.0), size


LORENZ = Scenario(
    name="lorenz",
    title="Lorenz system, Runge-Kutta steps, three parameters",
    function=lorenz,
    make_inputs=classic_parameters,
    reference=lorenz_jacobian,
    size=10_000,
    tiny=20,
    peers={
        "jax": form(lorenz_jax),
        **arrays(lorenz_loop, "torch", "autograd", jit=False),
        "casadi": form(lorenz_casadi),
    },
    bound=Bound("per primal", 2.2),
)
