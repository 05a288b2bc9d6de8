"""Complex arithmetic inside differentiated functions, through the front end: real in, real out."""

import cmath

import numba as nb
import numpy as np
import pytest

import dualjit as dj
from dualjit.errors import DTypeError, OutputError, UnsupportedError
from tests.features.case import Cases, judge

X = np.array([0.7, 0.4, 1.3])
cases = Cases(X)


@cases
def operators_with_other_numbers(x):
    z = x[0] + 1j * x[1]
    return np.array([
        abs(z + 1), abs(2 - z), (3 * z).imag, (z / 2).imag, (1 / z).imag, (x[0] / z).imag, (x[0] - z).imag,
        (z - x[1]).real, (x[0] * 1j).imag, (-z).imag, (+z).imag, (z * True).imag, (x[2] * (1 + 2j)).real,
        ((3 - 1j) / x[2]).imag,
    ])  # fmt: skip


@cases
def powers(x):
    z, n = x[0] + 1j * x[1], len(x)
    return np.array([
        (z**2).imag, (z**-1).imag, (z**0.5).imag, (2**z).imag, (z**z).imag, (x[2] ** z).imag, (z ** x[2]).imag,
        (z**0).real, (z ** (1 + 2j)).real, (z**n).imag, (z ** (n - 5)).real, (z**70).real, pow(z, 3).real,
        np.power(z, 3).real,
    ])  # fmt: skip


@cases
def loops_branches_and_truth(x):
    z, w, n = complex(x[0], x[1]), 1, 0
    while abs(z) < 50 and n < 12:
        z = z * z + x[2]
        n += 1
    for k in range(3):
        w = w * 1j * x[k]
    if z == 0 or z != z:
        return 0.0
    if z:
        return z.real + w.imag
    return z.imag


@cases
def parts_and_polar_form(x):
    z = complex(x[0], x[1])
    r, p = cmath.polar(z)
    w = cmath.rect(x[0], x[1]) * cmath.rect(2.0, x[1]) + cmath.rect(x[0], 0.5)
    u = cmath.log(z, 2 + 1j) + cmath.log10(z) + cmath.log(2j, z)
    finite = cmath.isfinite(z) and not (cmath.isnan(z) or cmath.isinf(z) or np.isnan(z))
    angles = np.angle(z) + np.angle(w, deg=True) + cmath.phase(u)
    return r, p, w.real, w.imag, u.imag, angles, z.conjugate().imag, np.real(u), np.imag(u) if finite else x[0]


@cases
def number_classes(x):
    a, b, d = np.complex128(x[0]), complex(x[1]), complex(2, x[0])
    return abs(a) + b.real + complex(a).real + (d * complex(x[1], 3) * np.complex128(d)).imag


@cases.at(X.astype(np.float32))
def single_precision(x):
    z = x * np.complex64(1j) + np.complex64(2)
    return np.abs(np.exp(z) * np.complex64(x[0]))


@nb.njit
def horner(z, n):
    s = 0.0 + 0.0j
    for k in range(n):
        s = s * z + (k + 1)
    return s


@nb.njit
def nested_square(z, n):
    if n == 0:
        return z
    return nested_square(z * z + 1, n - 1) * z


@nb.vectorize
def shifted_square(z, a):
    return z * z * a + 1j


@cases
def helpers_recursion_and_vectorize(x):
    return (
        horner(complex(x[0], x[1]), 4).imag,
        nested_square(x[0] * 1j, 3).imag,
        np.abs(shifted_square(x * 1j, x[1])),
    )


@cases
def elementwise(x):
    z = x * 1j + 0.3
    return (
        np.abs(np.sin(z) * np.cos(z) + np.sqrt(z) / (z + x)),
        np.conj(z).imag.copy(),
        z.conj().imag.copy(),
        np.angle(z, True),
        np.real(np.log(z)).copy(),
        (z * z.conjugate()).real.copy(),
    )


