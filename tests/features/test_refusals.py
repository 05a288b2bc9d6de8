"""What has no known derivative is refused by name, before any number comes out."""

import numpy as np
import pytest
from numba import float64, njit, objmode
from numba.core.types import unicode_type
from numba.experimental import jitclass
from numba.typed import Dict

import dualjit as dj
from dualjit.errors import UnsupportedError

X = np.array([1.3, 0.7, 2.2, 1.8])
refused = []


def refuse(*names, at=(X,)):
    """Add a function whose error names all of ``names``."""

    def add(function):
        refused.append(pytest.param(function, at, names, id=function.__name__))
        return function

    return add


@jitclass([("rate", float64)])
class Decay:
    def __init__(self, rate):
        self.rate = rate

    def after(self, t):
        return np.exp(-self.rate * t)


@njit
def hidden_bits(x):
    return x.view(np.int64)[0]


@refuse("split", "slice instead")
def splitting(x):
    a, b = np.split(x, 2)
    return a * b


@refuse("what to do")
def typed_dictionary_of_arrays(x):
    d = Dict.empty(unicode_type, float64[::1])
    d["a"] = x * 2.0
    return d["a"] * x


@refuse("view")
def bits_of_an_array(x):
    return x.view(np.int64)[0] * x[1]


@refuse("view")
def bits_in_a_callee(x):
    return x[0] + 1e-18 * hidden_bits(x)


@refuse("nbytes")
def bytes_of_an_array(x):
    return x[0] * x.nbytes


@refuse("itemsize")
def size_of_an_item(x):
    return x[0] * x.itemsize


@refuse("strides")
def distance_of_elements(x):
    return x[0] * x.strides[0]


@refuse("ctypes")
def address_of_the_data(x):
    return x[0] * x.ctypes.data


@refuse("norm")
def norm_of_complex_numbers(x):
    return np.linalg.norm(x * 1j)


@refuse("histogram")
def histogram(x):
    counts, _ = np.histogram(x, 3)
    return counts[0] * x[0]


@refuse("svd")
def singular_values(x):
    return np.linalg.svd(x.reshape(2, 2))[1][0]


@refuse()
def interpreter(x):
    with objmode(y="float64"):
        y = x[0] * 2.0
    return y * x[1]


@refuse("after", at=(X, Decay(0.5)))
def method_of_an_instance(x, decay):
    return decay.after(x[0])


@refuse(at=(X, Decay(0.5)))
def attribute_of_an_instance(x, decay):
    decay.rate = x[0]
    return decay.rate * x[1]


@refuse()
def bytes_written(x):
    y = np.zeros(4)
    bits = y.view(np.int64)
    y[0] = x[0]
    return bits[0] * x[1]


@refuse()
def integer_storage(x):
    k = np.zeros(4, np.int64)
    k[0] = x[0]
    return k[0] * x[1]


@refuse()
def formatted(x):
    return len(str(x[0])) * x[1]


@pytest.mark.parametrize(("function", "arguments", "names"), refused)
def test_refused(function, arguments, names):
    with pytest.raises(UnsupportedError) as caught:
        dj.jacfwd(function)(*arguments)
    for name in names:
        assert name in str(caught.value)


def test_message_says_what_where_why_and_the_way_out():
    def f(x):
        return x.view(np.int64)[0] * x[1]

    with pytest.raises(UnsupportedError) as caught:
        dj.jacfwd(f)(X)
    error = caught.value
    message = str(error)
    assert error.filename == __file__
    assert error.line == f.__code__.co_firstlineno + 1
    assert f"{__file__}:{error.line}" in message
    assert "return x.view(np.int64)[0] * x[1]" in message
    assert "view" in error.construct
    assert f"why: {error.reason}" in message
    assert f"what to do: {error.remedy}" in message
    assert error.reason
    assert error.remedy


def test_message_points_into_the_callee():
    with pytest.raises(UnsupportedError) as caught:
        dj.jacfwd(bits_in_a_callee)(X)
    assert caught.value.line == hidden_bits.py_func.__code__.co_firstlineno + 2


def test_unknown_function_on_inactive_data_is_no_error():
    def f(x):
        table = np.linalg.svd(np.array([[2.0, 0.0], [0.0, 1.0]]))[1]
        counts, _ = np.histogram(np.arange(10.0), 5)
        return x * table[0] + counts[0]

    np.testing.assert_allclose(dj.jacfwd(f)(X), 2.0 * np.eye(4))


def test_refused_again_at_the_second_call():
    def f(x):
        return x[0] * x.nbytes

    derivative = dj.jacfwd(f)
    for _ in range(2):
        with pytest.raises(UnsupportedError):
            derivative(X)


def test_inactive_attributes_of_inactive_arrays():
    def f(x, w):
        return x * w.nbytes + w.view(np.int64)[0]

    np.testing.assert_allclose(dj.jacfwd(f)(X, np.ones(2)), 16.0 * np.eye(4))
