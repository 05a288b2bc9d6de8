"""Array arithmetic: expressions over whole arrays, ufuncs, broadcasting, in-place operators, mixed types."""

import math

import numpy as np
from numba import vectorize

from .case import Cases, judge

X = np.array([1.3, 0.7, 2.2, 1.8])
cases = Cases(X)
TABLE = np.array([1.0, -2.0, 0.5, 3.0])


@vectorize
def wave(a, b):
    return a * b + math.sin(a)


@vectorize(["float64(float64)"])
def softened(a):
    if a > 1.0:
        return a * a
    return math.exp(a)


@cases
def sums_products_powers(x):
    return x * x + x, 2 * x + x[0] * x - 1.5, -x / (1 + x), x**2, x**3 + x**0.5, 2.0**x, x // 0.4 * x, x % 0.8


@cases
def inactive_operands(x):
    w = np.arange(4.0)
    k = np.arange(4)
    b = x > 1.5
    return w * x + w, k * x - k, b * x, TABLE * x, 1 / x


@cases
def broadcasting(x):
    return x.reshape((4, 1)) * x, np.ones((2, 4)) * x, x + np.zeros((3, 1)), np.float64(2.0) * x[:, None]


@cases
def ufuncs(x):
    return np.exp(x) * np.sin(x), np.maximum(x, 1.2), np.hypot(x, x[::-1]), np.arctan2(x, 2.0), np.log1p(x), np.sqrt(x)


@cases
def expression_in_a_reduction(x):
    return np.sum(x[1:] ** 2 * 3 - x[:-1]), np.sum(np.exp(x) * np.sin(x) / (1.0 + x * x)), (x * x + 2.0 * x).max()


@cases
def temporaries_used_twice(x):
    y = x * 2.0
    z = y + 1.0
    x[0] = 5.0
    w = y * z
    return y + w, (y + z) * (y - z)


@cases
def order_of_write_and_read(x):
    y = x.copy()
    z = y * 2.0
    y[0] = 9.0
    u = z + y
    y[1] = u[0] * u[1]
    return z, u, y


@cases
def in_place_whole_array(x):
    y = x.copy()
    y += x
    y -= 0.5
    y *= 3
    y /= x
    y **= 2
    return y


@cases
def in_place_aliasing(x):
    y = x.copy()
    y[1:] = y[:-1]
    z = x.copy()
    z += z
    z *= z
    return y, z


@cases
def out_argument(x):
    y = np.empty_like(x)
    np.exp(x, y)
    np.add(y, x, y)
    np.multiply(y, 2.0, y)
    return y


@cases
def vectorized_functions(x):
    return wave(x, 2.0), wave(x[:, None], x), softened(x), wave(x[0], x[1]), softened(x[2])


@cases
def conversions(x):
    return x.astype(np.float64) * 2.0, np.asarray(x) * x, float(x[0]) * np.float64(x[1]) + int(x[2])


@cases.at(X.astype(np.float32))
def single_precision(x):
    y = x * np.float32(2.0)
    s = np.float32(0)
    for i in range(4):
        s += y[i] * x[i]
    return s, np.exp(x), x * x


@cases.at(X.astype(np.float32))
def single_meets_double(x):
    return x * 2.5, x.astype(np.float64) * TABLE, x[0] * 100.0


@cases.at(X, 1.7)
def scalar_and_array_arguments(x, a):
    return a * x, a**2, x.sum() * a


@cases.at(X, 3, argnums=(0,))
def integer_argument(x, n):
    return x**n, x[0] ** n, n * x[1], x[n - 1] / n


@cases
def comparisons_and_counts(x):
    return (
        x[0] * np.any(x > 2.0),
        x[1] * np.all(x > 0.0),
        x * (x < 2.0),
        (x > 1.0).sum() * x[2],
        x * np.isfinite(x) * np.isnan(x[0]),
    )


@cases
def gradient_free_pieces(x):
    return x * np.sign(x), x * np.floor(x), x[0] * round(x[0]), np.trunc(x) + x


@cases.parametrize
def test_expressions(case):
    judge(case)
