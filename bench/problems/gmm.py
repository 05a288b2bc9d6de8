"""ADBench's Gaussian mixture: full precision factors, a Wishart prior, and the gradient of the log-likelihood.

Source: Srajer, Kukelova and Fitzgibbon, Optim. Methods Softw. 33 (2018) 889, arXiv:1807.10129, section 4.1.
A row of ``icf`` holds the logarithms of the diagonal of the triangular factor Q, then its lower triangle by columns.
"""

import math

import numpy as np
from numba import njit

from .forms import arrays, form
from .forms import log_sum_exp as library_log_sum_exp
from .mixture import log_sum_exp, softmax
from .scenario import Bound, Scenario

GAMMA, M = 1.0, 0  # of the Wishart prior


@njit
def gmm(alphas, means, icf, points):
    """The objective of a mixture with weights softmax(alphas)."""
    components, dimension = means.shape
    Q = factors(icf, dimension)
    log_determinants = np.zeros(components)
    for k in range(components):
        for d in range(dimension):
            log_determinants[k] += icf[k, d]
    terms = np.empty(components)
    total = 0.0
    for i in range(points.shape[0]):
        for k in range(components):
            terms[k] = alphas[k] + log_determinants[k] - 0.5 * distance2(Q[k], points[i], means[k])
        total += log_sum_exp(terms)
    count = points.shape[0]
    constant = -0.5 * count * dimension * math.log(2.0 * math.pi)
    return constant + total - count * log_sum_exp(alphas) + prior(Q, log_determinants)


@njit
def factors(icf, dimension):
    """The triangular factors that the rows of ``icf`` stand for, by rows, in which order they are read."""
    Q = np.zeros((icf.shape[0], dimension, dimension))
    for k in range(icf.shape[0]):
        entry = dimension
        for i in range(dimension):
            Q[k, i, i] = math.exp(icf[k, i])
            for j in range(i + 1, dimension):
                Q[k, j, i] = icf[k, entry]
                entry += 1
    return Q


@njit
def distance2(Q, point, mean):
    """Squared norm of Q (point - mean)."""
    total = 0.0
    for j in range(point.size):
        scaled = 0.0
        for i in range(j + 1):
            scaled += Q[j, i] * (point[i] - mean[i])
        total += scaled * scaled
    return total


@njit
def prior(Q, log_determinants):
    """The Wishart term of all factors, with the sign it was published with."""
    components, dimension, _ = Q.shape
    total = 0.0
    for k in range(components):
        frobenius = 0.0
        for j in range(dimension):
            for i in range(j + 1):
                frobenius += Q[k, j, i] * Q[k, j, i]
        total += 0.5 * GAMMA**2 * frobenius - M * log_determinants[k]
    freedom = dimension + M + 1
    scale = freedom * dimension * (math.log(GAMMA) - 0.5 * math.log(2.0))
    return total - components * (scale - log_gamma(0.5 * freedom, dimension))


@njit
def log_gamma(a, dimension):
    """Logarithm of the multivariate gamma function."""
    total = 0.25 * dimension * (dimension - 1) * math.log(math.pi)
    for j in range(dimension):
        total += math.lgamma(a - 0.5 * j)
    return total


def gmm_gradient(alphas, means, icf, points):
    """By responsibilities, as in Bishop, section 9.2, component by component."""
    centred = [points - mean for mean in means]
    triangles = [lower_triangle(row, points.shape[1]) for row in icf]
    scaled = [c @ Q.T for c, Q in zip(centred, triangles, strict=True)]
    log_determinants = icf[:, : points.shape[1]].sum(axis=1)
    terms = alphas + log_determinants - 0.5 * np.stack([(s**2).sum(axis=1) for s in scaled], axis=1)
    weights = softmax(terms)
    by_means, by_icf = np.empty_like(means), np.empty_like(icf)
    for k, Q in enumerate(triangles):
        r = weights[:, k, None]
        by_means[k] = ((r * scaled[k]) @ Q).sum(axis=0)
        by_icf[k] = factor_gradient(Q, -(r * scaled[k]).T @ centred[k], r.sum())
    return weights.sum(axis=0) - len(points) * softmax(alphas), by_means, by_icf


def lower_triangle(row, dimension):
    """The factor Q that a row of ``icf`` stands for."""
    Q = np.diag(np.exp(row[:dimension]))
    Q.T[np.triu_indices(dimension, k=1)] = row[dimension:]
    return Q


def factor_gradient(Q, by_Q, weight):
    """A row of the gradient by ``icf`` from the data's gradient by Q and their weight in log det Q - M log det Q."""
    by_Q = by_Q + GAMMA**2 * Q
    by_diagonal = np.diag(by_Q) * np.diag(Q) + weight - M
    return np.concatenate([by_diagonal, by_Q.T[np.triu_indices(len(Q), k=1)]])


