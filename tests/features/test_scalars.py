"""Numbers: arithmetic, the math module, built-ins, powers, casts, ties that don't tie."""

import math

import numpy as np

from .case import Cases, judge

cases = Cases(1.3, 0.7)


@cases
def operators(x, y):
    return x + y, x - y, x * y, x / y, x**y, -x, +x, x // y + x, x % y, abs(-x) * y


@cases
def built_ins(x, y):
    a, b = divmod(x, y)
    return a * x, b, max(x, y, 1.0), min(x, 2, y), pow(x, 3), pow(x, y), abs(y - x), round(x) * y


@cases
def sum_of_a_tuple(x, y):
    return sum((x, y)) * x


@cases
def literal_powers(x, y):
    return x**2 + y**3, x**-1, y**0.5, x**0, 2**y, (x + y) ** 2.0


@cases
def math_module(x, y):
    return (
        math.sin(x) * math.exp(y),
        math.atan2(x, y),
        math.hypot(x, y),
        math.erf(x),
        math.lgamma(x),
        math.pow(x, y),
        math.fabs(-y),
        math.floor(x) * y,
        np.fmod(x, y),
        math.copysign(x, -y),
    )


@cases
def casts(x, y):
    return float(x) * 2.0, np.float64(y) * x, int(x) * y, bool(x) * y, x.real if False else x


@cases
def comparisons_look_at_values(x, y):
    return (x if x == 2.0 else y), (x * 2 if x > y and not y > 1 else y), x * (x > y), y * (1.0 if x != y else 2.0)


@cases
def chained(x, y):
    return (0.5 < x < 2.0 and x * y) or y


@cases.at(1.3, 2, argnums=(0,))
def type_tests(x, n):
    if isinstance(x, float):
        return x * n
    return x


@cases.at(np.float32(1.3), 0.7, argnums=(0,))
def single_and_double(x, y):
    return x * y, x * np.float32(2.0)


@cases.at(2.0, 0.5)
def constants_of_every_type(x, y):
    return x * True + 3, x * np.int32(2), y + np.float32(0.5), x * math.pi * np.e


@cases
def swaps(x, y):
    a, b = x, y
    for _ in range(3):
        a, b = b, a + b
    return a, b


@cases
def quotients_of_integers_in_loops(x, y):
    """The reverse sweep computes them again."""
    total, scale = 0.0, y
    for k in range(1, 5):
        total += (x - 1 / (2 * k + 3)) * y**k
        scale = scale * scale * ((5 - k) / k) * x
    return total, scale


@cases.parametrize
def test_scalars(case):
    judge(case)
