"""Implementations on duals give back all memory they take."""

import numpy as np
import pytest
from numba import njit, types
from numba.core.runtime import _nrt_python, rtsys

from dualjit.numbers.types import Dual
from tests.numbers.arrays.directional import LANES, dualized, stub_names

MARKED = Dual(types.float64, LANES, 1)
EXPRESSIONS = """
    sum(m, 0)[0] | cumsum(x)[0] | sort(x)[0] | median(x) | where(x > 0, x, 0.0)[0] | clip(x, 0.0, 1.0)[0]
    concatenate((x, x))[0] | array([x[0], x[1]])[0] | append(x, 1.0)[0] | interp(x, w, w)[0] | dot(m, m)[0, 0]
    dot(m, x)[0] | dot(x, x) | solve(m, x)[0] | inv(m)[0, 0] | det(m) | norm(m) | norm(m, 2) | cholesky(m)[0, 0]
    eigh(m)[0][0] | outer(x, x)[0, 0] | kron(m, m)[0, 0] | convolve(x, w)[0] | percentile(x, w)[0]
    matrix_power(m, 3)[0, 0] | full(3, x[0])[0] | argsort(x)[0] | asarray(x)[0] | broadcast_arrays(x, w)[0][0]
    nan_to_num(x)[0] | astype(x, np.float64)[0]
"""


@pytest.fixture(autouse=True)
def counting():
    """Numba counts allocations while a test runs."""
    _nrt_python.memsys_enable_stats()
    yield
    _nrt_python.memsys_disable_stats()


@pytest.mark.parametrize(
    "expression", [e.strip() for line in EXPRESSIONS.splitlines() for e in line.split("|") if e.strip()]
)
def test_nothing_is_left_allocated(expression):
    space = {**stub_names(), "np": np, "dualized": dualized, "T": MARKED}
    source = "def run(x, m, w, dx, dm):\n    x, m = dualized(x, dx, T), dualized(m, dm, T)\n"
    exec(f"{source}    return ({expression}) > 0\n", space)
    run = njit(space["run"])
    n = 3
    args = np.arange(1.0, 1 + n), np.eye(n) * 3 + 1, np.arange(float(n)), np.ones((n, LANES)), np.ones((n, n, LANES))
    run(*args)
    before = rtsys.get_allocation_stats()
    for _ in range(3):
        run(*args)
    after = rtsys.get_allocation_stats()
    assert after.alloc - before.alloc == after.free - before.free
    assert after.mi_alloc - before.mi_alloc == after.mi_free - before.mi_free
