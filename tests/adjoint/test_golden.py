"""Printed adjoint programs of small functions, held to files that were read by a person.

``DUALJIT_GOLDEN=write`` writes the files again.  Names of loops and temporaries come from bytecode, so the files hold
for the Python they were written with.
"""

import math
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from numba import njit, typeof

from dualjit.adjoint.compiled import Adjoint
from dualjit.program.printer import show
from dualjit.transforms.reverse import active

FOLDER = Path(__file__).parent / "golden"
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
X = np.ones(3)


@njit
def helper(a, b):
    return a * math.sin(b)


def product(x, y):
    return x * y


def call_of_a_helper(x, y):
    return helper(x, y) + helper(y, x)


def chain_of_sums(x):
    total = 0.0
    for i in range(x.size):
        total += x[i] * x[i]
    return total


def neighbours(x):
    total = 0.0
    for i in range(x.size - 1):
        total += 100.0 * (x[i + 1] - x[i] ** 2) ** 2
    return total


def recurrence(x):
    y = 1.0
    for v in x:
        y = y * math.exp(v)
    return y


def newton(x):
    y = x
    while abs(y * y - x) > 1e-9:
        y = 0.5 * (y + x / y)
    return y


def branch(x):
    if x[0] > 0.0:
        y = x[0] * x[1]
    else:
        y = x[2]
    return y


def early_exit(x):
    total = 0.0
    for i in range(x.size):
        total += x[i] ** 3
        if total > 1.0:
            return total * x[0]
    return total


def overwritten(x):
    y = x.copy()
    y[0] = y[1] * y[2]
    y[1] = y[0] * y[0]
    return y[1]


def state(x, n):
    y = x.copy()
    for _ in range(n):
        y[0] = y[0] * y[1]
    return y[0]


def view(x):
    u = x[1:]
    return np.sum(u * u)


def swap(x, n):
    a, b = x.copy(), x * 2.0
    for _ in range(n):
        a, b = b, a
    return a[0] * b[1]


CASES = {
    product: (1.0, 2.0),
    call_of_a_helper: (1.0, 2.0),
    chain_of_sums: (X,),
    neighbours: (X,),
    recurrence: (X,),
    newton: (2.0,),
    branch: (X,),
    early_exit: (X,),
    overwritten: (X,),
    state: (X, 2),
    view: (X,),
    swap: (X, 2),
}


def printed(function, args) -> str:
    types = tuple(typeof(a) if isinstance(a, int) else active(typeof(a)) for a in args)
    return show(Adjoint(function, types, function.__name__).program)


@pytest.mark.parametrize("function", CASES, ids=lambda f: f.__name__)
def test_adjoint_program(function):
    path = FOLDER / f"{function.__name__}-{VERSION}.txt"
    text = printed(function, CASES[function])
    if os.environ.get("DUALJIT_GOLDEN") == "write":
        path.write_text(text)
    if not path.exists():
        pytest.skip(f"no file for Python {VERSION}")
    assert text == path.read_text()


def test_loops_that_keep_nothing_have_no_tape():
    for function in (chain_of_sums, neighbours):
        assert "write(" not in printed(function, CASES[function])
