"""Properties for arrays drawn at random: broadcasting, views, aliasing, precision, linearity.

Functions are compiled once for a rank and a dtype; what varies is shapes, indices and the program that a small
interpreter runs on one buffer.
"""

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

import dualjit as dj

few = settings(max_examples=25)
numbers = st.floats(-2.0, 2.0).filter(lambda v: v == 0 or abs(v) > 1e-3)


@njit
def blend(a, b):
    return a * b + 3.0 * a


blend_jacobian = dj.jacfwd(blend, (0, 1))


def broadcast_jacobian(shape, inner, values):
    """``∂(values · x)/∂x`` for x of shape ``inner`` broadcast to ``shape``."""
    selection = np.zeros(shape + inner)
    positions = np.broadcast_to(np.arange(int(np.prod(inner))).reshape(inner), shape)
    for at in np.ndindex(shape):
        selection[at].reshape(-1)[positions[at]] = values[at]
    return selection


@few
@given(data=st.data(), shapes=hnp.mutually_broadcastable_shapes(num_shapes=2, min_dims=1, max_dims=2, max_side=4))
def test_broadcasting(data, shapes):
    a, b = (data.draw(hnp.arrays(float, shape, elements=numbers)) for shape in shapes.input_shapes)
    by_a, by_b = blend_jacobian(a, b)
    shape = shapes.result_shape
    np.testing.assert_allclose(by_a, broadcast_jacobian(shape, a.shape, np.broadcast_to(b, shape) + 3.0), rtol=1e-14)
    np.testing.assert_allclose(by_b, broadcast_jacobian(shape, b.shape, np.broadcast_to(a, shape)), rtol=1e-14)


@njit
def sliced(x, start, stop, step):
    view = x[start:stop:step]
    return view * view


sliced_jacobian = dj.jacfwd(sliced)
index = st.integers(-8, 8)


@few
@given(hnp.arrays(float, st.integers(0, 7), elements=numbers), index, index, index.filter(bool))
def test_views(x, start, stop, step):
    rows = np.arange(x.size)[start:stop:step]
    expected = np.zeros((rows.size, x.size))
    expected[np.arange(rows.size), rows] = 2 * x[rows]
    np.testing.assert_array_equal(sliced_jacobian(x, start, stop, step), expected)


@njit
def assigned_through_views(x, codes):
    """A program of reads and writes through views of one buffer; ``codes`` has a row (operation, i, j, k) a step."""
    buffer = np.zeros(x.size)
    buffer[:] = x
    square = buffer.reshape(2, -1)
    other = np.ones(x.size)
    for s in range(codes.shape[0]):
        operation, i, j, k = codes[s]
        tail = buffer[i:]
        if operation == 0:
            tail[0] = buffer[j] * other[k]
        elif operation == 1:
            tail += 0.5 * buffer[j]
        elif operation == 2:
            other[i] = np.sin(buffer[j]) + other[k]
        elif operation == 3:
            buffer[::2] = other[::2] * buffer[k]
        elif operation == 4:
            square.T[i % square.shape[1], j % 2] -= other[k] * 0.25
        elif operation == 5:
            buffer, other = other, buffer
            square = buffer.reshape(2, -1)
        elif operation == 6:
            buffer[1:] = buffer[:-1]
        else:
            kept = buffer[i : i + 2].copy()
            buffer[i] = 0.0
            other[j] = kept[0] * 0.5
    return buffer + 2.0 * other


assigned_jacobian = dj.jacfwd(assigned_through_views)


@settings(max_examples=60)
@given(
    hnp.arrays(float, 6, elements=numbers),
    st.lists(st.tuples(st.integers(0, 7), *[st.integers(0, 5)] * 3), min_size=1, max_size=12),
)
def test_aliasing(x, program):
    codes = np.array(program)
    expected = complex_steps(assigned_through_views.py_func, x, codes)
    np.testing.assert_allclose(assigned_jacobian(x, codes), expected, rtol=1e-12, atol=1e-12)


def complex_steps(f, x, codes, step=1e-30):
    """Jacobian of an analytic program: the imaginary part after a purely imaginary step (Squire and Trapp 1998)."""
    columns = [run_complex(f, x + 1j * step * direction, codes).imag / step for direction in np.eye(x.size)]
    return np.transpose(columns)


def run_complex(f, x, codes):
    """Run the program's Python source with complex buffers."""
    namespace = {**f.__globals__, "np": ComplexNumpy}
    copy = type(f)(f.__code__, namespace)
    return copy(x, codes)


class ComplexNumpy:
    """The names of NumPy that the program uses, with complex memory."""

    sin = staticmethod(np.sin)

    @staticmethod
    def zeros(n):
        return np.zeros(n, complex)

    @staticmethod
    def ones(n):
        return np.ones(n, complex)


@njit
def product_and_ratio(a, b):
    return a * b, a / (b * b + 1), a - b


@pytest.mark.parametrize("second", [np.float32, np.float64, np.int32, np.bool_])
@pytest.mark.parametrize("first", [np.float32, np.float64])
def test_dtypes_follow_numpy(first, second):
    a, b = np.array([1.5, -0.5], first), np.array([1, 1], second)
    values, tangents = dj.jvp(lambda a: product_and_ratio(a, a), (a,), (a,))
    assert all(v.dtype == t.dtype == first for v, t in zip(values, tangents, strict=True))
    jacobians = dj.jacfwd(product_and_ratio)(a, b)
    for jacobian, value in zip(jacobians, product_and_ratio(a, b), strict=True):
        assert jacobian.dtype == value.dtype
    np.testing.assert_allclose(jacobians[0], np.diag(b.astype(float)))
    np.testing.assert_allclose(jacobians[1], np.diag(1 / (b.astype(float) ** 2 + 1)))
    np.testing.assert_allclose(jacobians[2], np.eye(2))


