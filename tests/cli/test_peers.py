"""Other libraries beside ours, one of which is made up."""

import json
import sys
import types
from dataclasses import replace

import numpy as np
import pytest

from dualjit.cli import main
from dualjit.cli.bench import command, measurement, peers, process, rivalry, verify, worker
from dualjit.cli.bench.measurement import measure
from dualjit.cli.bench.problems import SCENARIOS
from dualjit.cli.bench.problems.forms import Form, form

LAYER = next(s for s in SCENARIOS if s.name == "layer-loop")


@pytest.fixture
def fake(monkeypatch):
    """A library called autograd whose derivative is what a form's ``build`` gives."""
    module = types.ModuleType("fake")
    module.LABEL = "Fake"
    module.build = lambda form, scenario, args: (lambda: form.build(None)(*args), lambda answer: answer)
    monkeypatch.setattr(peers, "module", lambda name: module)
    return module


def beside(build):
    scenario = replace(LAYER, peers={"autograd": Form(build, "by hand")})
    args = scenario.inputs(scenario.tiny)
    return worker.theirs("autograd")(scenario, args)


def test_a_peer_is_verified_before_it_is_timed(fake):
    row, timers = beside(lambda transform: LAYER.reference)
    assert row["error"] == 0.0
    assert row["form"] == "by hand"
    assert row["first call"] > 0
    assert timers["derivative"].timeit(1) > 0

    row, timers = beside(lambda transform: lambda W, b, x: (W, b, x))
    assert row["error"] > verify.TOLERANCE
    assert timers == {}


def test_a_peer_may_be_allowed_a_larger_error(fake):
    fake.TOLERANCE = 1e6
    assert "derivative" in beside(lambda transform: lambda W, b, x: (W, b, x))[1]


def test_a_form_is_named_by_its_docstring():
    def build(transform):
        """By hand.

        And more.
        """

    assert form(build, jit=False) == Form(build, "By hand", jit=False)


def test_differences_take_part_in_first_derivatives_alone():
    by_name = {s.name: s for s in SCENARIOS}
    assert peers.form("scipy", by_name["mixture"]).text == "Forward differences of the function compiled by Numba"
    assert "five groups" in peers.form("scipy", by_name["brusselator"]).text
    assert peers.form("scipy", by_name["bundle"]) is None
    assert peers.form("scipy", by_name["sines-hvp"]) is None


def test_a_derivative_by_differences_that_takes_too_long_is_not_begun():
    from dualjit.cli.bench.peers import scipy

    with pytest.raises(TimeoutError, match="1000000000 calls of the function take about"):
        scipy.affordable(lambda x: 0.0, types.SimpleNamespace(size=10**9))


def test_a_run_beside_differences(tmp_path, capsys):
    file = tmp_path / "out.json"
    assert main(["bench", "--tiny", "--against", "scipy", "--json", str(file), "kepler-grad"]) == 0
    said = capsys.readouterr().out
    assert "Forward differences" in said
    report = json.loads(file.read_text())
    assert list(report["peers"]) == ["scipy"]
    (row,) = report["problems"]
    facts = row["peers"]["scipy"]
    assert facts["time"] >= facts["minimum"] > 0
    assert facts["peak memory"] > 0
    assert row["over scipy"] == row["over fastest peer"] == row["derivative"] / facts["time"]


def test_peers_that_are_not_installed_say_so_and_take_no_part(monkeypatch, capsys):
    monkeypatch.setattr(peers, "installed", lambda name: name == "scipy")
    assert command.rivals("torch,scipy") == ["scipy"]
    said = capsys.readouterr().err
    assert "PyTorch is not installed and takes no part: python -m pip install 'dualjit[bench-peers]'" in said
    assert command.rivals(None) == []
    assert capsys.readouterr().err == ""


def test_an_unknown_peer_is_answered_with_the_nearest(capsys):
    assert main(["bench", "--against", "pytorch"]) == 2
    said = capsys.readouterr().err
    assert "no peer called pytorch" in said
    assert "did you mean torch?" in said


def test_a_peer_that_fails_or_hangs_leaves_our_row_alone(monkeypatch):
    started = []

    class Stub(process.Worker):
        def __init__(self, scenario, engine, *rest):
            started.append(engine)
            super().__init__(scenario, engine if engine == "dualjit" else "no such library", *rest)

    monkeypatch.setattr(measurement, "Worker", Stub)
    row = measure(next(s for s in SCENARIOS if s.name == "call-grad"), "tiny", against=["scipy"])
    assert started == ["dualjit", "scipy"]
    assert row["derivative"] > 0
    assert row["peers"]["scipy"]["failure"].startswith("ModuleNotFoundError")


def test_a_worker_that_is_late_is_stopped():
    with process.Worker(LAYER, "dualjit", LAYER.tiny) as late, pytest.raises(process.Failure, match="no answer in 0 s"):
        late.row(patience=0.01)


def test_table_of_peers_says_why_one_was_not_timed():
    facts = {"form": "by hand", "error": 1e-16, "compile": 1.0, "first call": 1.5}
    timed = {**facts, "time": 2e-6, "minimum": 1e-6, "peak memory": 2_000_000}
    row = {
        "name": "call",
        "transform": "grad",
        "inputs": 3,
        "derivative": 1e-6,
        "compile derivative": 1.0,
        "first call": 1.0,
        "peak memory": 1_000_000,
        "error": 0.0,
        "minima": {"derivative": 1e-6},
        "peers": {"jax": timed, "torch": {**facts, "error": 0.1}, "casadi": {"failure": "KeyError: no"}},
    }
    ours, jax, torch, casadi = rivalry.table([row]).cells
    assert ours[:6] == ["call", "3", "dualjit", "1 us", "1 us", "1"]
    assert jax[2:] == ["JAX", "2 us", "1 us", "0.5", "1 s", "1.5 s", "2 MB", "1e-16", "by hand"]
    assert torch[-2:] == ["1e-01", "wrong: by hand"]
    assert casadi[-1] == "failed: KeyError: no"
    assert {len(cells) for cells in (ours, jax, torch, casadi)} == {len(rivalry.HEADINGS)}


@pytest.fixture
def stub_of_jax(monkeypatch):
    """A module with the names that the adapter uses."""
    jax = types.ModuleType("jax")
    jax.config = types.SimpleNamespace(update=lambda name, value: None)
    jax.device_put = np.asarray
    jax.block_until_ready = lambda answer: answer
    jax.jit = None
    jax.grad = lambda function, argnums: function
    monkeypatch.setitem(sys.modules, "jax", jax)
    return jax


def test_jax_without_jit(stub_of_jax):
    args = LAYER.inputs(LAYER.tiny)
    given = Form(lambda transform: transform(LAYER.reference), "by hand", jit=False)
    call, as_numpy = peers.build("jax", given, LAYER, args)
    assert verify.error(as_numpy(call()), LAYER.reference(*args)) == 0.0
    with pytest.raises(TypeError):
        peers.build("jax", replace(given, jit=True), LAYER, args)
