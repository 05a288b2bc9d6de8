"""The GPU benchmark, as far as it runs without one: kernels by hand, the peers' formulas, measuring, the command."""

import fcntl
import json
from types import SimpleNamespace

import numpy as np
import pytest
from numba import types

from dualjit.cli import main
from dualjit.cuda.assembly import resources
from dualjit.cuda.bench import command
from dualjit.cuda.bench.by_hand import KERNELS, fill_kernel, gather_kernel, poison_kernel
from dualjit.cuda.bench.contestants import Contestant, Loaded
from dualjit.cuda.bench.formulas import functions
from dualjit.cuda.bench.frameworks import combined, modes
from dualjit.cuda.bench.large import LARGE
from dualjit.cuda.bench.measure import Point, measured
from dualjit.cuda.bench.ours import numba_contestants
from dualjit.cuda.bench.scenarios import ARM, SCENARIOS
from dualjit.cuda.bench.show import table
from dualjit.cuda.target import HOPPER
from tests.cuda.emulator.device import emulated

POINTS = 3


class InPython:
    """As much of ``numba.cuda`` as kernels need that are run by Python, one thread after the other."""

    def __init__(self):
        self.i = 0
        self.local = SimpleNamespace(array=np.zeros)

    def jit(self, function):
        return function

    def grid(self, ndim):
        return self.i

    def run(self, kernel, threads, *args):
        for self.i in range(threads):
            kernel(*args)


@pytest.mark.parametrize("name", KERNELS)
def test_kernels_by_hand_are_right(name):
    scenario, cuda = SCENARIOS[name], InPython()
    wanted = Point(scenario, POINTS, np.float64).wanted
    out = [np.full(x.shape, np.nan) for x in wanted]
    cuda.run(KERNELS[name](cuda, np.float64), POINTS + 2, *scenario.arguments(POINTS, np.float64), *out)
    for x, y in zip(out, wanted, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-12, atol=1e-13)


def test_kernels_by_hand_compile_for_a_device(target):
    matrix, cube, line = (types.Array(types.float64, n, "C") for n in (2, 3, 1))
    for name, arrays in {"arm": (matrix, matrix, cube), "pairs": (matrix, line, matrix)}.items():
        kernel = KERNELS[name](target.module, np.float64).py_func
        assert resources(target.ptx(kernel, arrays, HOPPER), HOPPER).spill_bytes == 0
    given = (line, line, types.int64, types.int64, types.int64)
    target.ptx(fill_kernel(target.module).py_func, given, HOPPER)
    target.ptx(poison_kernel(target.module).py_func, (line,), HOPPER)
    target.ptx(gather_kernel(target.module).py_func, (matrix, types.int64[::1], matrix), HOPPER)


@pytest.mark.parametrize("name", command.TIMED)
def test_all_of_numba_s_contestants_are_right_on_an_emulated_device(name, target):
    point = Point(command.TIMED[name], 64, np.float64)
    with emulated(target):
        found = [measured(c, point, rounds=1) for c in numba_contestants(point.scenario, point.arguments, 64)]
    assert {"fill", "dualjit"} < {record["name"] for record in found}
    assert all(record["right"] and record["ns_per_point"] > 0 for record in found)


def test_the_floor_moves_as_many_bytes():
    cuda, scenario = InPython(), ARM
    read, written, threads = scenario.moved(POINTS)
    assert (read, written, threads) == (7, 96, POINTS)
    out = np.full(written * POINTS, np.nan)
    cuda.run(fill_kernel(cuda), POINTS, np.ones(read * POINTS), out, read, written, POINTS)
    np.testing.assert_array_equal(out, 7.0)


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_peers_compute_the_same_functions(name):
    scenario = SCENARIOS[name]
    point = Point(scenario, POINTS, np.float64)
    given = combined(scenario, point.arguments)
    f = getattr(functions(np), name)
    one = [f(*(x[..., i] if x.shape[-1] == POINTS else x for x in given)) for i in range(POINTS)]
    np.testing.assert_allclose(np.stack(one, axis=-1), point.wanted[0], rtol=1e-12)


