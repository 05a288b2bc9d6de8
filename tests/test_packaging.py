"""What a user gets: the wheel's contents, its dependencies, and the commands the README promises."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], cwd=ROOT, check=True)
    (built,) = folder.glob("*.whl")
    return built


def test_wheel_has_the_package_its_problems_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {name.split("/")[0].split("-")[0] for name in names} == {"dualjit"}
    shipped = {name.removeprefix("dualjit/") for name in names if name.startswith("dualjit/")}
    sources = {p.relative_to(ROOT / "dualjit").as_posix() for p in (ROOT / "dualjit").rglob("*.py")}
    problems = {f"cli/bench/problems/{p.name}" for p in (ROOT / "bench" / "problems").glob("*.py")}
    assert shipped == sources | problems | {"py.typed"}
    assert any(name.endswith("licenses/LICENSE") for name in names)


@pytest.mark.slow
def test_wheel_runs_the_command_line_without_a_checkout(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    subprocess.run(
        [sys.executable, "-c", "from dualjit.cli import main; raise SystemExit(main(['bench', '--tiny', 'call']))"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        check=True,
    )


def test_runtime_dependencies_are_numba_numpy_and_scipy_alone():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {re.match(r"[\w-]+", d)[0] for d in project["dependencies"]} == {"numba", "numpy", "scipy"}
    assert {"bench", "test", "docs", "cuda"} <= set(project["optional-dependencies"])


def test_readme_has_one_command_to_run_and_one_to_test():
    commands = re.findall(r"```bash\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    run, test = (c.strip() for c in commands)
    for command in (run, test):
        assert "\n" not in command
        assert command.startswith("python3 -m venv ")
    assert run.endswith("dualjit bench")
    assert "pytest" in test


def test_ci_runs_the_test_command_of_the_readme():
    script = (ROOT / ".ci" / "run").read_text()
    (pattern,) = re.findall(r"grep -m 1 '(.*?)' README.md", script)
    found = [line for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if re.match(pattern, line)]
    assert len(found) == 1
    assert "pytest" in found[0]


def test_import_takes_no_optional_dependency():
    optional = ("rich", "hypothesis", "mpmath", "numba.cuda")
    code = f"import sys, dualjit.cli; print([m for m in {optional} if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
