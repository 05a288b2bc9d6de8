"""Functions that write into what they are given: each pass, and the caller, finds the arguments as they were."""

import numpy as np
import pytest
from numba import float64, njit, types
from numba.experimental import jitclass
from numba.typed import Dict, List

import dualjit as dj
from dualjit.errors import AliasingError, UnsupportedError

from .structure import copied, leaves

# More columns than any one pass has.
X = np.linspace(0.5, 2.0, 70)


@njit
def raise_first(values):
    values[0] += 1.0
    return values[0]


def array(x, a):
    a[0] += 1.0
    return x * a[0]


def array_in_a_callee(x, a):
    return x * raise_first(a)


def view_of_an_array(x, a):
    v = a[:1]
    v *= 2.0
    return x * a[0]


def array_in_a_tuple(x, t):
    t[0][0] += 1.0
    return x * t[0][0]


def array_in_a_list(x, rows):
    rows[0][0] += 1.0
    return x * rows[0][0]


def list_that_grows(x, values):
    values.append(2.0 * values[-1])
    return x * values[-1]


def structured_array(x, records):
    records[0]["a"] += 1.0
    return x * records[0]["a"]


def sorted_in_place(x, a):
    a.sort()
    a[0] -= 1.0
    return x * a[0]


RECORDS = np.ones(2, np.dtype([("a", "f8"), ("b", "f8")]))


@pytest.mark.parametrize(
    ("function", "argument", "slope"),
    [
        (array, np.ones(2), 2.0),
        (array_in_a_callee, np.ones(2), 2.0),
        (view_of_an_array, np.ones(2), 2.0),
        (array_in_a_tuple, (np.ones(2), 3), 2.0),
        (array_in_a_list, [np.ones(2), np.ones(3)], 2.0),
        (array_in_a_list, List([np.ones(2), np.ones(3)]), 2.0),
        (list_that_grows, [1.0, 2.0], 4.0),
        (list_that_grows, List([1.0, 2.0]), 4.0),
        (structured_array, RECORDS, 2.0),
        (sorted_in_place, np.array([3.0, 2.0]), 1.0),
    ],
)
def test_inactive_argument(function, argument, slope):
    given = copied(argument)
    for _ in range(2):
        np.testing.assert_array_equal(dj.jacfwd(function)(X, given), slope * np.eye(X.size))
    for before, after in zip(leaves(argument), leaves(given), strict=True):
        np.testing.assert_array_equal(after, before)


@jitclass([("count", float64), ("values", float64[:])])
class Counter:
    def __init__(self):
        self.count = 1.0
        self.values = np.ones(2)

    def step(self):
        self.count += 1.0


def attribute_of_an_instance(x, counter):
    counter.count += 1.0
    return x * counter.count


def array_of_an_instance(x, counter):
    counter.values[0] += 1.0
    return x * counter.values[0]


def method_of_an_instance(x, counter):
    counter.step()
    return x * counter.count


def dictionary(x, d):
    d[1] += 1.0
    return x * d[1]


def filled_dictionary():
    d = Dict.empty(types.int64, types.float64)
    d[1] = 1.0
    return d


@pytest.mark.parametrize(
    ("function", "make"),
    [
        (attribute_of_an_instance, Counter),
        (array_of_an_instance, Counter),
        (method_of_an_instance, Counter),
        (dictionary, filled_dictionary),
    ],
)
def test_argument_of_which_no_copy_is_known(function, make):
    try:
        jacobian = dj.jacfwd(function)(X, make())
    except UnsupportedError:
        return
    np.testing.assert_array_equal(jacobian, 2.0 * np.eye(X.size))


def write_first(x, y):
    x[0] = 2.0 * y[1]
    return x * y


@pytest.mark.parametrize(
    ("x", "y"), [(X, X), (X[1:], X[:-1]), (X, X[::-1])], ids=["the same", "overlapping", "reversed"]
)
def test_shared_memory_that_is_written_to(x, y):
    with pytest.raises(AliasingError):
        dj.jacfwd(write_first)(x, y)
    with pytest.raises(AliasingError):
        dj.jacfwd(write_first, (0, 1))(x, y)


def test_shared_memory_inside_a_structure():
    def write(x, t):
        x[0] = 2.0 * t[0][1]
        return x * t[0]

    with pytest.raises(AliasingError):
        dj.jacfwd(write)(X, (X, 1.0))


def test_shared_memory_that_is_only_read():
    by_x, by_y = dj.jacfwd(lambda x, y: x * y, (0, 1))(X, X[::-1])
    np.testing.assert_allclose(by_x, np.diag(X[::-1]))
    np.testing.assert_allclose(by_y, np.diag(X))


def test_neighbours_in_memory_that_do_not_overlap():
    jacobian = dj.jacfwd(write_first)(X[:3], X[3:6])
    np.testing.assert_allclose(jacobian, np.diag([0.0, X[4], X[5]]))