def gmm_jax(transform):
    """One matrix product for all points and components."""
    import jax.numpy as jnp
    from jax.scipy.special import logsumexp

    def gmm(alphas, means, icf, points):
        count, dimension = points.shape
        diagonals, lower = jnp.exp(icf[:, :dimension]), icf[:, dimension:]
        columns, rows = np.triu_indices(dimension, k=1)
        Q = jnp.zeros((len(alphas), dimension, dimension)).at[:, rows, columns].set(lower)
        Q = Q + diagonals[:, :, None] * jnp.eye(dimension)
        origins = jnp.einsum("kde,ke->kd", Q, means)
        scaled = (Q.reshape(-1, dimension) @ points.T).reshape(*origins.shape, count) - origins[:, :, None]
        sums = icf[:, :dimension].sum(axis=1)
        terms = (alphas + sums)[:, None] - 0.5 * jnp.sum(scaled**2, axis=1)
        prior = 0.5 * GAMMA**2 * (jnp.sum(diagonals**2) + jnp.sum(lower**2)) - M * jnp.sum(sums)
        return jnp.sum(logsumexp(terms, axis=0)) - count * logsumexp(alphas) + prior  # constants left out

    return transform(gmm)


def gmm_arrays(xp):
    """One matrix product for all points and components."""

    def gmm(alphas, means, icf, points):
        (count, dimension), components = points.shape, len(means)
        diagonals, lower = xp.exp(icf[:, :dimension]), icf[:, dimension:]
        on_diagonal, below = (as_points(xp, places, points) for places in places_in_factors(dimension))
        Q = (diagonals @ on_diagonal + lower @ below).reshape(components, dimension, dimension)
        origins = Q @ means[:, :, None]
        scaled = (Q.reshape(-1, dimension) @ points.T).reshape(components, dimension, count) - origins
        sums = xp.sum(icf[:, :dimension], 1)
        terms = (alphas + sums)[:, None] - 0.5 * xp.sum(scaled**2, 1)
        prior = 0.5 * GAMMA**2 * (xp.sum(diagonals**2) + xp.sum(lower**2)) - M * xp.sum(sums)
        return xp.sum(library_log_sum_exp(xp, terms, 0)) - count * library_log_sum_exp(xp, alphas, 0) + prior

    return gmm


def places_in_factors(dimension):
    """Matrices of ones and zeros that bring diagonals and lower triangles to their places in flat factors."""
    columns, rows = np.triu_indices(dimension, k=1)
    entries = np.eye(dimension * dimension)
    return entries[np.arange(dimension) * (dimension + 1)], entries[rows * dimension + columns]


def as_points(xp, array, points):
    """An array of the same library and type as the points."""
    return xp.asarray(array, dtype=points.dtype)


def gmm_casadi(transform):
    """A point's term as a graph of numbers, mapped over all points."""
    import casadi

    def term(alphas, means, icf, point):
        components, dimension = means.shape
        columns, rows = np.triu_indices(dimension, k=1)
        terms = []
        for k in range(components):
            Q = casadi.diag(casadi.exp(icf[k, :dimension]))
            for entry, (i, j) in enumerate(zip(rows, columns, strict=True)):
                Q[i, j] = icf[k, dimension + entry]
            scaled = Q @ (point - means[k, :].T)
            terms.append(alphas[k] + casadi.sum2(icf[k, :dimension]) - 0.5 * casadi.sumsqr(scaled))
        return casadi.logsumexp(casadi.vertcat(*terms))

    def gmm(alphas, means, icf, points):
        symbols = [casadi.SX.sym(n, *a.shape) for n, a in (("alphas", alphas), ("means", means), ("icf", icf))]
        point = casadi.SX.sym("point", points.shape[1])
        each = casadi.Function("each", [*symbols, point], [term(*symbols, point)])
        total = casadi.sum2(each.map("all", "serial", points.shape[0], [0, 1, 2], [])(alphas, means, icf, points.T))
        dimension = points.shape[1]
        prior = 0.5 * GAMMA**2 * (casadi.sumsqr(casadi.exp(icf[:, :dimension])) + casadi.sumsqr(icf[:, dimension:]))
        return total - points.shape[0] * casadi.logsumexp(alphas) + prior

    return transform(gmm, "MX")


def adbench_parameters(size, rng, components=25, dimension=10):
    """``size`` points and parameters as ADBench draws them."""
    return (
        rng.normal(size=components),
        rng.uniform(size=(components, dimension)),
        rng.normal(size=(components, dimension * (dimension + 1) // 2)),
        rng.normal(size=(size, dimension)),
    )


GMM = Scenario(
    name="gmm",
    title="ADBench's Gaussian mixture, d = 10, K = 25, gradient",
    function=gmm,
    make_inputs=adbench_parameters,
    reference=gmm_gradient,
    size=1000,
    tiny=3,
    argnums=(0, 1, 2),
    transform="grad",
    peers={
        "jax": form(gmm_jax),
        **arrays(gmm_arrays, "torch", "autograd"),
        "casadi": form(gmm_casadi),
    },
    bound=Bound("per primal", 1.8),
)
