"""A new Numba release may break two folders and nothing else: ``numba.core`` stays in them."""

import ast
from pathlib import Path

import pytest

import dualjit

PACKAGE = Path(dualjit.__file__).parent
INTERNALS_ALLOWED = {"frontend", "numbers"}


def imported(source: str):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_numba_internals_stay_in_front_end_and_numbers(path):
    if path.relative_to(PACKAGE).parts[0] in INTERNALS_ALLOWED:
        return
    internal = [name for name in imported(path.read_text(encoding="utf-8")) if f"{name}.".startswith("numba.core.")]
    assert not internal
