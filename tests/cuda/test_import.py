"""Nobody waits for CUDA who does not use it."""

import subprocess
import sys


def modules_after(statement):
    code = f"{statement}\nimport sys\nprint(*(m for m in sys.modules if m.startswith(('numba.cuda', 'numba_cuda'))))"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def test_dualjit_does_not_import_cuda():
    assert modules_after("import dualjit; dualjit.vmap, dualjit.Dual, dualjit.grad(lambda x: x * x)(1.0)") == []


def test_the_package_is_found_by_attribute():
    assert "numba.cuda" in modules_after("import dualjit; dualjit.cuda.batch_jacobian")
