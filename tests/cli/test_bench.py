import json
import sys
import time
import timeit

import numpy as np
import pytest

from dualjit.cli import main
from dualjit.cli.bench import measurement, process, progress, show, table, timing, verify
from dualjit.cli.bench.figures import figures
from dualjit.cli.bench.measurement import measure
from dualjit.cli.bench.peers.jax import ONE_THREAD
from dualjit.cli.bench.problems import SCENARIOS, Bound

ROW = {
    "name": "lorenz",
    "transform": "jacfwd",
    "inputs": 3,
    "outputs": 3,
    "compile function": 0.5,
    "compile derivative": 1.0,
    "error": 1e-15,
    "function": 2e-6,
    "derivative": 3e-6,
    "bare": 1e-6,
    "above bare": 2e-6,
}


@pytest.fixture
def no_rich(monkeypatch):
    for name in ("rich", "rich.progress", "rich.console", "rich.table"):
        monkeypatch.setitem(sys.modules, name, None)


def test_one_problem_end_to_end(tmp_path, capsys):
    file = tmp_path / "out.json"
    assert main(["bench", "--tiny", "--json", str(file), "call"]) == 0
    said = capsys.readouterr()
    assert "call" in said.out
    report = json.loads(file.read_text())
    (row,) = report["problems"]
    assert row["verified"]
    assert row["derivative"] > 0
    assert report["machine"]["simd bits"] >= 64


def test_unknown_problem_is_answered_with_the_nearest_and_all_names(capsys):
    assert main(["bench", "rosenbrok"]) == 2
    said = capsys.readouterr().err
    assert "no problem called rosenbrok" in said
    assert "did you mean rosenbrock?" in said
    assert "brusselator" in said


def test_json_into_a_folder_that_does_not_exist_is_refused_before_anything_runs(tmp_path, capsys):
    assert main(["bench", "--json", str(tmp_path / "none" / "out.json")]) == 2
    assert "there is no folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("bound", "figure", "kept"),
    [
        (Bound("per primal", 1.6), 1.5, True),
        (Bound("per input", 0.4), 0.5, False),
        (Bound("above bare", 2e-6), 2e-6, True),
    ],
)
def test_figures_of_a_row(bound, figure, kept):
    judged = figures(ROW, bound)
    assert judged["compile ratio"] == 2.0
    assert judged["bound"]["figure"] == pytest.approx(figure)
    assert judged["bound"]["kept"] == kept


def scenario(name):
    return next(s for s in SCENARIOS if s.name == name)


def test_figures_of_rows_and_of_peers():
    peers = {"jax": {"time": 6e-6}, "torch": {"time": 1e-4}, "casadi": {"failure": "no"}}
    row = {**ROW, "transform": "jacrev", "outputs": 5, "peers": peers}
    judged = figures(row, Bound("per row", 0.25))
    assert judged["bound"]["figure"] == judged["per row"] == pytest.approx(0.3)
    assert judged["over jax"] == judged["over fastest peer"] == pytest.approx(0.5)
    assert judged["fastest peer"] == "jax"
    assert judged["over torch"] == pytest.approx(0.03)
    assert "per input" not in judged


@pytest.mark.parametrize(
    ("beside", "quantity"),
    [("gradient", "per gradient"), ("one thread", "over one thread")],
)
def test_figures_of_what_is_timed_beside(beside, quantity):
    judged = figures({**ROW, "transform": "hvp", beside: 2e-6}, Bound(quantity, 1.4))
    assert judged["bound"] == {"quantity": quantity, "limit": 1.4, "figure": pytest.approx(1.5), "kept": False}
    assert judged[quantity] == judged["bound"]["figure"]


def test_a_promise_over_jax_is_not_judged_without_it():
    judged = figures(ROW, Bound("over jax", 0.4))
    assert judged["bound"] == {"quantity": "over jax", "limit": 0.4, "figure": None, "kept": None}
    assert table.line({**ROW, **judged})[-2:] == ["J/JAX <= 0.4", "not timed"]


