"""Reaction and diffusion on a ring of cells by classical Runge-Kutta steps with work arrays.

Source: the Allen-Cahn equation (Acta Metall. 27 (1979) 1085) by the method of lines.  The reference is the adjoint of
the Runge-Kutta step by hand: Hager, Numer. Math. 87 (2000) 247.  Its derivative along a vector is by a complex step,
which is exact: Squire and Trapp, SIAM Rev. 40 (1998) 110.
"""

from dataclasses import replace

import numpy as np
from numba import njit

from .forms import arrays, form
from .scenario import Bound, Scenario

STEP = 0.01


@njit
def rhs(y, p, out):
    """Time derivative of the cells, into ``out``; p: rate of diffusion, rate of reaction."""
    n = y.size
    for i in range(n):
        left = y[i - 1] if i > 0 else y[n - 1]
        right = y[i + 1] if i < n - 1 else y[0]
        out[i] = p[0] * (left - 2.0 * y[i] + right) + p[1] * y[i] * (1.0 - y[i] * y[i])


@njit
def reaction(y0, p, steps):
    """Sum of squares of the cells after a number of steps from y0."""
    n = y0.size
    y = y0.copy()
    k1, k2, k3, k4 = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    tmp = np.zeros(n)
    h = STEP
    for _ in range(steps):
        rhs(y, p, k1)
        for i in range(n):
            tmp[i] = y[i] + h / 2 * k1[i]
        rhs(tmp, p, k2)
        for i in range(n):
            tmp[i] = y[i] + h / 2 * k2[i]
        rhs(tmp, p, k3)
        for i in range(n):
            tmp[i] = y[i] + h * k3[i]
        rhs(tmp, p, k4)
        for i in range(n):
            y[i] += h / 6 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i])
    total = 0.0
    for i in range(n):
        total += y[i] * y[i]
    return total


def laplacian(y):
    """Differences to both neighbours on the ring."""
    return np.roll(y, 1) - 2.0 * y + np.roll(y, -1)


def stages(y, p):
    """The four points of a Runge-Kutta step where the slope is taken, and the next state."""
    points, slopes = [], []
    for reach in (0.0, STEP / 2, STEP / 2, STEP):
        points.append(y + reach * slopes[-1] if slopes else y)
        slopes.append(p[0] * laplacian(points[-1]) + p[1] * (points[-1] - points[-1] ** 3))
    return points, y + STEP / 6 * (slopes[0] + 2.0 * slopes[1] + 2.0 * slopes[2] + slopes[3])


def reaction_gradient(y0, p, steps):
    """The adjoint of each step, from the last to the first."""
    trajectory = [y0]
    for _ in range(steps):
        trajectory.append(stages(trajectory[-1], p)[1])
    y_bar, p_bar = 2.0 * trajectory.pop(), np.zeros(2, y0.dtype)
    while trajectory:
        y_bar = step_adjoint(trajectory.pop(), p, y_bar, p_bar)
    return y_bar, p_bar


def reaction_hessian_product(y0, direction, p, steps):
    """The gradient by y0 at an imaginary step, which is polynomial in y0."""
    reach = 1e-30
    return reaction_gradient(y0 + 1j * reach * direction, p, steps)[0].imag / reach


def step_adjoint(y, p, y_bar, p_bar):
    """Cotangent of a step's state from that of the next one; adds to ``p_bar``."""
    point_bar, total = np.zeros_like(y), y_bar
    weights, reaches = (STEP / 6, STEP / 3, STEP / 3, STEP / 6), (0.0, STEP, STEP / 2, STEP / 2)
    for point, weight, reach in zip(reversed(stages(y, p)[0]), weights, reaches, strict=True):
        slope_bar = weight * y_bar + reach * point_bar
        point_bar = p[0] * laplacian(slope_bar) + p[1] * (1.0 - 3.0 * point**2) * slope_bar
        p_bar += laplacian(point) @ slope_bar, (point - point**3) @ slope_bar
        total = total + point_bar
    return total


