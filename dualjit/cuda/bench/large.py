"""One point of many inputs: the right-hand side of a stiff system, and its dense Jacobian.

Source: the brusselator with diffusion, Hairer and Wanner, Solving Ordinary Differential Equations II, section IV.10.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dualjit.cuda.batch import Batch
from dualjit.cuda.bench.scenarios import Scenario, transformed
from dualjit.cuda.transforms import jacobian

FEED, CONVERSION, DIFFUSION = 1.0, 3.0, 0.02
STORES = 32  # of one thread of the floor


class Large(Scenario):
    """What is a point elsewhere is an input and an output here; times are those of one column."""

    one_point = True
    log2_points = (10, 11, 12, 13)

    def driver(self, dtype, points: int, chunk: int | None = None) -> Batch:
        return transformed(self, dtype, chunk, outputs=points)

    def few(self, points: int) -> int:
        return points

    def shapes(self, points: int) -> list[tuple[int, ...]]:
        return [(points,), (points, points)]

    def moved(self, points: int) -> tuple[int, int, int]:
        return 1, STORES, -(-points * (points + 1) // STORES)

    def partials(self, problem) -> list[int]:
        return [1, 2, 4, 8]

    def around(self, arguments: list[np.ndarray], points: int, at: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
        return arguments, at


def brusselator(dtype) -> Callable:
    """Time derivatives of the concentrations (u0, u1, ..., v0, v1, ...), which are fixed at both walls."""
    real = np.dtype(dtype).type
    feed, conversion, diffusion, one, two = map(real, (FEED, CONVERSION, DIFFUSION, 1, 2))

    def right_hand_side(y, dydt):
        cells = y.size // 2
        rate = diffusion * real((cells + 1) ** 2)
        for i in range(cells):
            u, v = y[i], y[cells + i]
            u_left, v_left = feed, conversion
            if i > 0:
                u_left, v_left = y[i - 1], y[cells + i - 1]
            u_right, v_right = feed, conversion
            if i < cells - 1:
                u_right, v_right = y[i + 1], y[cells + i + 1]
            reaction = u * u * v
            dydt[i] = feed + reaction - (conversion + one) * u + rate * (u_left - two * u + u_right)
            dydt[cells + i] = conversion * u - reaction + rate * (v_left - two * v + v_right)

    return right_hand_side


LARGE = Large(
    "large",
    "brusselator, one dense Jacobian",
    brusselator,
    lambda points, rng: [rng.uniform(0.5, 3.0, points)],
    lambda f, **more: jacobian(f, value=True, **more),
    outputs=0,
    columns=0,
)
