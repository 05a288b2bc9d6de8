"""A dense layer tanh(W x + b), by loops and by ``np.dot``.

Source: Goodfellow, Bengio and Courville, Deep Learning, section 6.1; tanh' = 1 / cosh^2, DLMF 4.34.10.
"""

import math

import numpy as np
from numba import njit

from .scenario import Bound, Scenario


@njit
def dense_loop(x, W, b):
    """The layer by explicit loops."""
    rows, columns = W.shape
    y = np.empty(rows)
    for i in range(rows):
        total = b[i]
        for j in range(columns):
            total += W[i, j] * x[j]
        y[i] = math.tanh(total)
    return y


@njit
def dense_dot(x, W, b):
    """The layer in NumPy's words."""
    return np.tanh(np.dot(W, x) + b)


@njit
def bare_jacobian(x, W, b):
    """An array of the Jacobian's shape and nothing more."""
    return np.empty(W.shape)


def dense_jacobian(x, W, b):
    """The rows of W, each scaled by the slope of its activation."""
    return W / np.cosh(W @ x + b)[:, None] ** 2


def layer(size, rng):
    """A square layer whose activations stay off saturation."""
    return rng.normal(size=size), rng.normal(size=(size, size)) / math.sqrt(size), rng.normal(size=size)


DENSE_LOOP = Scenario(
    name="dense-loop",
    title="dense layer tanh(W x + b) by loops",
    function=dense_loop,
    make_inputs=layer,
    reference=dense_jacobian,
    size=256,
    tiny=5,
    bound=Bound("per input", 0.09),
)

DENSE_DOT = Scenario(
    name="dense-dot",
    title="dense layer tanh(W x + b) by np.dot",
    function=dense_dot,
    make_inputs=layer,
    reference=dense_jacobian,
    size=16,
    tiny=3,
    bound=Bound("above bare", 1.5e-6),
    bare=bare_jacobian,
)
