"""Tuples, named tuples, lists, typed containers, optional values: in, out and inside."""

from typing import NamedTuple

import numpy as np
from numba.typed import List

from .case import Cases, judge

X = np.array([1.3, 0.7, 2.2, 1.8])
cases = Cases(X)


class Point(NamedTuple):
    a: float
    b: float


class State(NamedTuple):
    position: np.ndarray
    mass: float


@cases
def tuple_of_active_and_constant(x):
    t = (x[0], x[1] * 2, 1.0)
    total = 0.0
    for i in range(2):
        total += t[i] * t[2]
    return total * t[1]


@cases
def loop_over_a_tuple(x):
    total = 0.0
    for v in (x[0], x[1] * 2):
        total += v * v
    for v in (x[0], 1.0):
        total += v
    return total


@cases
def named_tuple_inside(x):
    p = Point(x[0], x[1])
    return p.a * p.b


@cases
def named_tuple_out(x):
    return Point(x[0] * x[1], x[2]), (x * x, (x[0], State(x * 2.0, x[3] ** 2)))


@cases.at(State(X, 2.0), (0.5, X[:2]))
def structures_in(state, pair):
    scale, offset = pair
    return state.position * state.mass + scale, offset * scale * state.mass


@cases
def lists_of_numbers(x):
    values = [x[0], x[1]]
    values.append(x[2] * 2)
    values[0] = values[0] * x[3]
    last = values.pop()
    return values[0] * last, len(values) * x[0]


@cases
def comprehensions(x):
    squares = [v * v for v in x]
    empty = []
    for v in x:
        empty.append(v * 2)
    return squares[0] + squares[2], empty[0] * empty[3]


@cases
def array_comprehensions_over_ranges(x):
    """Of plain values, of active ones, and of plain ones that are overwritten."""
    weights = np.array([1.0 / (1.0 + i) for i in range(4)])
    squares = np.array([x[i] * x[i - 1] for i in range(4)])
    table = np.array([[1.0 * i * j for i in range(4)] for j in range(2)])
    table[0, 1] = x[0] * x[1]
    return weights * squares, table[0] * table[1] * x, np.array([i * 2 for i in range(4)]) * x


@cases.forward_only("the iterator of a comprehension that makes an array")
def array_comprehension(x):
    return np.array([v * x[0] for v in x])


@cases
def lists_of_arrays(x):
    rows = [x, x * 2.0]
    rows.append(x[::-1].copy())
    total = np.zeros(4)
    for row in rows:
        total += row * row
    return total * rows[2][0]


@cases
def list_out(x):
    return [x[0] * x[1], x[2], 1.0 * x[3]]


@cases
def list_of_arrays_out(x):
    return [x * x, x[:2] * x[0]]


@cases
def typed_lists(x):
    values = List()
    for v in x:
        values.append(v * v)
    values[1] = x[0]
    return values[0] + values[1] * values[3]


@cases
def typed_list_of_arrays(x):
    rows = List()
    rows.append(x * 1.0)
    rows.append(x * x)
    rows[1][0] += x[3]
    return rows[0] * rows[1]


@cases.at([X, X[:2] * 3.0])
def list_in(rows):
    return rows[0].sum() * rows[1][1]


@cases.at(List([1.5, 0.5, 2.0]))
def typed_list_in(values):
    return values[0] * values[1] + values[2] ** 2


@cases.forward_only("dictionaries")
def dictionaries(x):
    d = {}
    d[1] = x[0] * x[1]
    d[2] = 1.0 * x[2]
    total = 0.0
    for k in d:
        total += d[k] * k
    return total * d[1]


@cases
def optional_value(x):
    y = None
    if x[0] > 0:
        y = x[0] * 2
    return 0.0 if y is None else y


@cases
def slices_of_tuples(x):
    t = (x[0], x[1], x[2] * x[3])
    return t[1:][0] * t[-1] + (t + (x[3],))[3]  # noqa: RUF005


@cases
def nested_tuples_of_arrays(x):
    t = ((x[:2], x[2:]), x[0])
    (a, b), c = t
    a[0] = 3.0 * c
    return x * b[0], a * b


@cases
def list_of_plain_numbers_that_become_active(x):
    """The list is typed by what is appended first."""
    a = [0.0 for _ in range(4)]
    b = []
    for i in range(4):
        b.append(float(i))
    c = [float(x.size)]
    c.append(1)
    for i in range(4):
        a[i] = x[i] * x[0]
        b[i] = a[i] * b[i]
    c[0] = b[3] * x[1]
    return np.array(a), b[2] * a[1] * c[0] + c[1]


@cases
def list_with_one_active_number(x):
    a = []
    a.append(0.5)
    a.append(x[0] * x[1])
    return a[0] * a[1] * a[1]


@cases.parametrize
def test_containers(case):
    judge(case)
