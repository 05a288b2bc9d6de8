"""Marked complex numbers: their types, and their derivatives where formulas meet zero."""

import cmath
import math

import numba as nb
import numpy as np
import pytest
from numba import types
from numba.core.registry import cpu_target

from dualjit.numbers import Active, Dual, MarkedComplex, mark, marker_of, promote, strip
from dualjit.numbers.types import has_complex
from tests.numbers.differentiating import answers, check, dual, values

F4, F8, C8, C16 = types.float32, types.float64, types.complex64, types.complex128
D = Dual(F8, 4)
Z = MarkedComplex(D)
NAN, INF = math.nan, math.inf


@pytest.mark.parametrize("marker", [D, Active(F8)], ids=str)
def test_types(marker):
    z = marker.over(C16)
    assert z == MarkedComplex(marker)
    assert (z.scalar, z.part) == (C16, marker)
    assert strip(types.UniTuple(z, 2)) == types.UniTuple(C16, 2)
    assert mark(types.Array(C16, 1, "C"), marker) == types.Array(z, 1, "C")
    assert marker_of(z) == marker_of(types.List(z)) == marker
    assert z.over(F4) == marker.over(F4)
    assert has_complex(F8, types.Array(z, 1, "C"))
    assert not has_complex(marker, F8)


def test_promotion():
    narrow = MarkedComplex(Dual(F4, 4))
    assert promote(D, C8) == promote(narrow, F8) == promote(narrow, D) == promote(Z, types.int64) == Z
    assert promote(narrow, types.boolean) == promote(narrow, C8) == narrow
    assert promote(Z, Dual(F8, 2, 2)) == MarkedComplex(Dual(D, 2, 2))
    assert promote(Z, types.unicode_type) is None


def test_conversions_go_up_only():
    context = cpu_target.typing_context
    for other in (F8, C16, C8, D, types.int64, types.boolean):
        assert context.can_convert(other, Z) is not None
        assert other == types.boolean or context.can_convert(Z, other) is None
    assert context.unify_types(Z, D, C16, F8) == Z


def test_typing_is_the_same_for_both_markers():
    context = cpu_target.typing_context
    context.refresh()
    for marker in (D, Active(F8)):
        z = MarkedComplex(marker)
        for function, args, answer in (
            (np.exp, (z,), z),
            (abs, (z,), marker),
            (complex, (marker, F8), z),
            (np.add, (types.Array(marker, 1, "C"), C16), types.Array(z, 1, "C")),
        ):
            found = context.resolve_function_type(context.resolve_value_type(function), args, {})
            assert found.return_type == answer


def at_zero(x, y, out):
    z = complex(x, y)
    out[0] = abs(z)
    out[1] = np.abs(z * (2 + 1j))
    out[2] = (z**0).real
    out[3] = (z**1).real
    out[4] = (z**2).real
    out[5] = (z ** (1 + 0j)).imag
    out[6] = (z**2.0).imag


def test_at_zero():
    expected = [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [1.0, 0.0], [0.0, 0.0], [0.0, 1.0], [0.0, 0.0]]
    check(at_zero, 0.0, 0.0, expected)


def singular(x, y, out):
    z = complex(x * 0.0 + x, 0.0)
    out[0] = np.sqrt(z).real
    out[1] = np.log(z).real
    out[2] = cmath.phase(z)


def test_zero_tangents_stay_zero_at_singular_points():
    got = answers(singular, 0.0, 1.0, 3)
    assert not got[:2, 2].any()
    assert not np.isfinite(got[:2, 1]).any()
    assert np.isnan(got[2, 1])


def signed_zeros(x, y, out):
    z = complex(x, -y)
    w = z.conjugate() if x > 1.0 else np.conj(z)
    out[0], out[1] = w.real, w.imag
    out[2], out[3] = (-z).real, (-z).imag
    out[4] = (z - 0.0).imag
    out[5] = np.sqrt(complex(-1.0, -y)).imag


@pytest.mark.parametrize("y", [0.0, -0.0])
def test_signs_of_zeros_are_the_primals(y):
    got = answers(signed_zeros, 0.0, y, 6)[:, 0]
    assert np.ascontiguousarray(got).tobytes() == values(signed_zeros, 0.0, y, 6).tobytes()


def quotient(x, y, out):
    out[0] = (1.0 / complex(x, y)).real


def ufunc_quotient(x, y, out):
    out[0] = np.true_divide(1.0, complex(x, y)).real


def test_division_by_zero_does_what_the_primal_does():
    with pytest.raises(ZeroDivisionError):
        answers(quotient, 0.0, 0.0, 1)
    assert not np.isfinite(answers(ufunc_quotient, 0.0, 0.0, 1)).any()


def far_out(x, y, out):
    z = complex(x, y)
    out[0], out[1] = (1.0 / z).real, (1.0 / z).imag
    out[2], out[3] = np.tanh(z).real, np.tan(1j * z).imag
    out[4] = abs(z)


@pytest.mark.parametrize("size", [1e-150, 1e200])
def test_neither_overflows_nor_underflows(size):
    z = size * (3 + 4j)
    got = answers(far_out, z.real, z.imag, 5)
    with np.errstate(all="ignore"):
        slope = -((1 / z) / z)
    np.testing.assert_allclose(got[0, 1:], [slope.real, -slope.imag], rtol=1e-14)
    np.testing.assert_allclose(got[4, 1:], [0.6, 0.8], rtol=1e-15)
    assert np.isfinite(got[2:4, 1:]).all()


@nb.njit
def vanishing(x, y, out):
    z = complex(x, y)
    out[0], out[1] = np.tanh(z).real, np.tanh(z).imag


@pytest.mark.parametrize("x", [25.0, -25.0, 310.0, -310.0])
def test_tanh_far_from_the_axis(x):
    got = answers(vanishing.py_func, x, 0.4, 2)
    slope = 4.0 * np.exp(-2.0 * abs(x)) * np.exp(-0.8j * np.sign(x))
    np.testing.assert_allclose(got[:, 1], [slope.real, slope.imag], rtol=1e-13)


def test_single_precision_computes_in_single_precision():
    def function(x, y, out):
        z = complex(x, y) * np.complex64(2j)
        out[0], out[1] = z.real, abs(z)

    number = dual(F4)
    got = answers(function, np.float32(0.3), np.float32(0.7), 2, number=number)
    np.testing.assert_array_equal(got[:, 0], values(function, np.float32(0.3), np.float32(0.7), 2, "float32"))
    np.testing.assert_allclose(got[0, 1:], [0.0, -2.0])
