"""What functions of a point do with their vector: slices, iteration, unpacking; and what happens where they raise."""

import re

import numba as nb
import numpy as np
import pytest

import dualjit as dj
from dualjit import errors

POINTS = 4
NAN = "9221120237041090560|0d7FF8000000000000"  # as numbers of 64 bits in PTX


def unpacked(x):
    a, b, c, d, e = x
    return a * b + c * d * e


def slices(x):
    y = x[1:4]
    return y[0] * y[-1] + y[1] * len(y) * y.size * y.shape[0]


def slices_of_slices(x):
    y = x[1:][1:]
    return y[0] * y[1] * y[-1]


def backwards(x):
    y = x[::-1]
    z = y[::2][1:]
    return y[0] ** 2 * z[0] * z[1]


def beyond_the_ends(x):
    return x[-100:2][1] * x[3:100][-1] * (1.0 + len(x[4:2]))


def bounds_that_run(x):
    total = 0.0
    for k in range(len(x)):
        y = x[k : 2 * k]
        if len(y) > 0:
            total += y[0] * y[-1]
    return total


def halves(x):
    """The same variable is a shorter slice in each round."""
    total = 0.0
    while len(x) > 1:
        total += x[0] * x[-1]
        x = x[1:]
    return total


def iterated(x):
    total = 1.0
    for v in x:
        total *= v
    return total


def pairs(x):
    total = 0.0
    for i, (u, v) in enumerate(zip(x[1:], x[:-1])):  # noqa: B905
        total += i * u * v
    return total


@nb.njit
def norm2(x):
    total = 0.0
    for v in x:
        total += v * v
    return total


def in_a_callee(x):
    return x[:1][0] * norm2(x[1:])


FUNCTIONS = [
    unpacked, slices, slices_of_slices, backwards, beyond_the_ends, bounds_that_run, halves, iterated, pairs,
    in_a_callee,
]  # fmt: skip


@pytest.mark.parametrize("layout", ["soa", "aos"])
@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_gradients_are_as_of_arrays(f, layout, rng):
    x = rng.normal(size=(5, POINTS))
    g = dj.cuda.batch_gradient(f, layout=layout, chunk=2).on_cpu(x if layout == "soa" else np.ascontiguousarray(x.T))
    gradient = dj.jacfwd(f)
    wanted = np.stack([gradient(x[:, i].copy()) for i in range(POINTS)], axis=-1)
    np.testing.assert_allclose(g if layout == "soa" else g.T, wanted, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_they_compile_for_a_device(f, target):
    taken = dj.cuda.batch_gradient(f).inspect(np.ones((5, POINTS))).taken
    assert taken.spill_bytes == taken.local_bytes == 0


def test_second_derivatives_and_products(rng):
    x, v = rng.normal(size=(2, 5, POINTS))
    H = dj.cuda.batch_hessian(backwards).on_cpu(x)
    Hv = dj.cuda.batch_hvp(backwards).on_cpu(x, v)
    y, y_dot = dj.cuda.batch_jvp(backwards).on_cpu(x, v)
    for i in range(POINTS):
        wanted = dj.hessian(backwards)(x[:, i].copy())
        np.testing.assert_allclose(H[:, :, i], wanted, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(Hv[:, i], wanted @ v[:, i], rtol=1e-11)
        np.testing.assert_allclose(y[i], backwards(x[:, i]), rtol=1e-14)
        np.testing.assert_allclose(y_dot[i], dj.grad(backwards)(x[:, i].copy()) @ v[:, i], rtol=1e-12)


def test_columns_of_slices_at_one_point(rng):
    def f(x, out):
        n = len(x) // 2
        for i, (u, v) in enumerate(zip(x[:n], x[n:])):  # noqa: B905
            out[i] = u * v

    x = rng.normal(size=20)
    wanted = np.hstack([np.diag(x[10:]), np.diag(x[:10])])
    np.testing.assert_array_equal(dj.cuda.jacobian(f, outputs=10).on_cpu(x), wanted)


# ---- functions that raise


def of_positive(x):
    if x[0] < 0.0:
        raise ValueError("negative")
    return x[0] * x[1], x[0]


def writing(x, out):
    for k in range(2):
        out[k] = x[k] ** 2
        if x[k] < 0.0:
            raise ValueError("not positive")


@nb.njit
def positive(v):
    if v < 0.0:
        raise ValueError("negative")
    return v


def too_many(x):
    a, b, c, d = x
    return a * b * c * d


def too_few(x):
    a, b = x
    return a * b


def step_of_zero(x):
    return x[:: len(x) - 5][0]


@pytest.mark.parametrize(("f", "outputs"), [(of_positive, None), (writing, 2)])
@pytest.mark.parametrize("chunk", [1, 2])
def test_what_was_not_computed_is_not_a_number(f, outputs, chunk):
    x = np.array([[1.0, -1.0], [2.0, 2.0]])
    out = np.zeros((2, 2)), np.zeros((2, 2, 2))
    with pytest.raises(ValueError):  # noqa: PT011
        dj.cuda.batch_jacobian(f, outputs=outputs, value=True, chunk=chunk).on_cpu(x, out=out)
    assert np.isfinite(out[0][:, 0]).all()
    assert np.isfinite(out[1][:, :, 0]).all()
    assert np.isnan(out[0][:, 1]).all()
    assert np.isnan(out[1][:, :chunk, 1]).all()  # the pass that raised; on a device all do


@pytest.mark.parametrize("f", [too_many, too_few, step_of_zero])
def test_slices_and_unpacking_that_do_not_fit_raise_as_of_arrays(f):
    out = np.zeros((5, 1))
    with pytest.raises(ValueError):  # noqa: PT011
        dj.cuda.batch_gradient(f).on_cpu(np.ones((5, 1)), out=out)
    assert np.isnan(out).all()


@pytest.mark.parametrize(
    "batch",
    [
        dj.cuda.batch_jacobian(of_positive),
        dj.cuda.batch_jacobian(writing, outputs=2),
        dj.cuda.batch_gradient(lambda x: positive(x[0])),
        dj.cuda.batch_hessian(lambda x: positive(x[0])),
        dj.cuda.batch_gradient(lambda x, k: x[::k][0]),
    ],
    ids=["returns", "writes", "calls", "second", "steps"],
)
def test_kernels_of_functions_that_raise_store_nan(batch, target):
    more = [1] * (len(batch.request.parameters) - 1)
    assert re.search(NAN, batch.inspect(np.ones((2, POINTS)), *more).ptx)


def test_kernels_that_unpack_what_does_not_fit_compute_nothing_else(target):
    stored = re.findall(r"st\.global\.\w+ .*", dj.cuda.batch_gradient(too_many, chunk=1).inspect(np.ones((5, 1))).ptx)
    assert len(stored) == 1
    assert not re.search(NAN, dj.cuda.batch_gradient(unpacked).inspect(np.ones((5, 1))).ptx)


def test_what_numba_checks_by_itself_does_not_count(target):
    """An index into a tuple: a path for it would take registers from functions which never go there."""
    table = (1.0, 2.0, 4.0)
    choice = dj.cuda.batch_gradient(lambda x: table[int(x[0])] * x[1]).inspect(np.ones((2, POINTS)))
    assert not re.search(NAN, choice.ptx)


def test_what_is_still_refused(target):
    for f in (lambda x: sum(x), lambda x: np.sum(x), lambda x: (x * 2.0)[0]):
        with pytest.raises(errors.UnsupportedError, match="slices of it"):
            dj.cuda.batch_gradient(f).inspect(np.ones((5, 1)))
