"""The page about benchmarks agrees with the run it is about."""

import importlib.util
import json
from pathlib import Path

import pytest

from dualjit.cli.bench.problems import SCENARIOS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def report():
    spec = importlib.util.spec_from_file_location("report", ROOT / "bench" / "report.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_has_the_figures_of_its_file(report):
    text = report.PAGE.read_text(encoding="utf-8")
    assert report.page(text, json.loads(report.RESULTS.read_text())) == text
    assert all(f"<!-- {name} -->" in text for name in report.TABLES)


def test_the_file_is_a_full_run_of_right_derivatives_on_a_machine_with_a_name(report):
    run = json.loads(report.RESULTS.read_text())
    assert run["effort"] == "full"
    assert {row["name"] for row in run["problems"]} == {s.name for s in SCENARIOS}
    assert all(row.get("verified") or "skipped" in row for row in run["problems"])
    assert run["machine"]["cpu"]
    assert run["machine"]["llvm cpu"]


def test_a_row_that_is_lost_without_a_reason_is_an_error(report):
    row = {"name": "unheard of", "derivative": 2.0, "fastest peer": "jax", "over fastest peer": 2.0}
    with pytest.raises(KeyError, match="unheard of"):
        report.lost({"problems": [row]})
    assert report.lost({"problems": [{**row, "over fastest peer": 0.5}]}) == ""


def test_text_outside_of_tables_is_left_alone(report):
    text = "before <!-- score -->old<!-- end --> after"
    assert report.page(text, {"problems": []}).startswith("before <!-- score -->\ndualjit is")
    assert report.page(text, {"problems": []}).endswith("<!-- end --> after")