@few
@given(hnp.arrays(float, 4, elements=numbers), hnp.arrays(float, 4, elements=numbers), numbers, numbers)
def test_tangents_are_linear(u, v, a, b):
    point = np.array([0.3, 1.2, -0.7, 0.9])

    def push(direction):
        return dj.jvp(wavy, (point,), (direction,))[1]

    np.testing.assert_allclose(push(a * u + b * v), a * push(u) + b * push(v), rtol=1e-12, atol=1e-13)


@few
@given(hnp.arrays(float, 4, elements=numbers))
def test_jacobian_times_direction_is_the_tangent(v):
    point = np.array([0.3, 1.2, -0.7, 0.9])
    value, tangent = dj.jvp(wavy, (point,), (v,))
    np.testing.assert_array_equal(value, wavy(point))
    np.testing.assert_allclose(wavy_jacobian(point) @ v, tangent, rtol=1e-13, atol=1e-14)


@njit
def wavy(x):
    y = np.empty(3)
    y[0] = np.sin(x[0] * x[1])
    y[1] = x[2] ** 2 / (1.0 + x[3] ** 2)
    y[2] = np.exp(-(x[0] ** 2)) * x[3]
    return y


wavy_jacobian = dj.jacfwd(wavy)


@njit
def weighted_blend(a, b, w):
    return np.sum(w * (a * b + 3.0 * a))


weighted_blend_gradient = dj.grad(weighted_blend, (0, 1))


@few
@given(data=st.data(), shapes=hnp.mutually_broadcastable_shapes(num_shapes=2, min_dims=1, max_dims=2, max_side=4))
def test_gradients_through_broadcasting(data, shapes):
    a, b = (data.draw(hnp.arrays(float, shape, elements=numbers)) for shape in shapes.input_shapes)
    w = data.draw(hnp.arrays(float, shapes.result_shape, elements=numbers))
    by_a, by_b = weighted_blend_gradient(a, b, w)
    np.testing.assert_allclose(by_a, summed_to(w * (b + 3.0), a.shape), rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(by_b, summed_to(w * a, b.shape), rtol=1e-13, atol=1e-13)


def summed_to(values, shape):
    """The sum over the axes along which an array of ``shape`` is repeated."""
    values = values.sum(axis=tuple(range(values.ndim - len(shape))))
    return values.sum(axis=tuple(k for k, n in enumerate(shape) if n == 1), keepdims=True).reshape(shape)


sliced_rows = dj.jacrev(sliced)


@few
@given(hnp.arrays(float, st.integers(0, 7), elements=numbers), index, index, index.filter(bool))
def test_views_by_rows(x, start, stop, step):
    np.testing.assert_array_equal(sliced_rows(x, start, stop, step), sliced_jacobian(x, start, stop, step))


@njit
def weighted_assigned(x, codes, w):
    return np.sum(w * assigned_through_views(x, codes))


weighted_assigned_gradient = dj.grad(weighted_assigned)
WEIGHTS = np.array([0.9, -1.1, 0.4, 1.3, -0.7, 0.6])


@settings(max_examples=60)
@given(
    hnp.arrays(float, 6, elements=numbers),
    st.lists(st.tuples(st.integers(0, 7), *[st.integers(0, 5)] * 3), min_size=1, max_size=12),
)
def test_aliasing_in_reverse(x, program):
    """Views of one buffer, two buffers that change places, copies from a buffer to itself: against complex steps."""
    codes = np.array(program)
    expected = WEIGHTS @ complex_steps(assigned_through_views.py_func, x, codes)
    np.testing.assert_allclose(weighted_assigned_gradient(x, codes, WEIGHTS), expected, rtol=1e-12, atol=1e-12)


@few
@given(hnp.arrays(float, 3, elements=numbers), hnp.arrays(float, 4, elements=numbers))
def test_dot_product_identity(u, v):
    """``⟨u, J v⟩ = ⟨Jᵀ u, v⟩``."""
    point = np.array([0.3, 1.2, -0.7, 0.9])
    _, tangent = dj.jvp(wavy, (point,), (v,))
    _, pullback = dj.vjp(wavy, point)
    assert abs(u @ tangent - pullback(u)[0] @ v) <= 1e-13


@few
@given(hnp.arrays(float, 3, elements=numbers), hnp.arrays(float, 3, elements=numbers), numbers, numbers)
def test_cotangents_are_linear(u, v, a, b):
    _, pullback = dj.vjp(wavy, np.array([0.3, 1.2, -0.7, 0.9]))
    expected = a * pullback(u)[0] + b * pullback(v)[0]
    np.testing.assert_allclose(pullback(a * u + b * v)[0], expected, rtol=1e-12, atol=1e-13)


wavy_rows = dj.jacrev(wavy)


@few
@given(hnp.arrays(float, 4, elements=numbers))
def test_rows_are_columns(x):
    np.testing.assert_allclose(wavy_rows(x), wavy_jacobian(x), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("second", [np.float32, np.float64, np.int32, np.bool_])
@pytest.mark.parametrize("first", [np.float32, np.float64])
def test_dtypes_by_rows_follow_those_by_columns(first, second):
    a, b = np.array([1.5, -0.5], first), np.array([1, 1], second)
    by_columns, by_rows = dj.jacfwd(product_and_ratio)(a, b), dj.jacrev(product_and_ratio)(a, b)
    for mine, other in zip(by_rows, by_columns, strict=True):
        assert mine.dtype == other.dtype
        np.testing.assert_allclose(mine, other, rtol=1e-6)
    total = njit(lambda a, b: np.sum(a * b))
    assert dj.grad(total)(a, b).dtype == first
