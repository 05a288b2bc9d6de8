"""Branches, loops, exits and exceptions.

PYTEST_DONT_REWRITE: one of the functions has an ``assert`` that Numba is to compile as it stands.
"""

import math

import numpy as np

from .case import Cases, judge

X = np.array([1.3, 0.7, 2.2, 1.8])
cases = Cases(X)
TRY = "try blocks"


@cases
def branches(x):
    y = 0.0
    if x[0] > 0.5:
        y = x[0] * 2
    elif x[1] > 0:
        y = x[1]
    return y * x[2], (x[0] if x[1] > 3 else 0.0), (x[0] if x[0] == 1.0 else x[1])


@cases
def while_loop(x):
    v = x[0]
    steps = 0
    while v < 100:
        v = v * v + v * x[1]
        steps += 1
    return v, steps * x[2]


@cases
def break_continue_else(x):
    total = 0.0
    for i in range(4):
        if i == 1:
            continue
        if total > 3.0:
            break
        total += x[i] * x[i]
    else:
        total = total * 100
    return total


@cases
def return_from_a_loop(x):
    total = 0.0
    for i in range(x.shape[0]):
        total += x[i] * x[i]
        if total > 2.0:
            return total * 2.0
    return total


@cases
def exit_of_two_loops(x):
    total = 0.0
    for i in range(4):
        for j in range(4):
            total += x[i] * x[j] * 0.3
            if total > 2.5:
                return total * x[j]
        if i == 2:
            break
    return total


@cases
def nested_while(x):
    total = 0.0
    i = 0
    while i < x.shape[0]:
        v = x[i]
        j = 0
        while v < 3.0:
            v = v * 1.5 + 0.1 * x[0]
            j += 1
            if j == 3:
                continue
            total += v * v
        i += 1
    return total


@cases
def array_chosen_by_a_branch(x):
    y = x[1:] if x[0] > 0.5 else x[:-1]
    return y * y


@cases
def kepler_by_newton(x):
    e = x[0]
    for _ in range(20):
        step = (e - 0.3 * math.sin(e) - x[0] * x[1]) / (1.0 - 0.3 * math.cos(e))
        e -= step
        if abs(step) < 1e-14:
            break
    return e


@cases
def root_or_error(x):
    """The loop's own end only raises: the one way out leaves from the middle of a round."""
    p = x[0]
    for _ in range(35):
        q = p - (p * p - x[1]) / (2.0 * p)
        if abs(q - p) < 1e-12:
            return q * x[2]
        p = q
    raise RuntimeError("not converged")


@cases
def root_or_error_after_writes(x):
    y = x * 1.1
    p = y[0]
    k = 0
    while k < 35:
        for i in range(y.shape[0]):
            y[i] = 0.5 * y[i] + 0.1 * p
        q = 0.5 * (p + x[1] / p)
        if abs(q - p) < 1e-9:
            break
        p = q
        k += 1
    else:
        raise RuntimeError("not converged")
    return y * q


@cases
def raising_beside_the_way(x):
    assert x.ndim == 1
    if x[0] > 1e9:
        raise ValueError("too large", 3)
    total = 0.0
    for i in range(4):
        if x[i] < 0:
            raise ValueError("negative")
        total += math.sqrt(x[i])
    return total


@cases.forward_only(TRY)
def trying(x):
    try:
        if x[0] > 1e9:
            raise ValueError
        y = x[0] * 2
    except Exception:
        y = x[1] * 1.0
    return y


@cases.forward_only(TRY)
def catching(x):
    try:
        if x[0] > 0:
            raise ValueError("caught")
        y = x[0] * 2
    except Exception:
        y = x[1] * x[2]
    return y


@cases.forward_only(TRY)
def interrupted_writes(x):
    y = np.zeros(4)
    try:
        for i in range(4):
            y[i] = x[i] * x[i]
            if i == 2:
                raise ValueError
    except Exception:
        y[3] = x[0]
    return y


@cases.forward_only(TRY)
def finally_always(x):
    y = 1.0
    try:
        y = x[0] * 2
    finally:
        y = y * x[1]
    return y


@cases
def several_returns(x):
    if x[0] > 5:
        return x[0], 0.0
    if x[1] > 5:
        return 0.0, x[1]
    return 1.0, x[0] * x[1]


@cases
def integer_or_active_answer(x):
    if x[0] > 100:
        return 0
    return x[0] * x[0]


@cases
def smallest_so_far(x):
    best, k = np.inf, -1
    for i in range(4):
        if x[i] * x[i] < best:
            best = x[i] * x[i]
            k = i
    return best, x[k] * best


@cases
def printing(x):
    if x[0] > 1e9:
        print("large", x.size)
    return x[0] * 2


@cases.at(X, None, argnums=(0,))
def argument_that_is_none(x, a):
    b = x[0] if a is None else x[1]
    return b * b


@cases
def unused_assignments(x):
    y = np.zeros(3)
    y = x * 2
    z = y
    y = z * x
    return z * y


@cases.parametrize
def test_control(case):
    judge(case)
