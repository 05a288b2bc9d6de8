"""A Jacobian at one point times the transposed Jacobian at another, as between all pairs of points in a neural tangent
kernel: few outputs of very many inputs, by linear maps that hold no Jacobian.

Source: Jacot, Gabriel and Hongler, Neural Tangent Kernel, NeurIPS 2018.
"""

from dataclasses import replace

import numpy as np
from numba import njit

from .forms import form
from .scenario import Bound, Scenario

OUTPUTS, INPUTS = 5, 10_000
A = np.random.default_rng(5).uniform(0.5, 1.5, (OUTPUTS, INPUTS))


@njit
def roots(x):
    """Square roots of weighted means of x."""
    return np.sqrt(A @ x / x.size)


@njit
def both_roots(x1, x2):
    """At both points."""
    return roots(x1), roots(x2)


def by_linear_maps(linearize):
    """Sweeps back from the outputs at x2 and forward again at x1."""

    def product(x1, x2):
        (_, first), (_, second) = linearize(roots, x1), linearize(roots, x2)
        return first @ second.T

    return product


def product_reference(x1, x2):
    """A row of A over 2 N times the root is a row of the Jacobian."""
    first, second = (A / (2.0 * INPUTS * np.sqrt(A @ x / INPUTS))[:, None] for x in (x1, x2))
    return first @ second.T


def product_jax(linearize):
    """The same sweeps, side by side.  The product of two Jacobians takes JAX half as long again."""
    import jax
    import jax.numpy as jnp

    weights = jnp.asarray(A)

    def roots(x):
        return jnp.sqrt(weights @ x / INPUTS)

    def product(x1, x2):
        _, pullback = jax.vjp(roots, x2)
        return jax.vmap(lambda u: jax.jvp(roots, (x1,), pullback(u))[1], out_axes=1)(jnp.eye(OUTPUTS))

    return product


def points(size, rng):
    """Two points, so small that the answer is of order 1."""
    return tuple(rng.uniform(1.0, 2.0, size) / size for _ in range(2))


JACOBIAN_PRODUCT = Scenario(
    name="jacobian-product",
    title="J(x1) @ J(x2).T by linear maps, 5 outputs of 1e4 inputs",
    function=both_roots,
    make_inputs=points,
    reference=product_reference,
    size=INPUTS,
    tiny=INPUTS,
    transform="linearize",
    assemble=by_linear_maps,
    peers={"jax": form(product_jax)},
    bound=Bound("over jax", 1 / 50),
)

JACOBIAN_PRODUCT_UNJITTED = replace(
    JACOBIAN_PRODUCT,
    name="jacobian-product-unjitted",
    title="the same, beside JAX without jit",
    peers={"jax": form(product_jax, jit=False)},
    bound=None,
)