@cases
def allocations_that_receive_active_values(x):
    z, g = np.zeros((2, 3), dtype=np.complex128), np.ones(3, np.complex128)
    z[0], z[1, 1:] = x, x[:2] * 1j
    g[:2] = z[1, 1:]
    e = np.empty_like(g)
    e[:] = g[::-1]
    return np.abs(z + e).ravel(), np.array([e[0], 1.0, x[1]]).imag.copy(), np.full(2, e[0]).imag.copy()


@cases
def arrays_without_axes(x):
    """``np.zeros_like`` of a number is one, in which sums are taken."""
    total, held = np.zeros_like(x[0], dtype=np.complex128), np.zeros((), np.complex128)
    term = np.exp(1j * x[1])
    for n in range(1, 4):
        total += term
        term *= (n - x[2]) / (n + x[2]) * x[0]
    held[()] = total
    return total.imag, (held * x[0]).real, abs(held * total)


@cases
def writes_through_parts(x):
    z = np.zeros(3, np.complex128)
    z.real[:] = x
    z.imag[1:] = x[:2] * x[1]
    z.real[0] += 2.0
    z[x > 0.6] *= 1j
    return np.abs(z * z + z), z.real.sum()


@cases
def in_place_operators(x):
    z = np.zeros(3, np.complex128)
    z += x
    z *= 2j
    z[1] -= x[0] * 1j
    z /= x[1] + 1j
    z **= 2
    return np.abs(z) + z.imag


@cases
def reductions(x):
    a = np.outer(x, x) * (1 + 2j) + 1j
    return (
        np.abs(np.sum(a, axis=0)),
        a.sum().imag,
        np.abs(np.cumsum(a)),
        np.abs(np.cumprod(a[0])),
        np.prod(a[1]).imag,
        np.mean(a).imag,
        np.trace(a).imag,
    )


@cases
def containers(x):
    items = [1j * x[0], x[1] + 0j]
    items.append(x[2] * 1j)
    pair, s = (x[0] * 1j, 3j), 0j
    for v in items:
        s += v * v
    for i, v in enumerate(x * (1 + 1j)):
        s += i * v
    return s.real, (pair[0] * pair[1]).real, max([abs(v) for v in items])


@cases
def loops_over_arrays(x):
    w, s, u = x * (1 + 2j), 0.0, 0j
    for i in range(len(x)):
        s = s + (w[1] * w[i] * w[1]).imag
    for i in range(len(x)):
        t = w[i]
        while abs(t) < 2.0:
            t = t * t * 0.5 + t + 1
        u += t / (1 + w[i])
        w[i] = u.conjugate()
    return s, abs(u) + w[2].real


@cases
def joining_and_choosing(x):
    z = np.where(x > 0.5, x * 1j, x + 0j)
    return np.abs(np.concatenate((z, x * 2j))) + np.abs(np.stack((z, z * 2))).ravel(), np.abs(np.roll(np.kron(z, z), 1))


@cases
def moving_elements(x):
    z = x.astype(np.complex128) * (1 + 2j)
    m = np.outer(z, z)
    return (
        np.abs(np.append(z, x[0])) + np.abs(np.extract(x > 0.5, z)).sum(),
        np.abs(np.tril(m) + np.triu(m, 1) * 1j).ravel(),
        np.abs(np.ediff1d(z)) + np.abs(np.diff(z)),
        np.abs(np.select([x > 0.5, x > 1.0], [z, z * 1j])),
        np.abs(np.diag(m) + np.repeat(z, 2)[:3] + z[::-1] + z.reshape(3, 1)[:, 0]),
        np.imag(x) + np.angle(x) + x[0].conjugate() + np.imag(x[1]) + x.real,
    )


@cases
def looking_at_values(x):
    z = x * 1j
    truths = np.any(z), np.all(z == z), np.allclose(z, z), np.array_equal(z, z), len(np.nonzero(z)[0]) > 2
    return np.abs(z) * sum(truths) + np.count_nonzero(z)


