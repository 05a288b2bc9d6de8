"""One function has one adjoint program: in one process, and in processes that hash differently."""

import os
import subprocess
import sys

import numpy as np
import pytest
from numba import typeof

from dualjit.adjoint.compiled import Adjoint
from dualjit.program.printer import show
from dualjit.transforms.reverse import active


def scan(x, w, n):
    """Loops, branches, views, writes, a tuple, a list, early ends: much of what a set might put in any order."""
    state, total = x.copy(), 0.0
    pair = (x[0], x[1])
    kept = [x[0]]
    for _ in range(n):
        a, b = pair
        for i in range(1, state.size):
            if state[i] > 0.9:
                break
            state[i] += 0.1 * state[i - 1] * state[i] * w[i]
            total += a * state[i]
        kept.append(total * b)
        pair = (b, a * 0.5)
        if total > 100.0:
            return total
    tail = state[1:]
    tail *= 2.0
    while total > 10.0:
        total = total * 0.5
    return total + np.sum(tail * tail) + kept[-1] + np.dot(state, w)


def program_text(f=scan) -> str:
    """The printed adjoint program."""
    x = active(typeof(np.ones(3)))
    return show(Adjoint(f, (x, typeof(np.ones(3)), typeof(1)), "scan").program)


@pytest.fixture(scope="module")
def text():
    return program_text()


def test_twice_in_one_process(text):
    assert program_text() == text


@pytest.mark.parametrize("seed", ["1", "20263"])
def test_in_another_process(text, seed):
    code = f"from {__name__} import program_text; import sys; sys.stdout.write(program_text())"
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment, encoding="utf-8"
    )
    assert done.stdout == text, done.stderr
