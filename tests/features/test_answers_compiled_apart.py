"""What functions compiled apart return: memory that is theirs, or an error with file and line."""

import numpy as np
import pytest
from numba import njit

import dualjit as dj
from dualjit.errors import UnsupportedError

X = np.array([0.3, 0.5])
apart = njit(error_model="numpy")  # options of arithmetic, which keep the function from being inlined


@apart
def twice(x):
    a = x * 2.0
    return a, a


@apart
def argument_and_product(x):
    return x, x * 2.0


@apart
def whole_and_nested(x):
    a = x * 2.0
    return a, (a, x[0])


@apart
def whole_and_view(x):
    a = x * 2.0
    return a, a[:1]


@pytest.mark.parametrize("callee", [twice, argument_and_product, whole_and_view], ids=lambda f: f.__name__)
def test_shared_memory_is_refused(callee):
    def total(x):
        a, b = callee(x)
        a[0] = 5.0 * x[1]
        return (a * b[0]).sum()

    with pytest.raises(UnsupportedError, match="same memory twice") as caught:
        dj.grad(total)(X)
    assert caught.value.filename == __file__
    assert caught.value.line == total.__code__.co_firstlineno + 1


def test_shared_memory_in_a_nested_tuple_is_refused():
    def total(x):
        a, (b, s) = whole_and_nested(x)
        return (a * b).sum() * s

    with pytest.raises(UnsupportedError, match="same memory twice"):
        dj.grad(total)(X)


@apart
def filled_in_rounds(x):
    made = x
    for k in range(2):
        made = x * (k + 1.0)
        if k == 0:
            first = made
    return first, made


def test_memory_of_one_line_in_two_rounds():
    """One allocation, run twice, is two arrays: whether the answer's arrays are apart is seen at run time."""

    def total(x):
        a, b = filled_in_rounds(x)
        a[0] = 3.0
        return (a * b).sum()

    np.testing.assert_allclose(dj.grad(total)(X), dj.jacfwd(total)(X), rtol=1e-14)
