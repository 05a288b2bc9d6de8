"""A dense layer tanh(W x + b), by loops and in NumPy's words; its sum; and two of them in a row.

Source: Goodfellow, Bengio and Courville, Deep Learning, section 6.1; tanh' = 1 / cosh^2, DLMF 4.34.10.
"""

import math
from dataclasses import replace

import numpy as np
from numba import njit

from .forms import arrays, form
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


@njit
def layer_loop(W, b, x):
    """Sum of the layer's answers by explicit loops."""
    rows, columns = W.shape
    total = 0.0
    for i in range(rows):
        z = b[i]
        for j in range(columns):
            z += W[i, j] * x[j]
        total += math.tanh(z)
    return total


@njit
def layer_dot(W, b, x):
    """Sum of the layer's answers in NumPy's words."""
    return np.sum(np.tanh(W @ x + b))


def layer_gradient(W, b, x):
    """The slopes of the activations, and what W and x make of them."""
    slopes = 1.0 / np.cosh(W @ x + b) ** 2
    return np.outer(slopes, x), slopes, slopes @ W


def dense_arrays(xp):
    """As ``dense_dot``."""
    return lambda x, W, b: xp.tanh(W @ x + b)


def layer_arrays(xp):
    """As ``layer_dot``."""
    return lambda W, b, x: xp.sum(xp.tanh(W @ x + b))


def dense_casadi(transform):
    """As ``dense_dot``, in matrices."""
    import casadi

    return transform(lambda x, W, b: casadi.tanh(W @ x + b), "MX")


def layer_casadi(transform):
    """As ``layer_dot``, in matrices."""
    import casadi

    return transform(lambda W, b, x: casadi.sum1(casadi.tanh(W @ x + b)), "MX")


@njit
def two_layers(x, W, b, V, c):
    """A layer of W and b followed by one of V and c."""
    return dense_loop(dense_loop(x, W, b), V, c)


def two_layers_jacobian(x, W, b, V, c):
    """The chain rule over both layers."""
    return dense_jacobian(np.tanh(W @ x + b), V, c) @ dense_jacobian(x, W, b)


def two_layers_arrays(xp):
    """By matrix products."""
    return lambda x, W, b, V, c: xp.tanh(V @ xp.tanh(W @ x + b) + c)


def two_layers_casadi(transform):
    """By matrix products."""
    import casadi

    return transform(lambda x, W, b, V, c: casadi.tanh(V @ casadi.tanh(W @ x + b) + c), "MX")


def parameters(size, rng):
    """The layer's arguments with its parameters first."""
    x, W, b = layer(size, rng)
    return W, b, x


def narrowing(size, rng, answers=16):
    """Two layers which bring ``size`` inputs down to ``answers`` in two equal ratios."""
    between = math.isqrt(size * answers)
    x = rng.normal(size=size)
    W, b = rng.normal(size=(between, size)) / math.sqrt(size), rng.normal(size=between)
    V, c = rng.normal(size=(answers, between)) / math.sqrt(between), rng.normal(size=answers)
    return x, W, b, V, c


DENSE_LOOP = Scenario(
    name="dense-loop",
    title="dense layer tanh(W x + b) by loops",
    function=dense_loop,
    make_inputs=layer,
    reference=dense_jacobian,
    size=256,
    tiny=5,
    peers={**arrays(dense_arrays), "casadi": form(dense_casadi)},
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
    peers={**arrays(dense_arrays), "casadi": form(dense_casadi)},
    bound=Bound("above bare", 1.5e-6),
    bare=bare_jacobian,
)

LAYER_LOOP = Scenario(
    name="layer-loop",
    title="sum of a dense layer by loops, gradient",
    function=layer_loop,
    make_inputs=parameters,
    reference=layer_gradient,
    size=256,
    tiny=5,
    argnums=(0, 1, 2),
    transform="grad",
    peers={**arrays(layer_arrays), "casadi": form(layer_casadi)},
    bound=Bound("per primal", 2.0),
)

LAYER_DOT = replace(
    LAYER_LOOP,
    name="layer-dot",
    title="sum of a dense layer by W @ x, gradient",
    function=layer_dot,
    bound=Bound("per primal", 4.0),
)

TWO_LAYERS = Scenario(
    name="jacrev-rows",
    title="two dense layers by loops from 256 inputs to 16, Jacobian by rows",
    function=two_layers,
    make_inputs=narrowing,
    reference=two_layers_jacobian,
    size=256,
    tiny=6,
    transform="jacrev",
    peers={**arrays(two_layers_arrays), "casadi": form(two_layers_casadi)},
    bound=Bound("per row", 0.25),
)
