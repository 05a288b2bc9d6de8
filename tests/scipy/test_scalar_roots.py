"""``newton`` and ``root_scalar``: slopes and second derivatives of one number, or element by element."""

import numpy as np
import pytest
import scipy.optimize as sp
from numba import njit

import dualjit as dj
from dualjit.errors import DTypeError, NonFiniteError, OutputError, ShapeError
from dualjit.scipy.elementwise import curvature, slope_and_value
from dualjit.scipy.scalar_roots import Curve


@njit
def kepler(e, mean, eccentricity):
    return e - eccentricity * np.sin(e) - mean


def slope(e, mean, eccentricity):
    return 1.0 - eccentricity * np.cos(e)


def second(e, mean, eccentricity):
    return eccentricity * np.sin(e)


@pytest.mark.parametrize("x0", [1.0, 1, np.float32(1.0), np.array(1.0), [0.5, 1.0, 1.5], np.linspace(0.0, 2.0, 8)[::2]])
@pytest.mark.parametrize("halley", [False, True])
def test_newton_as_with_derivatives_by_hand(x0, halley):
    args = (0.9, 0.6)
    ours = dj.scipy.newton(kepler, x0, args=args, **({"fprime2": True} if halley else {}))
    theirs = sp.newton(kepler, np.float64(x0), fprime=slope, args=args, fprime2=second if halley else None)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    assert np.shape(ours) == np.shape(theirs)


def test_compiles_once_for_numbers_and_once_for_arrays():
    dj.scipy.newton(kepler, 1.0, args=(0.9, 0.6), fprime2=True)
    dj.scipy.newton(kepler, [1.0, 2.0], args=(0.9, 0.6), fprime2=True)
    assert len(slope_and_value(kepler).signatures) == 2
    assert len(curvature(kepler).signatures) == 2


def test_newton_tells_counts():
    root, told = dj.scipy.newton(kepler, 1.0, args=(0.9, 0.6), full_output=True)
    assert told.method == "newton"
    assert told.derivatives["fprime"] == told.function_calls // 2
    assert kepler(root, 0.9, 0.6) == pytest.approx(0.0, abs=1e-12)


def test_secant_is_taken_where_x1_asks_for_it():
    _, told = dj.scipy.newton(kepler, 1.0, args=(0.9, 0.6), x1=1.1, full_output=True)
    assert told.method == "secant"


@pytest.mark.parametrize("method", ["newton", "halley", None])
def test_root_scalar(method):
    found = dj.scipy.root_scalar(kepler, args=(0.9, 0.6), x0=1.0, method=method)
    second_given = {"fprime2": second} if method == "halley" else {}
    theirs = sp.root_scalar(kepler, args=(0.9, 0.6), x0=1.0, method=method, fprime=slope, **second_given)
    assert found.root == pytest.approx(theirs.root, rel=1e-14)
    assert found.iterations == theirs.iterations
    assert all(count > 0 for count in found.derivatives.values())
    assert ("fprime2" in found.derivatives) == (method == "halley")


@pytest.mark.parametrize(
    "given", [{"bracket": (0.0, 3.0)}, {"x0": 1.0, "x1": 1.1}, {"bracket": (0.0, 3.0), "method": "bisect"}]
)
def test_root_scalar_without_derivatives_is_scipys(given):
    found = dj.scipy.root_scalar(kepler, args=(0.9, 0.6), **given)
    assert found.derivatives == {}
    assert found.root == sp.root_scalar(kepler, args=(0.9, 0.6), **given).root


def test_root_scalar_of_functions_which_return_their_derivatives():
    def all_three(x):
        return x**2 - 4.0, 2.0 * x, 2.0

    found = dj.scipy.root_scalar(all_three, x0=1.0, fprime=True, fprime2=True, method="halley")
    assert found.root == pytest.approx(2.0)


def test_negative_zero_stays():
    assert Curve(njit(lambda x: np.copysign(1.0, x) + 0.0 * x)).fun(-0.0) == -1.0


# Bad input


def test_systems_are_not_element_by_element():
    with pytest.raises(ShapeError, match=r"\(1,\) for an argument of shape \(2,\).*systems of equations use root"):
        dj.scipy.newton(lambda x: np.array([x[0] + x[1]]), [1.0, 2.0])
    with pytest.raises(ShapeError, match=r"depends on other elements.*systems of equations use root"):
        dj.scipy.newton(lambda x: np.array([x[0] + x[1], x[0] - x[1]]), [1.0, 2.0])


def test_what_does_not_fit():
    with pytest.raises(DTypeError, match=r"complex.*scipy.optimize.newton"):
        dj.scipy.newton(kepler, 1.0 + 1j, args=(0.9, 0.6))
    with pytest.raises(
        OutputError, match=r"scipy.optimize.root_scalar\(method='newton'\) takes a function of one number"
    ):
        dj.scipy.root_scalar(lambda x: x * 1j, x0=1.0)
    with pytest.raises(NonFiniteError, match="returns at x0 is NaN"):
        dj.scipy.newton(lambda x: np.log(x), -1.0)
