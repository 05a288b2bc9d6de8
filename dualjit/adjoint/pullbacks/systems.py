"""Pullbacks of linear systems, inverses and powers of matrices.

One idea: a cotangent goes back through a system by solving the transposed one.

Source: Giles 2008, 2.2.3 and 2.3.1: B_bar = A^-T C_bar, A_bar = -B_bar C'; of an inverse, A_bar = -C' C_bar C'.
"""

from __future__ import annotations

import numpy as np

from dualjit.adjoint.pullbacks.products import add, add_outer
from dualjit.adjoint.pullbacks.registry import inner, pullback


@pullback("solve", a="a y", b="a")
def solve(a, y, y_bar, a_bar, b_bar):
    solution = np.linalg.solve(a.T, y_bar)
    if b_bar is not None:
        add(b_bar, solution)
    if a_bar is not None:
        if y.ndim == 1:
            add_outer(a_bar, -solution, y)
        else:
            subtract(a_bar, np.dot(solution, y.T))


@inner
def subtract(x_bar, change):
    x_bar -= change


@pullback("inv", a="y")
def inv(y, y_bar, a_bar):
    a_bar -= np.dot(y.T, np.dot(y_bar, y.T))


@pullback("matrix_power", a="a")
def matrix_power(a, n, y_bar, a_bar):
    if n > 0:
        a_bar += slope_of_power(np.ascontiguousarray(a.T), n, y_bar)
    elif n < 0:
        inverse = np.ascontiguousarray(np.linalg.inv(a).T)
        a_bar -= np.dot(inverse, np.dot(slope_of_power(inverse, -n, y_bar), inverse))


@inner
def slope_of_power(b, n, y_bar):
    """The sum of ``b^k y_bar b^(n-1-k)``: doubled, and increased by one, along the binary digits of ``n``."""
    total, power = y_bar.copy(), b
    digit = 1
    while 2 * digit <= n:
        digit *= 2
    while digit > 1:
        digit //= 2
        total = np.dot(total, power) + np.dot(power, total)
        power = np.dot(power, power)
        if n & digit:
            total = np.dot(total, b) + np.dot(power, y_bar)
            power = np.dot(power, b)
    return total
