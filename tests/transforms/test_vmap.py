"""``vmap``: axes, structures, transforms of it and it of transforms, threads, bad axes; Python loops are the oracle."""

import numpy as np
import pytest

import dualjit as dj
from dualjit.errors import ShapeError, StructureError

W, XS = np.array([1.0, 2.0]), np.arange(6.0).reshape(3, 2) / 3


def loss(w, x):
    return np.sum((w * x) ** 2) + np.sin(w[0] * x[1])


losses = dj.vmap(loss, (None, 0))
slopes = dj.vmap(dj.grad(loss), (None, 0))


def test_values():
    np.testing.assert_array_equal(losses(W, XS), [loss(W, x) for x in XS])


def test_gradients_of_each_sample():
    expected = np.stack([dj.grad(loss)(W, x) for x in XS])
    np.testing.assert_allclose(slopes(W, XS), expected, rtol=1e-14)
    np.testing.assert_allclose(dj.vmap(dj.grad(loss), (None, 1), 1)(W, XS.T.copy()), expected.T, rtol=1e-14)
    np.testing.assert_allclose(dj.vmap(dj.grad(loss), (None, -1), -1)(W, XS.T), expected.T, rtol=1e-14)


def test_jacobians_in_threads():
    expected = np.stack([dj.jacfwd(loss, 1)(W, x) for x in XS])
    np.testing.assert_allclose(dj.vmap(dj.jacfwd(loss, 1), (None, 0), parallel=True)(W, XS), expected, rtol=1e-14)


def test_structures():
    def f(p, s):
        return p[0] * p[1] * s, s * 2.0

    arrays, numbers = dj.vmap(f, ((0, None), 0), (1, 0))((XS, W), np.arange(3.0))
    np.testing.assert_array_equal(arrays, (XS * W * np.arange(3.0)[:, None]).T)
    np.testing.assert_array_equal(numbers, 2 * np.arange(3.0))


def total(w, xs):
    return np.sum(losses(w, xs) ** 2) + slopes(w, xs)[1, 0]


def test_derivatives():
    """Of a function that calls it, and of it itself."""
    for found, expected in zip(dj.grad(total, (0, 1))(W, XS), dj.jacfwd(total, (0, 1))(W, XS), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-14)
    by_rows, by_columns = dj.jacrev(slopes, (0, 1))(W, XS), dj.jacfwd(slopes, (0, 1))(W, XS)
    for found, expected in zip(by_rows, by_columns, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-14)
    each = dj.jacfwd(losses, 1)(W, XS)
    np.testing.assert_allclose(each[1, 1], dj.grad(loss, 1)(W, XS[1]), rtol=1e-13)
    np.testing.assert_array_equal(each[0, 1], 0.0)


def test_arguments_stay_as_they_are():
    """Each point gets what the function writes to as a copy, also what all points share."""

    def writes(w, x):
        w[0] += 1.0
        x[0] *= w[0]
        return x[0] * x[1]

    w, xs = W.copy(), XS + 1
    np.testing.assert_array_equal(dj.vmap(writes, (None, 0))(w, xs), 2.0 * xs[:, 0] * xs[:, 1])
    np.testing.assert_array_equal(w, W)
    np.testing.assert_array_equal(xs, XS + 1)


@pytest.mark.parametrize(
    ("in_axes", "out_axes", "args", "error", "match"),
    [
        ((0,), 0, (W, XS), StructureError, "1 entries.*2 parameters"),
        (None, 0, (W, XS), StructureError, "no argument has points"),
        ((None, 5), 0, (W, XS), StructureError, "axis 5 for 'x', which has 2 dimensions"),
        ((0, 0), 0, (2.0, XS), StructureError, "'w' of type float64"),
        ((None, (0, 1)), 0, (W, XS), StructureError, "'x' of type array"),
        ((None, 0), 3, (W, XS), StructureError, "out_axes has 3"),
        ((0, 0), 0, (np.ones((2, 2)), XS), ShapeError, r"\(3,\), expected \(2,\)"),
        ((None, 0), 0, (W, XS[:0]), ShapeError, r"\(0,\)"),
    ],
)
def test_bad_axes(in_axes, out_axes, args, error, match):
    with pytest.raises(error, match=match):
        dj.vmap(loss, in_axes, out_axes)(*args)
