"""Additions to neighbouring elements of a shadow: when they go by way of registers, and that derivatives stay right."""

import numpy as np
import pytest
from numba import njit, typeof

import dualjit as dj
from dualjit.adjoint.compiled import Adjoint
from dualjit.program.nodes import variables
from dualjit.transforms.reverse import active


def chain(x):
    total = 0.0
    for i in range(x.size - 1):
        total += (x[i + 1] - x[i] ** 2) ** 2
    return total


def around_the_end(x):
    """The first round reads the last element."""
    total = 0.0
    for i in range(x.size):
        total += x[i - 1] * x[i] ** 2
    return total


def every_other(x):
    total = 0.0
    for i in range(2, x.size - 2):
        total += x[i - 2] * x[i] + x[i + 2] ** 2 * x[i] * x[i - 2]
    return total


def backwards(x):
    total = 0.0
    for i in range(x.size - 2, 0, -1):
        total += x[i + 1] * x[i] * x[i - 1]
    return total


def one_that_counts_down(x):
    """A loop whose rounds are gone back through in order."""
    u, total = x[0], 0.0
    for i in range(1, x.size - 1):
        u = np.sin(u) * x[i - 1] + x[i + 1]
        total += u * x[i]
    return total


def stencil(x):
    u, w = x.copy(), np.zeros(x.size)
    for _ in range(3):
        for i in range(1, x.size - 1):
            w[i] = u[i] + 0.1 * (u[i - 1] * u[i] - 2.0 * u[i] + u[i + 1])
        for i in range(1, x.size - 1):
            u[i] = w[i]
    return np.sum(u * u)


def two_arrays(x):
    y, total = 2.0 * x, 0.0
    for i in range(1, x.size):
        total += x[i] * y[i - 1] + x[i - 1] * y[i] ** 2
    return total


def views(x):
    """Two names for one memory, to both of which is added."""
    y, total = x[1:], 0.0
    for i in range(1, y.size):
        total += x[i] * y[i - 1] ** 2 + x[i - 1] * y[i]
    return total


CARRIED = [chain, around_the_end, every_other, backwards, one_that_counts_down, stencil, two_arrays, views]


def far_apart(x):
    total = 0.0
    for i in range(x.size - 5):
        total += x[i] * x[i + 5]
    return total


def in_place(x):
    """What is stored is read by the next round."""
    u = x.copy()
    for i in range(1, x.size - 1):
        u[i] = u[i - 1] * u[i] + u[i + 1]
    return np.sum(u)


def into_a_view(x):
    """The same by another name."""
    u = x.copy()
    w = u[1:]
    for i in range(1, x.size - 1):
        w[i - 1] = np.sin(u[i - 1]) * u[i + 1]
    return np.sum(u * u)


def by_a_table(x):
    order, total = np.arange(x.size)[::-1].copy(), 0.0
    for i in range(x.size - 1):
        total += x[order[i]] * x[order[i + 1]]
    return total


def in_branches(x):
    total = 0.0
    for i in range(x.size - 1):
        if x[i] > 0.0:
            total += x[i] * x[i + 1]
        else:
            total += x[i] ** 2
    return total


LEFT = [far_apart, in_place, into_a_view, by_a_table, in_branches]


def counts_down_from_the_end(x):
    total = 0.0
    for i in range(x.size - 1):
        total += x[x.size - 1 - i] * x[x.size - 2 - i] ** 2
    return total


def from_a_start(x):
    total, start = 0.0, x.size // 3
    for i in range(start, x.size - 1):
        total += x[i] * x[i + 1] ** 2 * x[i - start]
    return total


CARRIED.append(from_a_start)


def carries(f, *shape: int) -> bool:
    program = Adjoint(njit(f), (active(typeof(np.ones(shape))),), "f").program
    return any(".carried.1" in v.name for _, op in program.ops() for v in variables(op.target))


@pytest.mark.parametrize("f", [*CARRIED, *LEFT, counts_down_from_the_end], ids=lambda f: f.__name__)
def test_gradients_are_those_of_forward_mode(f, rng):
    compiled = njit(f)
    gradient, columns = dj.grad(compiled), dj.jacfwd(compiled)
    for n in (5, 6, 7, 8, 37, 100):
        x = rng.normal(size=n)
        np.testing.assert_allclose(gradient(x), columns(x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "f", [chain, around_the_end, every_other, backwards, stencil, two_arrays], ids=lambda f: f.__name__
)
def test_loops_of_no_rounds_and_of_few(f, rng):
    compiled = njit(f)
    gradient, columns = dj.grad(compiled), dj.jacfwd(compiled)
    for n in range(1, 5):
        x = rng.normal(size=n)
        np.testing.assert_allclose(gradient(x), columns(x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("f", CARRIED, ids=lambda f: f.__name__)
def test_additions_are_carried(f):
    assert carries(f, 9)


@pytest.mark.parametrize("f", LEFT, ids=lambda f: f.__name__)
def test_additions_are_left_where_memory_may_be_seen(f):
    assert not carries(f, 9)


def plate(x):
    """Neighbours in a row and in the rows beside it."""
    u, w = x.copy(), np.zeros(x.shape)
    n, m = x.shape
    for _ in range(2):
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                w[i, j] = u[i, j] * u[i, j + 1] + 0.1 * (u[i - 1, j] + u[i + 1, j] * u[i, j - 1] - 4.0 * u[i, j])
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                u[i, j] = w[i, j]
    return np.sum(u * u)


def one_row(x):
    """The last row, by a negative index, and columns from the end."""
    total, m = 0.0, x.shape[1]
    for j in range(m - 1):
        total += x[-1, m - 1 - j] * x[-1, m - 2 - j] ** 2 + x[j % x.shape[0], j] * x[0, j + 1]
    return total


@pytest.mark.parametrize("f", [plate, one_row], ids=lambda f: f.__name__)
def test_rows_of_matrices(f, rng):
    compiled = njit(f)
    for shape in ((3, 3), (4, 7), (1, 5), (5, 1), (9, 20)):
        x = rng.normal(size=shape)
        np.testing.assert_allclose(dj.grad(compiled)(x), dj.jacfwd(compiled)(x), rtol=1e-12, atol=1e-12)


def test_neighbours_in_rows_are_carried():
    assert carries(plate, 4, 5)


@pytest.mark.parametrize("f", [chain, backwards, stencil, views], ids=lambda f: f.__name__)
def test_second_derivatives(f, rng):
    compiled = njit(f)
    x, v = rng.normal(size=(2, 12))
    product = dj.hvp(compiled, mode="fwdrev")(x, v)
    np.testing.assert_allclose(product, dj.hessian(compiled, mode="hyperdual")(x) @ v, rtol=1e-11, atol=1e-11)


def test_rows_of_a_jacobian(rng):
    @njit
    def differences(x):
        out = np.zeros(2)
        for i in range(x.size - 1):
            out[0] += x[i + 1] * x[i]
            out[1] += (x[i + 1] - x[i]) ** 2
        return out

    x = rng.normal(size=20)
    np.testing.assert_allclose(dj.jacrev(differences)(x), dj.jacfwd(differences)(x), rtol=1e-12, atol=1e-12)
