"""Log-likelihood of a Gaussian mixture with diagonal precisions: three parameter blocks at once.

Source: Bishop, Pattern Recognition and Machine Learning, section 9.2; the gradient is written
with the responsibilities of equation 9.13.
"""

import math
from dataclasses import replace

import numpy as np
from numba import njit

from .forms import arrays, form
from .forms import log_sum_exp as library_log_sum_exp
from .scenario import Scenario


@njit
def log_likelihood(logits, means, log_precisions, points):
    """Sum over points of log sum_k w_k N(point | mean_k, precision_k), with w = softmax(logits)."""
    components, dimension = means.shape
    terms = np.empty(components)
    total = 0.0
    for i in range(points.shape[0]):
        for k in range(components):
            term = logits[k]
            for d in range(dimension):
                residual = (points[i, d] - means[k, d]) * math.exp(log_precisions[k, d])
                term += log_precisions[k, d] - 0.5 * residual * residual
            terms[k] = term
        total += log_sum_exp(terms)
    constant = log_sum_exp(logits) + 0.5 * dimension * math.log(2.0 * math.pi)
    return total - points.shape[0] * constant


@njit
def log_sum_exp(terms):
    """Log of the sum of exponentials, shifted by the largest so that none overflows."""
    largest = terms[0]
    for k in range(1, terms.size):
        if terms[k] > largest:
            largest = terms[k]
    total = 0.0
    for k in range(terms.size):
        total += math.exp(terms[k] - largest)
    return largest + math.log(total)


def log_likelihood_gradient(logits, means, log_precisions, points):
    """Gradients with respect to logits, means and log precisions, by responsibilities."""
    precisions = np.exp(log_precisions)
    scaled = (points[:, None, :] - means) * precisions
    terms = logits + log_precisions.sum(axis=1) - 0.5 * (scaled**2).sum(axis=2)
    responsibility = softmax(terms)
    by_logits = responsibility.sum(axis=0) - len(points) * softmax(logits)
    by_means = (responsibility[:, :, None] * scaled * precisions).sum(axis=0)
    by_precisions = (responsibility[:, :, None] * (1.0 - scaled**2)).sum(axis=0)
    return by_logits, by_means, by_precisions


def softmax(terms):
    """Weights that sum to one along the last axis."""
    weights = np.exp(terms - terms.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def log_likelihood_arrays(xp):
    """All points and components at once."""

    def log_likelihood(logits, means, log_precisions, points):
        scaled = (points[:, None, :] - means) * xp.exp(log_precisions)
        terms = logits + xp.sum(log_precisions, 1) - 0.5 * xp.sum(scaled**2, 2)
        return xp.sum(library_log_sum_exp(xp, terms, 1)) - len(points) * library_log_sum_exp(xp, logits, 0)

    return log_likelihood


def log_likelihood_casadi(transform):
    """All points at once, component by component, as a graph of matrices."""
    import casadi

    def log_likelihood(logits, means, log_precisions, points):
        count = points.shape[0]
        terms = []
        for k in range(means.shape[0]):
            scaled = (points - casadi.repmat(means[k, :], count, 1)) @ casadi.diag(casadi.exp(log_precisions[k, :]))
            terms.append(logits[k] + casadi.sum2(log_precisions[k, :]) - 0.5 * casadi.sum2(scaled**2))
        weights = sum(casadi.exp(t) for t in terms)  # no shift: the terms are small here
        return casadi.sum1(casadi.log(weights)) - count * casadi.logsumexp(logits)

    return transform(log_likelihood, "MX")


def clusters(size, rng, components=4, dimension=3):
    """``size`` points, and parameters near enough to them to matter."""
    return (
        rng.normal(size=components),
        rng.normal(size=(components, dimension)),
        0.3 * rng.normal(size=(components, dimension)),
        2.0 * rng.normal(size=(size, dimension)),
    )


MIXTURE = Scenario(
    name="mixture",
    title="Gaussian mixture log-likelihood, gradient by columns",
    function=log_likelihood,
    make_inputs=clusters,
    reference=log_likelihood_gradient,
    size=200,
    tiny=5,
    argnums=(0, 1, 2),
)

MIXTURE_GRAD = replace(
    MIXTURE,
    name="mixture-grad",
    title="Gaussian mixture log-likelihood, gradient by one sweep",
    transform="grad",
    peers={**arrays(log_likelihood_arrays), "casadi": form(log_likelihood_casadi)},
)