def test_one_large_point():
    n = 128
    point = Point(LARGE, n, np.float64)
    values, J = point.wanted
    f, (y,) = functions(np).large, point.arguments
    np.testing.assert_allclose(values, f(y)[point.at], rtol=1e-12)
    step = 1e-6 * np.eye(n)[point.at]
    np.testing.assert_allclose(J.T, [(f(y + h) - f(y - h)) / 2e-6 for h in step], atol=1e-6 * np.abs(J).max())
    assert [(values.shape[:-1], n), (J.shape[:-1], n)] == [(s[:-1], s[-1]) for s in LARGE.shapes(n)]
    _, written, threads = LARGE.moved(n)
    assert written * threads >= n * (n + 1) > written * (threads - 1)
    assert measured(contestant(lambda at: point.wanted), point, rounds=1)["right"]


def test_drivers_are_made_once():
    assert ARM.driver(np.float64, 4) is ARM.driver(np.float64, 8)
    assert LARGE.driver(np.float64, 4, 2) is LARGE.driver(np.float64, 4, 2)
    assert LARGE.driver(np.float64, 4) is not LARGE.driver(np.float64, 8)


def test_numbers_of_points_of_each_scenario():
    given = command.parser().parse_args(["--precision", "float64", "--frameworks", "numba"])
    found = {name: points for _, name, _, points in command.jobs(command.TIMED, given)}
    assert found["arm"] == (14, 16, 18, 20, 22, 24)
    assert found["large"] == (10, 11, 12, 13)


def contestant(answers):
    return Contestant(
        "it", lambda: {"registers": 7}, lambda: Loaded(lambda: None, answers), lambda run, times: 1e-3 * times
    )


def test_right_and_wrong_answers():
    point = Point(ARM, 4, np.float64)
    found = measured(contestant(lambda at: point.wanted), point, rounds=1)
    assert found["right"]
    assert (found["registers"], found["log2_points"]) == (7, 2)
    assert found["ns_per_point"] == pytest.approx(1e6 / 4)
    unwritten = [x.copy() for x in point.wanted]
    unwritten[1][3, 2, 1] = np.nan
    assert not measured(contestant(lambda at: unwritten), point, rounds=1)["right"]
    assert measured(contestant(None), point, rounds=1)["right"]  # computes nothing


def test_answers_are_read_where_they_were_poisoned():
    cuda = InPython()
    x, found = np.ones(6), np.empty((2, 2))
    cuda.run(poison_kernel(cuda), 7, x)
    assert np.isnan(x).all()
    cuda.run(gather_kernel(cuda), 5, np.arange(6.0).reshape(2, 3), np.array([2, 0]), found)
    np.testing.assert_array_equal(found, [[2, 0], [5, 3]])


def test_peers_go_back_where_there_are_fewer_outputs():
    assert modes(ARM) == ["jacfwd"]
    assert modes(SCENARIOS["camera"]) == ["jacfwd", "jacrev"]


def test_one_process_measures_at_a_time(tmp_path):
    lock = tmp_path / "lock"
    lock.touch()
    with command.exclusive(lock), open(lock) as file, pytest.raises(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with command.exclusive(lock):
        pass


def test_the_table_compares_with_the_floor():
    where = {"scenario": "arm", "precision": "float64", "log2_points": 14}
    time = {"first_call_seconds": 1.0, "right": True, "error": 0.0}
    records = [
        {**where, **time, "name": "fill", "ns_per_point": 2.0},
        {**where, **time, "name": "dualjit", "ns_per_point": 3.0},
        {**where, "name": "torch", "failed": "no module"},
    ]
    lines = table(records).splitlines()
    assert "1.50" in lines[2]
    assert "failed: no module" in lines[3]


def test_the_command_checks_without_a_gpu(target, capsys):
    assert main(["bench", "--cuda", "pairs", "--check", "--precision", "float32"]) == 0
    assert "6 partials,    1 passes" in capsys.readouterr().out


def test_the_command_says_what_is_missing(capsys, target):
    if target.module.is_available():
        pytest.skip("there is a GPU")
    assert main(["bench", "--cuda", "pairs"]) == 1
    assert "no CUDA d" in capsys.readouterr().err
    assert main(["bench", "--cuda", "nothing"]) == 2
    assert "there are arm, pairs" in capsys.readouterr().err


def test_a_process_that_fails_is_a_record(monkeypatch, capsys):
    failed = SimpleNamespace(
        stdout='{"name": "fill", "log2_points": 14, "right": true}\n', stderr="Traceback\nno module", returncode=1
    )
    monkeypatch.setattr(command.subprocess, "run", lambda *given, **more: failed)
    first, second = command.started("jax", "arm", "float64", [14], "lock")
    assert (first["name"], first["log2_points"]) == ("fill", 14)
    assert second["failed"] == "no module"
    assert json.loads(capsys.readouterr().out.splitlines()[0]) == first
