"""Functions with every kind of control flow, at points where it is taken in every way."""

import math

import numpy as np

X = np.array([0.7, -0.3, 1.2, 0.4])
EXAMPLES = []


def example(*points):
    """Add a function; its points have arguments of one type each."""

    def add(function):
        EXAMPLES.append((function, points))
        return function

    return add


@example((X,), (-X,))
def straight(x):
    a, b = x[0], x[1]
    pair = (a * b, b)
    return pair[0] + pair[1] * 2.0


@example((X,), (-X,))
def branches(x):
    y = 0.0
    if x[0] > 0.5:
        y = x[0] * 2.0
    elif x[1] > 0.0:
        y = x[1]
    return y * x[2] + (x[3] if y > 0.0 else 1.0)


@example((X, 0), (X, 3))
def ranges(x, n):
    total = 0.0
    for i in range(n):
        total += x[i]
    for i in range(1, n):
        total += x[i] * i
    for i in range(n, -1, -2):
        total += x[i] * i
    for i in range(1, n + 1, 3):
        total = total * x[i]
    return total


@example((X,))
def two_sizes(x):
    y = np.zeros(x.size)
    for i in range(x.size):
        y[i] = x[i] * x[i]
    n, m = x.size, x.shape[0]
    for i in range(n):
        y[m - 1 - i] += x[i]
    return np.sum(y)


@example((X,), (X[:0],))
def iteration_over_arrays(x):
    total = 0.0
    for v in x:
        total += v * v
    for i, v in enumerate(x):
        total += v * i
    for a, b in zip(x, x[1:]):  # noqa: B905, RUF007
        total += a * b
    for i in range(len(x) - 1, -1, -1):
        total += x[i] * i
    return total


@example((X.reshape(2, 2),))
def iteration_over_rows(a):
    total = 0.0
    for row in a:
        for v in row:
            total += v * row[0]
    return total


@example((X,))
def iteration_over_tuples_and_lists(x):
    total = 0.0
    for v in (x[0], x[1] * 2.0):
        total += v * v
    values = [x[0], x[1]]
    values.append(x[2])
    for v in values:
        total += v
    for i in range(3):
        values.append(values[i] * 2.0)
    return total + values[-1] + values.pop()


@example((X, 3.0), (X, 0.5))
def leaving_two_loops(x, limit):
    total = 0.0
    for i in range(x.size):
        for j in range(x.size):
            if j == 2:
                continue
            total += x[i] * x[j] + 0.3
            if total > limit:
                return total * x[j]
        if i == 2:
            break
    else:
        total = -1.0
    return total


@example((X, 0), (X, 5))
def while_loops(x, n):
    total, k = x[0], 0
    while k < n:
        j = k
        while True:
            total = total * 0.5 + x[j % 4]
            j += 1
            if j > n or total > 5.0:
                break
        k += 1
    return total


@example((X, 0), (X, 3))
def array_rebound(x, n):
    y, z = x * 1.0, x * 2.0
    for k in range(n):
        y, z = z, y * x + k
    y += z
    return np.sum(y)


@example((np.abs(X),), (X,))
def raising(x):
    total = 0.0
    for i in range(x.size):
        if x[i] < 0.0:
            raise ValueError
        total += math.sqrt(x[i])
    return total


@example((X, True), (X, False))
def two_returns(x, early):
    if early:
        return x[0]
    for i in range(4):
        if x[i] > 1.0:
            return x[i] * x[0]
    return 0.0
