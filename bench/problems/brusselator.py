"""The one-dimensional brusselator: right-hand side of a stiff reaction-diffusion system.

Source: Hairer and Wanner, Solving Ordinary Differential Equations II, section IV.10.
"""

import functools

import numpy as np
from numba import njit

from .forms import arrays, form
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


def brusselator_arrays(xp):
    """All cells at once."""

    def brusselator(y):
        u, v = y[0::2], y[1::2]
        wall, rate = 0.0 * y[:1], DIFFUSION * (len(u) + 1) ** 2

        def spread(c, value):
            around = xp.concatenate((wall + value, c, wall + value))
            return rate * (around[:-2] - 2.0 * c + around[2:])

        reaction = u * u * v
        du = FEED + reaction - (CONVERSION + 1.0) * u + spread(u, FEED)
        dv = CONVERSION * u - reaction + spread(v, CONVERSION)
        return xp.stack((du, dv)).T.reshape(-1)

    return brusselator


def neighbours(n):
    """Where the Jacobian is not zero, and which columns can share a sweep: five colours for five diagonals."""
    rows, columns = np.nonzero(np.abs(np.subtract.outer(np.arange(n), np.arange(n))) <= 2)
    return rows, columns, np.arange(n) % 5


def brusselator_coloured(transform):
    """All cells at once, five directions for all columns."""
    import jax
    import jax.numpy as jnp

    function = brusselator_arrays(jnp)

    def jacobian(y):
        rows, columns, colours = neighbours(y.size)
        directions = np.equal.outer(np.arange(5), colours).astype(float)
        _, along = jax.linearize(function, y)
        found = jax.vmap(along)(jnp.asarray(directions))
        return jnp.zeros((y.size, y.size)).at[rows, columns].set(found[colours[columns], rows])

    return jacobian


def brusselator_casadi(transform):
    """All cells at once, number by number; what is not zero of the Jacobian."""
    import casadi

    def brusselator(y):
        u, v = y[0::2], y[1::2]
        rate = DIFFUSION * (u.shape[0] + 1) ** 2

        def spread(c, value):
            around = casadi.vertcat(value, c, value)
            return rate * (around[:-2] - 2.0 * c + around[2:])

        reaction = u * u * v
        du = FEED + reaction - (CONVERSION + 1.0) * u + spread(u, FEED)
        dv = CONVERSION * u - reaction + spread(v, CONVERSION)
        return casadi.vec(casadi.horzcat(du, dv).T)

    return transform(brusselator)


def brusselator_differences(differentiate):
    """Forward differences of the function compiled by Numba, five groups of columns."""
    import scipy.sparse

    def jacobian(y):
        rows, columns, colours = neighbours(y.size)
        pattern = scipy.sparse.csr_matrix((np.ones(rows.size), (rows, columns)))
        return functools.partial(differentiate, sparsity=(pattern, colours))

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
    peers={
        "jax": form(brusselator_coloured),
        **arrays(brusselator_arrays, "torch", "autograd"),
        "casadi": form(brusselator_casadi),
        "scipy": form(brusselator_differences),
    },
    bound=Bound("per input", 0.08),
)
