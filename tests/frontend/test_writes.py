"""Which arguments a function may write to, and which a store is seen to reach."""

import numpy as np
import pytest
from numba import njit, types

import dualjit as dj
from dualjit.frontend.typed import typed

VECTOR = types.Array(types.float64, 1, "C")


@njit
def put(y):
    y[0] = 5.0


@njit
def deeper(y, n):
    if n > 0:
        y[n] = 2.0
        deeper(y, n - 1)


@njit
def first_of(*ys):
    ys[0][0] = 1.0


@njit(fastmath=True)
def named(n, out):
    out[n] = 1.0


def element(x, y):
    y[0] = x[0]


def view(x, y):
    z = y[1:].reshape(-1)
    z[0] = 1.0


def in_place(x, y):
    y += 1.0


def method(x, y):
    y.sort()


def output(x, y):
    np.sin(x, y)


def helper(x, y):
    put(y)


def helper_of_a_view(x, y):
    put(y[1:])


def recursive(x, y):
    deeper(y, 2)


def star(x, y):
    first_of(y, x)


def keyword(x, y):
    named(out=y, n=1)


def either(x, y):
    z = np.zeros(3) if x[0] > 0 else y
    z[0] = 1.0


def in_a_tuple(x, y):
    pair = (x, y)
    pair[1][0] = 1.0


WRITE = [
    element, view, in_place, method, output, helper, helper_of_a_view, recursive, keyword, either,
]  # fmt: skip


@pytest.mark.parametrize("f", WRITE, ids=lambda f: f.__name__)
def test_stores_are_seen(f):
    program = typed(f, (VECTOR, VECTOR))
    assert program.stores.keys() == program.written == {1}
    assert program.stores[1].filename == __file__


def test_a_store_by_way_of_a_tuple_may_be_into_each_of_its_items():
    for f in (in_a_tuple, star):
        assert 1 in typed(f, (VECTOR, VECTOR)).stores


def copied(x, y):
    z = y.copy()
    z[0] = 1.0
    y = np.zeros(3) + x
    y[0] = 1.0
    y += 1.0


def operators(x, y):
    z, u = y * 2.0, np.sin(y)
    z[0] = u[0] = 1.0


def shape(x, y):
    z = np.zeros(y.shape)
    z[0] = y[0]


@pytest.mark.parametrize("f", [copied, operators, shape], ids=lambda f: f.__name__)
def test_fresh_memory_is_nobodys(f):
    program = typed(f, (VECTOR, VECTOR))
    assert not program.stores
    assert not program.written


def unknown(x, y):
    return np.linalg.svd(y.reshape(1, -1))[1]


def appended(x, y):
    held = [np.zeros(3)]
    held.append(y)
    held[1][0] = 5.0


@pytest.mark.parametrize("f", [unknown, appended], ids=lambda f: f.__name__)
def test_what_can_not_be_known_may_be_written(f):
    program = typed(f, (VECTOR, VECTOR))
    assert not program.stores
    assert 1 in program.written


def test_what_is_written_by_way_of_a_list_is_a_private_copy():
    def f(x, y):
        appended(y, y)
        return x * y[0]

    y = np.ones(3)
    assert dj.grad(f)(2.0, y) == dj.jacfwd(f)(2.0, y) == 5.0
    np.testing.assert_array_equal(y, np.ones(3))


def test_whose_memory_the_answer_is():
    assert typed(lambda x: (x[1:], 1.0), (VECTOR,)).shares
    assert not typed(lambda x: (x[1:] * 2.0, x[0]), (VECTOR,)).shares