def test_figures_of_a_wrong_derivative():
    wrong = {k: v for k, v in ROW.items() if k not in ("function", "derivative", "bare", "above bare")} | {"error": 0.1}
    assert figures(wrong, Bound("per primal", 2.2)) == {"verified": False, "compile ratio": 2.0}


def rows():
    kept = {**ROW, **figures(ROW, Bound("above bare", 3e-6))}
    missed = {**ROW, **figures(ROW, Bound("per primal", 1.0))}
    wrong = {**ROW, "error": 0.1, "verified": False, "compile ratio": 2.0}
    peers = {"jax": {"time": 1.25e-4}, "torch": {"failure": "TypeError: no"}}
    by_rows = {**ROW, "transform": "jacrev", "compile derivative": 2.0, "peers": peers, "peak memory": 3_000_000}
    by_rows |= figures(by_rows, Bound("per row", 0.25))
    product = {**ROW, "transform": "hvp", "gradient": 2e-6}
    product |= figures(product, Bound("per gradient", 1.8))
    neither = [{"name": "nbody", "failure": "ValueError: broken"}, {"name": "arms", "skipped": "needs 2 cores"}]
    return [kept, missed, wrong, *neither, by_rows, product]


def test_table_says_kept_missed_wrong_and_failed(capsys):
    show.show(table.results(rows()))
    said = capsys.readouterr().out
    for word in ("J - bare = 2 us <= 3 us", "kept", "J/f = 1.5 > 1", "MISSED", "WRONG", "ValueError: broken", "FAILED"):
        assert word in said
    for word in ("J/(m f) = 0.5 > 0.25", "JAX 125 us", "0.024", "3 MB", "J/g = 1.5 <= 1.8", "needs 2 cores"):
        assert word in said


def test_a_compile_ratio_is_marked_by_the_promise_of_its_transform():
    row = {**ROW, "compile derivative": 2.0}
    ratio = table.HEADINGS.index("ratio")
    for transform, text in (("jacfwd", "4.0 !"), ("grad", "4.0"), ("hvp", "4.0")):
        seen = {**row, "transform": transform}
        assert table.line({**seen, **figures(seen, None)})[ratio] == text


def test_table_without_rich_has_the_same_cells(capsys, no_rich):
    show.show(table.results(rows()))
    said = capsys.readouterr().out
    for cell in (cell for row in rows() for cell in table.line(row)):
        assert cell in said


def test_progress_without_rich_is_a_line_a_step(capsys, no_rich):
    with progress.bar(2) as update:
        update(0, "first: compiling")
        update(1, "second: timing")
    said = capsys.readouterr().err.splitlines()
    assert said == [f"[{'.' * 24}] 0/2 first: compiling", f"[{'#' * 12}{'.' * 12}] 1/2 second: timing"]


@pytest.mark.parametrize(
    ("seconds", "text"), [(2.5, "2.5 s"), (0.0125, "12.5 ms"), (3.456e-6, "3.46 us"), (2e-8, "20 ns"), (-2e-6, "-2 us")]
)
def test_durations(seconds, text):
    assert show.duration(seconds) == text


@pytest.mark.parametrize(
    ("derivative", "reference", "expected"),
    [
        (np.ones(2), np.ones(2), 0.0),
        (np.array([1.0, 100.0]), np.array([1.0, 101.0]), 1 / 201),
        (np.ones((2, 1)), np.ones(2), np.inf),
        (np.array([np.nan]), np.ones(1), np.inf),
        ((np.ones(1),), (np.ones(1), np.ones(1)), np.inf),
        (np.ones(1), (np.ones(1),), np.inf),
        ((np.zeros(1), np.ones(1)), (np.zeros(1), np.zeros(1)), 1.0),
        (1.0, 1.0, 0.0),
    ],
)
def test_error_measure(derivative, reference, expected):
    assert verify.error(derivative, reference) == pytest.approx(expected)


