"""A layer of any width by its inputs: short calls, its Hessian, and Jacobians of both shapes by columns and by rows.

Source: as for ``dense``; tanh'' = -2 tanh / cosh^2, DLMF 4.34.
"""

import math
from dataclasses import replace

import numpy as np
from numba import njit

from .forms import arrays, form
from .scenario import Bound, Scenario

FEW = 4


@njit
def forecast(weight, bias, x):
    """The layer in NumPy's words."""
    return np.tanh(weight @ x + bias)


def forecast_jacobian(weight, bias, x):
    """The rows of the weights, each scaled by the slope of its activation."""
    return weight / np.cosh(weight @ x + bias)[:, None] ** 2


def forecast_hessian(weight, bias, x):
    """Products of the weights, each row's scaled by the curvature of its activation."""
    z = weight @ x + bias
    curvature = -2.0 * np.tanh(z) / np.cosh(z) ** 2
    return curvature[:, None, None] * weight[:, :, None] * weight[:, None, :]


def forecast_arrays(xp):
    """In the same words."""
    return lambda weight, bias, x: xp.tanh(weight @ x + bias)


def forecast_casadi(transform):
    """In the same words, taken apart into numbers and by way of C."""
    import casadi

    return transform(lambda weight, bias, x: casadi.tanh(weight @ x + bias))


def layer(outputs, inputs, rng):
    """A layer whose activations stay off saturation."""
    return rng.normal(size=(outputs, inputs)) / math.sqrt(inputs), rng.normal(size=outputs), rng.normal(size=inputs)


FORECAST = Scenario(
    name="forecast",
    title="layer tanh(W x + b) with 16 inputs and outputs, Jacobian by rows",
    function=forecast,
    make_inputs=lambda size, rng: layer(size, size, rng),
    reference=forecast_jacobian,
    size=16,
    tiny=3,
    argnums=2,
    transform="jacrev",
    peers={**arrays(forecast_arrays), "casadi": form(forecast_casadi)},
    bound=Bound("over jax", 2 / 13),
)

FORECAST_HESSIAN = replace(
    FORECAST,
    name="forecast-hessian",
    title="the same layer with 32 inputs and 16 outputs, Hessian",
    make_inputs=lambda size, rng: layer(size // 2, size, rng),
    reference=forecast_hessian,
    size=32,
    tiny=4,
    peers=arrays(forecast_arrays),
    transform="hessian",
    bound=Bound("over jax", 6 / 24),
)

TALL_BY_ROWS = replace(
    FORECAST,
    name="tall-jacrev",
    title="the same layer with 4 inputs and 400 outputs, Jacobian by rows",
    make_inputs=lambda size, rng: layer(size, FEW, rng),
    size=400,
    tiny=6,
    bound=None,
)

TALL_BY_COLUMNS = replace(
    TALL_BY_ROWS,
    name="tall-jacfwd",
    title="the same layer with 4 inputs and 400 outputs, Jacobian by columns",
    transform="jacfwd",
)

WIDE_BY_ROWS = replace(
    TALL_BY_ROWS,
    name="wide-jacrev",
    title="the same layer with 400 inputs and 4 outputs, Jacobian by rows",
    make_inputs=lambda size, rng: layer(FEW, size, rng),
)

WIDE_BY_COLUMNS = replace(
    WIDE_BY_ROWS,
    name="wide-jacfwd",
    title="the same layer with 400 inputs and 4 outputs, Jacobian by columns",
    transform="jacfwd",
)
