"""Nobody waits for CUDA who does not use it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import dualjit

PACKAGE = Path(dualjit.__file__).parent


def modules_after(statement):
    code = f"{statement}\nimport sys\nprint(*(m for m in sys.modules if m.startswith(('numba.cuda', 'numba_cuda'))))"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def test_dualjit_does_not_import_cuda():
    assert modules_after("import dualjit; dualjit.vmap, dualjit.Dual, dualjit.grad(lambda x: x * x)(1.0)") == []


def test_the_package_is_found_by_attribute():
    assert "numba.cuda" in modules_after("import dualjit; dualjit.cuda.batch_jacobian")


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_cuda_is_imported_in_its_folder_and_in_the_command_line_alone(path):
    if path.relative_to(PACKAGE).parts[0] not in ("cuda", "cli"):
        assert not re.search(r"^\s*(from|import) numba(\.cuda|_cuda| import .*\bcuda\b)", path.read_text("utf-8"), re.M)
