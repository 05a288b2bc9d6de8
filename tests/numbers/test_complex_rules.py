"""Rows of holomorphic functions: their trees in 40-digit arithmetic, and the code of every callable."""

import cmath
import operator

import mpmath
import numba as nb
import numpy as np
import pytest
from mpmath import mp, mpc
from numba import types
from numba.core.registry import cpu_target

from dualjit.numbers import Dual
from dualjit.numbers.intrinsics import as_duals
from dualjit.numbers.primal import signature_of
from dualjit.rules.complex import complex_calls, complex_rows
from dualjit.rules.expr import evaluate
from dualjit.rules.table import ScalarRow
from tests.numbers.differentiating import dual

POINTS = (0.7 + 0.4j, -1.3 + 2.1j, -0.2 - 0.9j, 2.5 - 1.7j, 1.01 + 0.02j, 25.0 + 1.5j, 0.3 - 25.0j)

EXACT = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda x: -x,
    "pos": lambda x: x,
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x,
    "exp2": lambda x: mp.exp(x * mp.log(2)),
    "log2": lambda x: mp.log(x) / mp.log(2),
    "log1p": lambda x: mp.log(1 + x),
    "expm1": lambda x: mp.exp(x) - 1,
    "log_to_base": lambda x, b: mp.log(x) / mp.log(b),
    "sech2": lambda x: mp.sech(x) ** 2,
    "asin_slope": lambda x: 1 / (mp.sqrt(1 - x) * mp.sqrt(1 + x)),
    "atan_slope": lambda x: 1 / (1 + x * x),
    "asinh_slope": lambda x: 1 / mp.sqrt(1 + x * x),
    "acosh_slope": lambda x: 1 / (mp.sqrt(x - 1) * mp.sqrt(x + 1)),
    "atanh_slope": lambda x: 1 / (1 - x * x),
    "pow": lambda x, n: mp.exp(n * mp.log(x)),
    "powi": lambda x, n: x ** int(mp.re(n)),
    "complex": lambda a, b: a + mpc(0, 1) * b,
    "rect": lambda r, phi: r * mp.exp(mpc(0, 1) * phi),
}


def exact(name):
    """The function of a row in arbitrary precision."""
    return EXACT.get(name) or getattr(mp, name)


class Exactly:
    """Trees in arbitrary precision."""

    const = mpc

    @staticmethod
    def apply(op, *x):
        primitives = {
            "i": lambda: mpc(0, 1),
            "real": mp.re,
            "eq": operator.eq,
            "gt": lambda a, b: mp.re(a) > mp.re(b),
            "lt": lambda a, b: mp.re(a) < mp.re(b),
            "and": lambda a, b: a and b,
            "select": lambda c, a, b: a if c else b,
        }
        return primitives[op](*x) if op in primitives else exact(op)(*x)


@pytest.fixture(autouse=True)
def precision():
    with mpmath.workdps(40):
        yield


def arguments(row, z):
    if row.name == "powi":
        return z, mpc(3)
    return (z, mpc(1.7, 0.6))[: row.arity]


@pytest.mark.parametrize("name", sorted(complex_rows()))
def test_partials_and_values_of_trees(name):
    row, function = complex_rows()[name], exact(name)
    for point in POINTS:
        x = arguments(row, mpc(point))
        y = function(*x)
        if row.value is not None:
            assert mp.almosteq(evaluate(row.value, x, None, Exactly), y, 1e-25)
        for i, partial in enumerate(row.partials):
            if name == "powi" and i:
                continue  # an integer has no derivative
            expected = mp.diff(lambda t, i=i, x=x: function(*x[:i], t, *x[i + 1 :]), x[i])
            assert abs(evaluate(partial, x, y, Exactly) - expected) <= 1e-15 * abs(expected)


def compiles(key, arity):
    context = cpu_target.typing_context
    context.refresh()
    sig = signature_of(context, key, (types.complex128,) * arity)
    return sig is not None and isinstance(sig.return_type, types.Complex)


CALLS = [
    (key, row) for (key, arity), row in complex_calls().items() if isinstance(row, ScalarRow) and compiles(key, arity)
]
IN_PLACE = {operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ipow}
CALLS = [(key, row) for key, row in CALLS if key not in IN_PLACE]
BATCHES = [CALLS[i : i + 16] for i in range(0, len(CALLS), 16)]
EPS = np.finfo(float).eps