def reaction_jax(transform):
    """All cells at once; the steps as a scan.  Of ways to reach the neighbours, indices are the fastest."""
    import jax
    import jax.numpy as jnp

    def slope(y, p):
        left, right = np.roll(np.arange(y.size), 1), np.roll(np.arange(y.size), -1)
        return p[0] * (y[left] - 2.0 * y + y[right]) + p[1] * y * (1.0 - y * y)

    def reaction(y0, p, steps):
        h = STEP

        def step(y, _):
            k1 = slope(y, p)
            k2 = slope(y + h / 2 * k1, p)
            k3 = slope(y + h / 2 * k2, p)
            k4 = slope(y + h * k3, p)
            return y + h / 6 * (k1 + 2.0 * k2 + 2.0 * k3 + k4), None

        y, _ = jax.lax.scan(step, y0, length=steps)
        return jnp.sum(y * y)

    return transform(reaction)


def reaction_loop(xp):
    """All cells at once, step by step."""

    def slope(y, p):
        around = xp.concatenate((y[-1:], y, y[:1]))
        return p[0] * (around[:-2] - 2.0 * y + around[2:]) + p[1] * y * (1.0 - y * y)

    def reaction(y0, p, steps):
        y = y0
        for _ in range(steps):
            k1 = slope(y, p)
            k2 = slope(y + STEP / 2 * k1, p)
            k3 = slope(y + STEP / 2 * k2, p)
            k4 = slope(y + STEP * k3, p)
            y = y + STEP / 6 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        return xp.sum(y * y)

    return reaction


def reaction_casadi(transform):
    """A step of state and rates, number by number, folded over the loop."""
    import casadi

    def slope(y, p):
        around = casadi.vertcat(y[-1], y, y[0])
        return p[0] * (around[:-2] - 2.0 * y + around[2:]) + p[1] * y * (1.0 - y * y)

    def reaction(y0, p, steps):
        y, rates = casadi.SX.sym("y", *y0.shape), casadi.SX.sym("p", 2)
        k1 = slope(y, rates)
        k2 = slope(y + STEP / 2 * k1, rates)
        k3 = slope(y + STEP / 2 * k2, rates)
        k4 = slope(y + STEP * k3, rates)
        moved = y + STEP / 6 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        step = casadi.Function("step", [casadi.vertcat(y, rates)], [casadi.vertcat(moved, rates)])
        return casadi.sumsqr(step.fold(steps)(casadi.vertcat(y0, p))[:-2])

    return transform(reaction, "MX")


def ring(size, rng):
    """``size // 10`` cells and ``size`` steps, with rates at which every cell still remembers its start."""
    return rng.uniform(0.2, 1.2, size // 10), np.array([0.5, 0.1]), size


def moved_ring(size, rng):
    """A ring with a displacement of each cell, in second place."""
    y0, p, steps = ring(size, rng)
    return y0, rng.normal(size=y0.size), p, steps


RK4 = Scenario(
    name="rk4",
    title="reaction and diffusion by Runge-Kutta steps, gradient by start and rates",
    function=reaction,
    make_inputs=ring,
    reference=reaction_gradient,
    size=1000,
    tiny=40,
    argnums=(0, 1),
    transform="grad",
    peers={
        "jax": form(reaction_jax),
        **arrays(reaction_loop, "torch", "autograd", jit=False),
        "casadi": form(reaction_casadi),
    },
    bound=Bound("per primal", 4.0),
)

RK4_HVP = replace(
    RK4,
    name="rk4-hvp",
    title="reaction and diffusion by Runge-Kutta steps, Hessian by the start times a vector",
    make_inputs=moved_ring,
    reference=reaction_hessian_product,
    argnums=0,
    transform="hvp",
    baseline="gradient",
    bound=Bound("per gradient", 1.8),
)