def test_interleaved_timing_orders_a_slow_and_a_fast_call():
    args = (list(range(2000)),)
    timers = {"slow": timing.timer(sorted, args), "fast": timing.timer(len, args)}
    seconds = timing.interleaved(timers, timing.QUICK)
    assert np.median(seconds["slow"]) > np.median(seconds["fast"]) > 0
    assert seconds["slow"].shape == (timing.QUICK.rounds,)


def test_a_slow_call_sits_out_rounds():
    assert timing.every(1e-4, 5.0) == 1
    assert timing.every(1.0, 5.0) == 4
    assert timing.every(2.0, 5.0) == 7
    assert timing.every(60.0, 5.0) == timing.FEW_ROUNDS
    effort = timing.Effort(rounds=14, batch=1e-6, seconds=0.03)
    timers = {"slow": timing.timer(time.sleep, (0.01,)), "fast": timeit.Timer("pass")}
    turns = {name: len(values) for name, values in timing.interleaved(timers, effort).items()}
    assert turns == {"slow": 2, "fast": 14}


def test_few_rounds_are_enough_when_time_is_up():
    effort = timing.Effort(rounds=1000, batch=1e-6, seconds=0.0)
    seconds = timing.interleaved({"pass": timeit.Timer("pass")}, effort)
    assert seconds["pass"].shape == (timing.FEW_ROUNDS,)


def test_a_worker_that_fails_is_a_failed_row(capsys):
    row = measure(scenario("rosenbrock"), "tiny", size=-1)
    assert row["name"] == "rosenbrock"
    assert row["failure"].startswith("ValueError: ")
    assert "Traceback" in capsys.readouterr().err


def test_a_worker_that_dies_is_a_failed_row(monkeypatch):
    monkeypatch.setattr(process, "environment", lambda threads, engine: {"PYTHONHOME": "nowhere"})
    assert "the process died, exit code 1" in measure(scenario("call"), "tiny")["failure"]


@pytest.mark.parametrize("threads", [1, 2])
def test_worker_runs_with_as_many_threads_as_the_problem(threads):
    environment = process.environment(threads)
    assert environment["OPENBLAS_NUM_THREADS"] == environment["NUMBA_NUM_THREADS"] == str(threads)
    assert (ONE_THREAD in environment.get("XLA_FLAGS", "")) == (threads == 1)


def test_a_problem_with_more_threads_than_cores_is_skipped(monkeypatch, capsys):
    monkeypatch.setattr(measurement, "cores", lambda: 1)
    assert main(["bench", "--tiny", "two-link-arms"]) == 0
    said = capsys.readouterr().out
    assert "needs 2 cores, this machine has 1" in said
    assert "skipped" in said


@pytest.mark.parametrize("name", ["rosenbrock-hvp", "two-link-arms"])
def test_what_a_problem_is_compared_with_is_timed(name):
    if scenario(name).threads > process.cores():
        pytest.skip("needs more cores")
    row = measure(scenario(name), "tiny")
    assert row[scenario(name).baseline] >= row["minima"][scenario(name).baseline] > 0
    assert row["peak memory"] > 0
    assert row["error"] <= verify.TOLERANCE


def test_what_sets_up_a_batch_is_not_timed():
    t = timing.timer(len, ([],), lambda: time.sleep(0.01))
    assert t.timeit(1) < 0.01


def test_worker_keeps_the_users_xla_flags(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--theirs")
    assert process.environment()["XLA_FLAGS"] == f"--theirs {ONE_THREAD}"


def test_worker_finds_nothing_in_the_cache(monkeypatch):
    monkeypatch.setenv("DUALJIT_CACHE", "1")
    assert process.environment()["DUALJIT_CACHE"] == "0"
