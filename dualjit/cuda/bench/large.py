"""One point of many inputs: the right-hand side of a stiff system.

Source: the brusselator with diffusion, Hairer and Wanner, Solving Ordinary Differential Equations II, section IV.10.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

FEED, CONVERSION, DIFFUSION = 1.0, 3.0, 0.02


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
