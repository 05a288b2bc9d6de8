"""Calls like an earlier one are not checked anew; all others are, and no arrays are kept."""

import gc
import weakref

import numpy as np
import pytest

import dualjit as dj
from dualjit import errors
from dualjit.cuda import arrays, call

from .stand_in import DeviceArray, installed


@pytest.fixture
def device(monkeypatch):
    return installed(monkeypatch)


@pytest.fixture
def checks(monkeypatch):
    """Numbers of points of the calls that are checked."""
    found = []
    count = arrays.Inputs.count

    def counted(self):
        found.append(count(self))
        return found[-1]

    monkeypatch.setattr(arrays.Inputs, "count", counted)
    return found


def scaled(x, a):
    return x[0] * x[1] * a


DRIVERS = {
    "forward": dj.cuda.batch_gradient,
    "reverse": lambda f: dj.cuda.batch_gradient(f, mode="reverse"),
    "auto": lambda f: dj.cuda.batch_gradient(f, mode="auto"),
}


@pytest.mark.parametrize("driver", DRIVERS.values(), ids=DRIVERS)
@pytest.mark.parametrize("moved", [np.asarray, DeviceArray], ids=["host", "device"])
def test_calls_like_an_earlier_one_are_not_checked(moved, driver, device, checks, rng):
    batch = driver(scaled)
    for _ in range(3):
        x = rng.normal(size=(2, 4))
        out = moved(np.full((2, 4), np.nan))
        batch(moved(x), 3.0, out=out)
        np.testing.assert_allclose(getattr(out, "host", out), 3 * x[::-1], rtol=1e-15)
    first = len(checks)
    assert first in (1, 2)  # of either mode the driver and the one it takes
    for points in (5, 4, 5):
        x = rng.normal(size=(2, points))
        found = batch(moved(x), 2.0)
        np.testing.assert_allclose(getattr(found, "host", found), 2 * x[::-1], rtol=1e-15)
    assert checks == [4] * first + [5] * first


@pytest.mark.parametrize("driver", DRIVERS.values(), ids=DRIVERS)
def test_every_kind_of_argument_is_another_call(driver, device):
    batch, x = driver(scaled), np.array([[1.0, 2.0], [3.0, 4.0]])
    batch(x, 2.0)
    assert batch(x.astype(np.float32), np.float32(2)).dtype == np.float32
    np.testing.assert_array_equal(batch(x, 2), 2 * x[::-1])
    np.testing.assert_array_equal(batch(x, True), x[::-1])
    np.testing.assert_array_equal(batch(np.asfortranarray(x), np.full(2, 2.0)), 2 * x[::-1])
    for bad, error, match in [
        ((x.astype(int), 2.0), errors.DTypeError, "'x' has dtype int64"),
        ((x[None], 2.0), errors.ShapeError, r"'x' has shape \(1, 2, 2\)"),
        ((x, np.ones(3)), errors.ShapeError, "'a' has 3 points, 'x' has 2"),
        ((DeviceArray(x), np.ones(2)), errors.DeviceArrayError, "a on the host"),
        ((x,), errors.ArgumentCountError, r"takes \(x, a\), 1 arguments were given"),
    ]:
        for _ in range(2):
            with pytest.raises(error, match=match):
                batch(*bad)
    np.testing.assert_array_equal(batch(x, 2.0), 2 * x[::-1])


@pytest.mark.parametrize("driver", DRIVERS.values(), ids=DRIVERS)
def test_outputs_are_checked_in_every_call(driver, device):
    batch, x = driver(scaled), np.ones((2, 3))
    batch(x, 2.0, out=np.empty((2, 3)))
    for bad, error in [
        (np.empty((3, 2)), errors.ShapeError),
        (np.empty((3, 2)).T, errors.ShapeError),
        (np.empty((2, 3), np.float32), errors.DTypeError),
        (DeviceArray(x), errors.DeviceArrayError),
    ]:
        with pytest.raises(error):
            batch(x, 2.0, out=bad)


def test_directions_and_cotangents_are_checked_in_every_call():
    x = np.ones((2, 3))
    jvp, vjp = dj.cuda.batch_jvp(scaled), dj.cuda.batch_vjp(lambda x, a: (x[0] * a, x[1]))
    for batch in (jvp, vjp):
        batch.on_cpu(x, x, 2.0)
        batch.on_cpu(x, np.asfortranarray(x), 2.0)
        for bad, error in [(x[:1], errors.ShapeError), (x.astype(np.float32), errors.DTypeError)]:
            with pytest.raises(error):
                batch.on_cpu(x, bad, 2.0)
        with pytest.raises(errors.DeviceArrayError):
            batch.on_cpu(x, DeviceArray(x), 2.0)


@pytest.mark.parametrize("driver", DRIVERS.values(), ids=DRIVERS)
def test_no_arrays_are_kept(driver, device):
    batch, x = driver(scaled), DeviceArray(np.ones((2, 3)))
    found = [weakref.ref(x), weakref.ref(batch(x, 2.0))]
    del x
    gc.collect()
    assert [ref() for ref in found] == [None, None]


def test_not_all_calls_are_remembered(device, monkeypatch):
    monkeypatch.setattr(call, "KEPT", 3)
    batch = dj.cuda.batch_gradient(scaled)
    for points in range(1, 9):
        np.testing.assert_array_equal(batch(np.ones((2, points)), 2.0), np.full((2, points), 2.0))
        assert len(batch._calls.known) <= 3