def batch_function(batch):
    """``out[2 i], out[2 i + 1]``: parts of the i-th function of ``x + 1j * y``."""
    lines = ["def evaluate(x, y, out):", "    z, b = complex(x, y), complex(1.7, 0.6)"]
    for i, (_, row) in enumerate(batch):
        lines.append(f"    w = f{i}({'z' if row.arity == 1 else 'z, b'})")
        lines.append(f"    out[{2 * i}], out[{2 * i + 1}] = w.real, w.imag")
    names = {f"f{i}": key for i, (key, _) in enumerate(batch)}
    exec("\n".join(lines), names)
    return names["evaluate"]


def run(function, number, points, count):
    """Answers at many points, compiled once: values and partials by x and y (or, nested, in the last two axes)."""
    inner = nb.njit(function)

    @nb.njit
    def on_memory(points, out):
        for k in range(points.shape[0]):
            inner(as_duals(points[k, 0], number)[()], as_duals(points[k, 1], number)[()], as_duals(out[k], number))

    axes = (3,) * len(number.lanes)
    memory, out = np.zeros((len(points), 2, 3 ** len(axes))), np.full((len(points), count, 3 ** len(axes)), np.nan)
    seeds = memory.reshape(len(points), 2, *axes)
    for k, z in enumerate(points):
        for part, x in enumerate((z.real, z.imag)):
            seeds[(k, part, *(0,) * len(axes))] = x
            for axis in range(len(axes)):
                seeds[(k, part, *(part + 1 if a == axis else 0 for a in range(len(axes))))] = 1.0
    on_memory(memory, out)
    return out.reshape(len(points), count // 2, 2, *axes)


def combined(out):
    """Parts put together to complex numbers."""
    return out[:, :, 0] + 1j * out[:, :, 1]


@pytest.mark.parametrize("batch", BATCHES, ids=lambda batch: f"{batch[0][1].name}-{batch[-1][1].name}")
def test_every_callable(batch):
    function = batch_function(batch)
    plain = nb.njit(function)
    got = combined(run(function, dual(), POINTS, 2 * len(batch)))
    for k, z in enumerate(POINTS):
        expected = np.empty(2 * len(batch))
        plain(z.real, z.imag, expected)
        np.testing.assert_array_equal(got[k, :, 0], expected.view(complex))
        for i, (_, row) in enumerate(batch):
            x = arguments(row, mpc(z))
            slope = complex(evaluate(row.partials[0], x, exact(row.name)(*x), Exactly))
            _, by_x, by_y = got[k, i]
            assert abs(by_x - slope) <= 8 * EPS * abs(slope), (row.name, z)
            assert abs(by_y - 1j * by_x) <= 4 * EPS * abs(slope), (row.name, z)


def second(x, y, out):
    z = complex(x, y)
    values = (
        np.exp(z), np.log(z), np.sqrt(z), np.sin(z), np.cos(z), np.tan(z), np.sinh(z), np.cosh(z), np.tanh(z),
        np.arcsin(z), np.arccos(z), np.arctan(z), np.arcsinh(z), np.arccosh(z), np.arctanh(z), z**3, 1 / z, z**1.5,
        cmath.log10(z), z * z, z - z * 2.0,
    )  # fmt: skip
    for i, w in enumerate(values):
        out[2 * i], out[2 * i + 1] = w.real, w.imag


NAMES = "exp log sqrt sin cos tan sinh cosh tanh asin acos atan asinh acosh atanh".split()


def test_second_derivatives():
    functions = [exact(name) for name in NAMES]
    functions += [lambda z: z**3, lambda z: 1 / z, lambda z: z ** mp.mpf(1.5), mp.log10, lambda z: z * z, lambda z: -z]
    got = combined(run(second, Dual(dual(), 2, 2), POINTS[:4], 2 * len(functions)))
    for k, z in enumerate(POINTS[:4]):
        for i, function in enumerate(functions):
            expected = complex(mp.diff(function, mpc(z), 2))
            assert abs(got[k, i, 1, 1] - expected) <= 32 * EPS * abs(expected), (i, z)
            assert abs(got[k, i, 1, 2] - 1j * expected) <= 32 * EPS * abs(expected), (i, z)
            assert abs(got[k, i, 2, 2] + expected) <= 32 * EPS * abs(expected), (i, z)
