"""Kepler's equation E - e sin E = M by Newton's iteration: a loop that runs until it has converged.

Source: J. M. A. Danby, Fundamentals of Celestial Mechanics (1988), section 6.6.
"""

import math

import numpy as np
from numba import njit

from .scenario import Scenario


@njit
def eccentric_anomaly(M, e):
    """The E that belongs to mean anomaly M at eccentricity e."""
    E = M if e < 0.8 else math.pi
    step = 1.0
    while abs(step) > 1e-12:
        step = (E - e * math.sin(E) - M) / (1.0 - e * math.cos(E))
        E -= step
    return E


@njit
def eccentric_anomalies(e, M):
    """Eccentric anomalies along an orbit."""
    E = np.empty_like(M)
    for i in range(M.size):
        E[i] = eccentric_anomaly(M[i], e)
    return E


def by_eccentricity(e, M):
    """dE/de of the solved equation, by implicit differentiation."""
    E = eccentric_anomalies(e, M)
    return np.sin(E) / (1.0 - e * np.cos(E))


KEPLER = Scenario(
    name="kepler",
    title="Kepler's equation by Newton iteration, with respect to eccentricity",
    function=eccentric_anomalies,
    make_inputs=lambda size, rng: (0.6, rng.uniform(0.1, math.pi - 0.1, size)),
    reference=by_eccentricity,
    size=100,
    tiny=4,
)
