"""Roots and fixed points: derivatives by the implicit function theorem, whatever the solver did."""

import math

import numpy as np
import pytest

import dualjit as dj
from dualjit.errors import StructureError


def newton(a):
    x = a
    while abs(x * x - a) > 1e-14 * a:
        x = 0.5 * (x + a / x)
    return x


square_root = dj.implicit_root(lambda x, a: x * x - a, newton)


def test_numbers():
    assert square_root(4.0) == pytest.approx(2.0)
    assert dj.grad(lambda a: 3 * square_root(a))(4.0) == pytest.approx(0.75)
    assert dj.jacfwd(square_root)(4.0) == pytest.approx(0.25)


def test_second_derivatives_are_not_those_of_the_iteration():
    for second in (dj.hessian(square_root), dj.hessian(square_root, mode="fwdrev"), dj.grad(dj.grad(square_root))):
        assert second(4.0) == pytest.approx(-1 / 32)


def residual(x, p, b):
    return np.array([x[0] ** 2 + x[1] * p - 3.0, x[0] * x[1] - b[0]])


def test_systems():
    root = dj.implicit_root(residual, unrolled)
    expected = dj.jacfwd(unrolled, (0, 1))(1.2, np.array([0.5]))
    for transform in (dj.jacfwd, dj.jacrev):
        found = transform(root, (0, 1))(1.2, np.array([0.5]))
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-12)
        np.testing.assert_allclose(found[1], expected[1], rtol=1e-12)


def unrolled(p, b):
    """A solver that can be differentiated, too."""
    x = np.ones(2)
    for _ in range(30):
        r0, r1 = x[0] ** 2 + x[1] * p - 3.0, x[0] * x[1] - b[0]
        d = 2 * x[0] * x[0] - p * x[1]
        x = np.array([x[0] - (x[0] * r0 - p * r1) / d, x[1] - (2 * x[0] * r1 - x[1] * r0) / d])
    return x


def test_fixed_points():
    def iterate(a):
        x = a
        for _ in range(200):
            x = math.cos(a * x)
        return x

    point = dj.fixed_point(lambda x, a: math.cos(a * x), iterate)
    x = point(1.0)
    expected = -x * math.sin(x) / (1 + math.sin(x))
    assert dj.grad(point)(1.0) == pytest.approx(expected, rel=1e-12)
    assert dj.jacfwd(point)(1.0) == pytest.approx(expected, rel=1e-12)


def test_bad_input():
    with pytest.raises(StructureError, match="2 in all"):
        dj.implicit_root(lambda x: x, newton)
    with pytest.raises(StructureError, match="named parameters"):
        dj.implicit_root(lambda *xs: xs[0], newton)
