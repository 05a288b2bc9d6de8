"""What ``dualjit bench`` shows besides its table: sizes, plots, stages, comparisons."""

import json
import sys

import pytest

from dualjit.cli import main
from dualjit.cli.bench import comparison, plot, sizes, stages
from dualjit.cli.bench.problems import SCENARIOS

BY_NAME = {s.name: s for s in SCENARIOS}


def test_sizes_grow_fourfold_up_to_the_problems_own():
    assert sizes.automatic(BY_NAME["rosenbrock-grad"], 1000) == [15, 62, 250, 1000]
    assert sizes.automatic(BY_NAME["call"], 3) == [3]
    assert sizes.parsed("1e3,10") == [10, 1000]


@pytest.mark.parametrize("text", ["ten", "0", ""])
def test_no_sizes(text, capsys):
    with pytest.raises(SystemExit):
        main(["bench", "--sizes", text])
    assert "no list of sizes" in capsys.readouterr().err


def test_several_sizes_and_their_plot(tmp_path, capsys):
    pytest.importorskip("matplotlib", reason="in the extra bench")
    picture, file = tmp_path / "out.png", tmp_path / "out.json"
    words = ["--tiny", "--sizes", "4,8", "--plot", str(picture), "--json", str(file), "--against", "scipy"]
    assert main(["bench", *words, "layer-dot"]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    rows = json.loads(file.read_text())["problems"]
    assert [row["size"] for row in rows] == [4, 8]
    curves = plot.by_problem(rows)["layer-dot, grad"]
    assert list(curves) == ["function", "dualjit", "SciPy"]
    assert [size for size, _ in curves["dualjit"]] == [4, 8]


def test_a_plot_without_matplotlib_is_refused_before_anything_runs(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["bench", "--plot", "out.png"]) == 2
    assert "pip install 'dualjit[bench]'" in capsys.readouterr().err


def test_stages_of_compilation(tmp_path, capsys):
    file = tmp_path / "out.json"
    assert main(["bench", "--tiny", "--stages", "--json", str(file), "call-grad"]) == 0
    assert "lowering" in capsys.readouterr().out
    (row,) = json.loads(file.read_text())["problems"]
    spent = row["stages"]
    assert tuple(spent) == stages.STAGES
    assert all(spent[name] > 0 for name in stages.STAGES)
    assert sum(spent.values()) <= row["first call"] * 1.001


def test_a_stage_is_restored_when_nothing_is_recorded():
    from dualjit.adjoint import compiled

    step = compiled.read
    with stages.recorder():
        assert compiled.read is not step
    assert compiled.read is step
    with stages.recorder(wanted=False) as spent:
        assert compiled.read is step
    assert sum(spent.values()) == 0.0


ROW = {"name": "call", "inputs": 3, "outputs": 1, "derivative": 1e-6, "compile derivative": 1.0}


def test_an_earlier_run_beside_this_one(tmp_path):
    file = tmp_path / "old.json"
    older = {**ROW, "derivative": 2e-6, "compile derivative": 0.5}
    file.write_text(json.dumps({"machine": {"cpu": "Z80"}, "problems": [older, {"name": "nbody", "failure": "no"}]}))
    table = comparison.table([ROW, {**ROW, "inputs": 4}], comparison.load(file), {"cpu": "Z80"})
    assert table.cells == [["call", "3", "2 us", "1 us", "0.50", "2.00"]]
    assert "another processor" not in table.legend
    assert "another processor, Z80" in comparison.table([], comparison.load(file), {"cpu": "6502"}).legend


@pytest.mark.parametrize("text", ["", "[]", '{"problems": []}'])
def test_a_file_that_no_run_wrote_is_refused_before_anything_runs(tmp_path, text, capsys):
    file = tmp_path / "old.json"
    file.write_text(text)
    assert main(["bench", "--compare", str(file)]) == 2
    assert "cannot compare with" in capsys.readouterr().err
