"""How long a second process waits for its first gradient: ``python bench/first_call.py [rounds]``.

Each round starts three processes: one imports Numba and calls a function that Numba finds in its own cache; one
imports dualjit and calls the gradient of the same function, found on disk; one compiles that gradient.  They take
turns; what is printed are medians of the time from the first import to the answer, and quotients by the first.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent

MODULES = {
    "three variables": """
import math
from numba import njit

@njit(cache=True)
def f(x, y, z):
    return x * y + math.sin(z) * x

def arguments():
    return 0.5, 1.5, 2.5

positions = (0, 1, 2)
""",
    "mixture": """
import numpy as np
from numba import njit
{source}

f = log_likelihood

def arguments():
    rng = np.random.default_rng(3)
    return rng.normal(size=4), rng.normal(size=(4, 3)), rng.normal(size=(4, 3)), rng.normal(size=(100, 3))

positions = (0, 1, 2)
""",
}

WHO = {
    "f": "import numba; from functions import *; call = f",
    "found": "import dualjit; from functions import *; call = dualjit.grad(f, positions)",
    "compiled": "import dualjit; from functions import *; call = dualjit.grad(f, positions, cache=False)",
}

PROGRAM = """
import time
start = time.perf_counter()
{first}
call(*arguments())
print(time.perf_counter() - start)
"""


def source_of_mixture() -> str:
    """The function and what it calls, jitted with Numba's cache."""
    text = (HERE / "problems" / "mixture.py").read_text(encoding="utf-8")
    functions = text.split("@njit\n")[1:]
    return "\n".join(["import math", *("@njit(cache=True)\n" + f.split("\n\n\n")[0] for f in functions)])


def seconds(who: str, folder: Path) -> float:
    """One process's time from the first import to the answer."""
    environment = {**os.environ, "PYTHONPATH": f"{HERE.parent}{os.pathsep}{folder}", "DUALJIT_CACHE_DIR": str(folder)}
    environment |= {"NUMBA_CACHE_DIR": str(folder / "numba"), "PYTHONPYCACHEPREFIX": str(folder / "pyc")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-c", PROGRAM.format(first=WHO[who])]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)


def measure(module: str, rounds: int) -> dict[str, float]:
    """Medians over the rounds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "functions.py").write_text(module, encoding="utf-8")
        for who in WHO:
            seconds(who, folder)
        times = [{who: seconds(who, folder) for who in WHO} for _ in range(rounds)]
    return {who: statistics.median(t[who] for t in times) for who in WHO}


def main(rounds: int = 9) -> None:
    for name, module in MODULES.items():
        took = measure(module.replace("{source}", source_of_mixture()), rounds)
        line = {who: f"{t:.3f} s, {t / took['f']:.2f}" for who, t in took.items()}
        print(name, json.dumps(line))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