@cases
def linear_algebra(x):
    a = np.outer(x, x) + 1j * np.eye(3)
    b = x + 2j
    y = np.linalg.solve(a, b)
    return np.abs(y), np.abs(np.linalg.inv(a) @ a + a).ravel(), np.vdot(b, y).imag, np.abs(np.dot(y, a))


@cases.parametrize
def test_feature(case):
    judge(case)


def impedance(x):
    z = x[0] * np.exp(1j * x[1])
    return abs(z * z + 1j * x[0]), np.angle(z + 1), cmath.tanh(z).real, (1 / z).imag, np.sqrt(z).imag


ROWS = ("operators_with_other_numbers", "elementwise", "allocations_that_receive_active_values", "loops_over_arrays")


@pytest.mark.parametrize("case", [c for c in cases.cases if c.name in ROWS], ids=lambda case: case.name)
def test_rows(case):
    """Many cotangents at once."""
    given = case.arguments[0]
    answers = zip(dj.jacrev(case.function)(given), dj.jacfwd(case.function)(given), strict=True)
    for rows, columns in answers:
        np.testing.assert_allclose(rows, columns, rtol=1e-12, atol=1e-14)


def test_second_derivatives():
    x, h = np.array([0.7, -0.4]), 1e-5
    jacobian = dj.jacfwd(impedance)
    hessians = dj.jacfwd(jacobian)(x)
    columns = [(jacobian(x + e), jacobian(x - e)) for e in h * np.eye(2)]
    for k, hessian in enumerate(hessians):
        expected = np.array([(up[k] - down[k]) / (2 * h) for up, down in columns]).T
        np.testing.assert_allclose(hessian, expected, atol=1e-7)


def test_auxiliary_answers_may_be_complex():
    def squared(x):
        z = complex(x[0], x[1])
        return abs(z * z), (z, np.array([z, 2 * z]))

    _, (z, both) = dj.jacfwd(squared, has_aux=True)(np.array([0.5, -2.0]))
    assert z == 0.5 - 2j
    np.testing.assert_array_equal(both, [0.5 - 2j, 1 - 4j])


def test_stop_gradient_of_complex_numbers():
    jacobian = dj.jacfwd(lambda x: (x * 1j * dj.stop_gradient(x * 1j)).real.copy())
    np.testing.assert_array_equal(jacobian(X), -np.diag(X))


def test_complex_arguments_and_answers_are_refused():
    with pytest.raises(OutputError, match=r"returns array\(complex128"):
        dj.jacfwd(lambda x: x * 1j)(X)
    with pytest.raises(DTypeError, match="real and imaginary parts"):
        dj.jacfwd(lambda z: abs(z))(1j)


def test_complex_arguments_that_are_not_differentiated():
    jacobian = dj.jacfwd(lambda z, x: np.abs(z) * x, argnums=1)
    np.testing.assert_array_equal(jacobian(3 + 4j, X), 5.0 * np.eye(3))


REFUSED = {
    "norm": lambda x: np.linalg.norm(x * 1j),
    "std": lambda x: np.std(x * 1j),
    "max": lambda x: np.max(x * 1j).real,
    "sort": lambda x: np.sort(x * 1j)[0].real,
    "det": lambda x: np.linalg.det(np.outer(x, x) * 1j).real,
    "sign": lambda x: np.sign(x * 1j)[0].real,
    "rint": lambda x: np.rint(x * 1j)[0].real,
    "maximum": lambda x: np.maximum(x * 1j, 2j)[0].real,
    "eigvals": lambda x: np.linalg.eigvals(np.outer(x, x) + 0j)[0].real,
    "interp": lambda x: np.interp(x, np.array([-1.0, 1.0]), np.array([1j, 2.0]))[0].real,
    "correlate": lambda x: np.correlate(x * 1j, x + 0j)[0].real,
    "view": lambda x: (x * 1j).view(np.float64)[1],
}


@pytest.mark.parametrize("function", REFUSED.values(), ids=REFUSED)
def test_refused(function):
    with pytest.raises(UnsupportedError):
        dj.jacfwd(function)(X)
