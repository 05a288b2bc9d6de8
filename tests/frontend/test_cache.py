"""Compiled derivatives on disk: found again where nothing has changed, and nowhere else."""

import enum
import json
import os
import pickle
import subprocess
import sys
import textwrap
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numba
import numpy as np
import pytest

import dualjit as dj
from dualjit.errors import CacheWarning, OptionError
from dualjit.frontend.cache import files, versions
from dualjit.settings import Options

ROOT = Path(dj.__file__).parents[1]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(dj.options, "cache", True)
    monkeypatch.setattr(dj.options, "cache_dir", tmp_path / "kept")
    return tmp_path / "kept"


def made(source: str, name: str = "f", **given):
    """A function of a module that is made anew, as another process would make it."""
    namespace = {"np": np, "numba": numba, "dj": dj, "__name__": __name__, **given}
    exec(textwrap.dedent(source), namespace)
    return namespace[name]


def hit(derivative, *args):
    """What the derivative returns, and was it found on disk?"""
    answer = derivative(*args)
    return answer, sum(derivative.stats.cache_hits.values()) > 0


def judge(source: str, transform=dj.grad, **given):
    return hit(transform(made(source, **given)), 3.0)


# ---- what changes the code


CALLEE = """
@numba.njit
def helper(x):
    return x * {factor}

def f(x):
    return helper(x) * x
"""

MODULE = """
import types
tools = types.ModuleType("tools")
exec("def helper(x):\\n    return x * {factor}", tools.__dict__)
tools.helper = numba.njit(tools.helper)

def f(x):
    return tools.helper(x) * x
"""

GLOBAL = """
K = {factor}

def f(x):
    return K * x * x
"""

ARRAY = """
W = np.array([0.0, {factor}])

def f(x):
    return W[1] * x * x
"""

DEFAULT = """
def f(x, k={factor}):
    return k * x * x
"""

CLOSURE = """
def make(k):
    @numba.njit
    def inside(x):
        return k * x
    def f(x):
        return inside(x) * x
    return f

f = make({factor})
"""

RULE = """
@dj.custom_jvp
def inside(x):
    return x * x

@inside.defjvp
def _(primals, tangents):
    return primals[0] ** 2, {factor} * 2.0 * primals[0] * tangents[0]

def f(x):
    return inside(x)
"""

RULE_LATER = """
@numba.njit
def inside(x):
    return x * x

_ = dj.define_rule(inside, jvp=lambda p, t: (p[0] * p[0], {factor} * 2.0 * p[0] * t[0]))

def f(x):
    return inside(x)
"""

OVERLOAD = """
def inside(x):
    return x

@numba.extending.overload(inside)
def _(x):
    return lambda x: {factor} * x

def f(x):
    return inside(x) * x
"""

DERIVATIVE = """
def inside(x):
    return {factor} * x ** 3 / 3.0

slope = dj.grad(inside)

def f(x):
    return slope(x)
"""

VECTORIZED = """
@numba.vectorize
def inside(x):
    return {factor} * x

def f(x):
    return inside(x) * x
"""


BY_REVERSE_MODE = [CALLEE, MODULE, GLOBAL, ARRAY, DEFAULT, CLOSURE, RULE, RULE_LATER, DERIVATIVE, VECTORIZED]
REACHED = [*((source, dj.grad) for source in BY_REVERSE_MODE), (OVERLOAD, dj.jacfwd)]


@pytest.mark.parametrize(("source", "transform"), REACHED)
def test_is_found_until_what_it_reaches_changes(source, transform):
    one, two = source.format(factor=1.0), source.format(factor=2.0)
    for text, slope, found in ((one, 6.0, False), (one, 6.0, True), (two, 12.0, False), (two, 12.0, True)):
        assert judge(text, transform) == (slope, found)
    assert judge(one, transform) == (6.0, True)


@pytest.mark.parametrize(
    "change",
    [
        lambda patch: patch.setattr(versions, "processor", lambda: ("x86_64", "another", "+avx")),
        lambda patch: patch.setattr(versions, "sources", lambda: "another dualjit"),
        lambda patch: patch.setattr(numba, "__version__", "0.1"),
        lambda patch: patch.setattr(np, "__version__", "0.1"),
        lambda patch: patch.setattr(numba.core.config, "LOOP_VECTORIZE", 0),
        lambda patch: patch.setattr(dj.options, "tape_bytes", 1 << 20),
    ],
    ids=["processor", "dualjit", "numba", "numpy", "setting", "option"],
)
def test_is_found_until_what_compiles_changes(change, monkeypatch):
    source = GLOBAL.format(factor=1.0)
    assert judge(source) == (6.0, False)
    with monkeypatch.context() as patch:
        change(patch)
        assert judge(source) == (6.0, False)
    assert judge(source) == (6.0, True)


def test_options_of_the_decorator_are_told_apart():
    source = "@numba.njit(error_model={0!r})\ndef f(x):\n    return x / (x - 3.0)"
    with pytest.raises(ZeroDivisionError):
        judge(source.format("python"))
    answer, found = judge(source.format("numpy"))
    assert np.isnan(answer) or np.isinf(answer)
    assert not found


def test_transforms_and_their_arguments_are_told_apart():
    source = "def f(x, y):\n    return x * x * y"
    makers = [
        lambda f: dj.grad(f),
        lambda f: dj.grad(f, 1),
        lambda f: dj.grad(f, (0, 1)),
        lambda f: dj.value_and_grad(f),
        lambda f: dj.jacfwd(f, 1),
        lambda f: dj.hessian(f),
        lambda f: dj.hessian(f, mode="fwdrev"),
        lambda f: dj.vmap(dj.grad(f), (0, None)),
        lambda f: dj.vmap(f, (0, None)),
    ]
    args = [(3.0, 2.0)] * 7 + [(np.array([1.0, 3.0]), 2.0)] * 2
    for expected in (False, True):
        answers, found = zip(*(hit(m(made(source)), *a) for m, a in zip(makers, args, strict=True)), strict=True)
        assert found == (expected,) * len(makers)
        assert answers[:7] == (12.0, 9.0, (12.0, 9.0), (18.0, 12.0), 9.0, 4.0, 4.0)
        assert answers[7].tolist() == [4.0, 12.0]
        assert answers[8].tolist() == [2.0, 18.0]


def test_sizes_seen_at_the_call_are_told_apart():
    source = "def f(x):\n    return x * x"
    for n, expected in ((3, False), (30, False), (3, True), (29, True)):
        answer, found = hit(dj.jacfwd(made(source)), np.arange(float(n)))
        assert found == expected
        assert np.array_equal(answer, np.diag(2.0 * np.arange(n)))


def test_jacobian_tells_its_mode_when_found():
    for expected in (False, True):
        jacobian = dj.jacobian(made("def f(x):\n    return np.sum(x * x)"))
        answer, found = hit(jacobian, np.arange(100.0))
        assert found == expected
        assert jacobian.mode == "rev"
        assert np.array_equal(answer, 2.0 * np.arange(100.0))


def test_called_from_compiled_code():
    source = """
    def inside(x):
        return x ** 3

    slope = dj.grad(inside)

    @numba.njit
    def f(x):
        return slope(x) + 1.0
    """
    for expected in (False, True):
        f = made(source)
        slope = f.py_func.__globals__["slope"]
        assert f(2.0) == 13.0
        assert bool(slope.stats.cache_hits) == expected


def test_functions_as_arguments():
    source = """
    @numba.njit
    def g(x):
        return {factor} * x * x

    def f(x, g):
        return g(x)

    f.g = g
    """
    for factor, expected in ((1.0, False), (1.0, True), (2.0, False)):
        f = made(source.format(factor=factor))
        derivative = dj.grad(f)
        assert hit(derivative, 3.0, f.g) == (6.0 * factor, expected)
        assert derivative(3.0, f.g) == 6.0 * factor
        assert len(derivative.signatures) == 1


class Colour(enum.IntEnum):
    RED = 3


def test_constants_of_many_kinds():
    source = "def f(x):\n    return x * x * C.RED.value * P[0] * t.real * len(s)"
    given = {"C": Colour, "P": (1.0, (2, None)), "t": np.float64(2.0), "s": "four"}
    assert judge(source, **given) == (144.0, False)
    assert judge(source, **given) == (144.0, True)
    assert judge(source, **{**given, "t": np.float64(4.0)}) == (288.0, False)


def test_functions_of_libraries_by_name():
    source = """
    from math import sin
    from random import random
    from numpy import dot, exp, sum
    from numpy.random import normal
    from numba import prange

    def f(x):
        for i in prange(1):
            x = x + 0.0 * normal(0.0, 1.0) + 0.0 * random() + sin(0.0)
        return sum(exp(0.0) * dot(np.ones(2), np.ones(2)) * x * x)
    """
    assert judge(source) == (12.0, False)
    assert judge(source) == (12.0, True)


def test_methods_that_users_have_taught_numba():
    source = """
    @numba.extending.overload_method(numba.types.Float, "{name}")
    def _(self):
        return lambda self: {factor} * self

    def f(x, k):
        return x * x * k.{name}()
    """
    one, two = (source.format(name="scaled_by_cache_test", factor=k) for k in (1.0, 2.0))
    assert hit(dj.grad(made(one)), 3.0, 1.0) == (6.0, False)
    assert hit(dj.grad(made(two)), 3.0, 1.0)[1] is False


# ---- what is not kept


def test_what_content_is_not_known_is_named_and_not_kept(folder):
    numba_class = numba.experimental.jitclass([("k", numba.float64)])(
        type("Spring", (), {"__init__": lambda self: None, "__module__": __name__})
    )
    with pytest.warns(CacheWarning, match="'spring' in f is a"):
        assert judge("def f(x):\n    if x > 1e9:\n        spring()\n    return x * x", spring=numba_class)[0] == 6.0
    assert not folder.exists()


def test_code_with_addresses_is_not_kept(folder):
    with pytest.warns(CacheWarning, match="addresses of this process"):
        assert judge("def f(x):\n    return x * x * BIG[7]", BIG=np.ones(1 << 18))[0] == 6.0
    assert not list(folder.glob("*"))


def test_code_with_calls_that_are_filled_in_later_is_not_kept():
    source = """
    @dj.custom_jvp
    def inside(x):
        return np.sin(x)

    @inside.defjvp
    def _(primals, tangents):
        return inside(primals[0]), np.cos(primals[0]) * tangents[0]

    def f(x):
        return inside(x) ** 2
    """
    for _ in range(2):
        with pytest.warns(CacheWarning, match="rules do that call their own"):
            answer, found = hit(dj.hessian(made(source)), 3.0)
        assert not found
        assert answer == pytest.approx(2.0 * np.cos(6.0))


def test_a_global_set_anew_is_not_written_down(folder):
    f = made(GLOBAL.format(factor=1.0))
    assert hit(dj.grad(f), 3.0) == (6.0, False)
    f.__globals__["K"] = 2.0
    assert hit(dj.value_and_grad(f), 3.0)[1] is False
    assert len(list(folder.glob("*"))) == 1


def test_who_decides(folder):
    source, cached = GLOBAL.format(factor=1.0), numba.njit(cache=True)(own)
    dj.options.cache = False
    dj.grad(cached)(1.0), judge(source)
    assert not folder.exists()
    dj.options.cache = None
    judge(source)
    assert not folder.exists()
    dj.grad(cached)(1.0)
    assert len(list(folder.glob("*"))) == 1
    with pytest.raises(OptionError, match="cache='yes'"):
        dj.options.cache = "yes"
    with pytest.raises(OptionError, match="cache_dir=3"):
        dj.options.cache_dir = 3


def own(x):
    return x * x


def test_environment(monkeypatch):
    monkeypatch.setenv("DUALJIT_CACHE", "1")
    monkeypatch.setenv("DUALJIT_CACHE_DIR", "somewhere")
    assert (Options().cache, Options().cache_dir) == (True, "somewhere")
    monkeypatch.setenv("DUALJIT_CACHE", "perhaps")
    with pytest.raises(OptionError, match="DUALJIT_CACHE is 'perhaps'"):
        Options()


# ---- what goes wrong on disk


def test_a_directory_that_cannot_be_written_to(tmp_path):
    dj.options.cache_dir = tmp_path / "file" / "below"
    (tmp_path / "file").write_text("no directory")
    with pytest.warns(CacheWarning, match="could not be"):
        assert judge(GLOBAL.format(factor=1.0)) == (6.0, False)


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-7], lambda data: b"", lambda data: data[:30] + b"x" + data[31:]]
)
def test_a_damaged_file_is_written_again(folder, damage):
    source = GLOBAL.format(factor=1.0)
    judge(source)
    (path,) = folder.glob("*")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.warns(CacheWarning, match="damaged"):
        assert judge(source) == (6.0, False)
    assert judge(source) == (6.0, True)


def test_a_file_with_other_content_is_written_again(folder):
    source = GLOBAL.format(factor=1.0)
    judge(source)
    (path,) = folder.glob("*")
    files.write(path, pickle.dumps("something else"))
    with pytest.warns(CacheWarning, match="could not be read"):
        assert judge(source) == (6.0, False)
    assert judge(source) == (6.0, True)


def test_files_used_longest_ago_make_room(folder, monkeypatch):
    for k in range(3):
        judge(GLOBAL.format(factor=float(k)))
        for path in folder.glob("*"):
            os.utime(path, (path.stat().st_mtime - 60,) * 2)
    sizes = [p.stat().st_size for p in folder.glob("*")]
    monkeypatch.setattr(files, "MOST_BYTES", 3 * max(sizes))
    judge(GLOBAL.format(factor=5.0))
    assert judge(GLOBAL.format(factor=5.0))[1]
    assert judge(GLOBAL.format(factor=2.0))[1]
    assert not judge(GLOBAL.format(factor=0.0))[1]


# ---- other processes


PROGRAM = """
import json, sys, warnings
from collections import namedtuple
import numba, numpy as np
import dualjit as dj

dj.options.cache, dj.options.cache_dir = True, sys.argv[1]

@numba.njit
def deep(x, n):
    return x if n == 0 else x * deep(x, n - 1)

def checked(x):
    if x[0] > 1.0:
        raise ValueError("too large")
    return np.sum(x * x)

def products(A, x):
    return np.dot(A @ x, np.linalg.solve(A, x))

def kept(x):
    print("looked at")
    rows = [x[i] * x for i in range(x.size)]
    return np.sum(rows[1] * rows[0])

def scaled(factor):
    return lambda x: np.sum(factor * x * x)

@numba.njit
def even(x, n):
    return x if n == 0 else x * odd(x, n - 1)

@numba.njit
def odd(x, n):
    return x if n == 0 else x + even(x, n - 1)

x, A = np.array([0.5, 0.25]), np.array([[2.0, 1.0], [0.0, 3.0]])
derivatives = [
    (dj.grad(deep), (1.5, 3)),
    (dj.grad(checked), (x,)),
    (dj.grad(products, 1), (A, x)),
    (dj.grad(kept), (x,)),
    (dj.vmap(checked, parallel=True), (np.stack([x, x]),)),
    (dj.hessian(checked), (x,)),
    (dj.hvp(checked), (x, x)),
    (dj.grad(even), (1.5, 4)),
    *((dj.grad(scaled(float(k))), (x,)) for k in sys.argv[2:]),
]
answers = [np.concatenate([np.ravel(p) for p in (y if isinstance(y, tuple) else (y,))]).tolist()
           for y in (g(*args) for g, args in derivatives)]
try:
    derivatives[1][0](np.array([2.0]))
except ValueError as error:
    raised = str(error)
print(json.dumps([answers, raised, [bool(g.stats.cache_hits) for g, _ in derivatives]]))
"""


def process(script: Path, folder: Path, *factors: str):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error", str(script), str(folder), *factors]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_other_processes(tmp_path):
    script, folder = tmp_path / "program.py", tmp_path / "shared"
    script.write_text(PROGRAM)
    with ThreadPoolExecutor() as pool:
        # Two at once, each with another closure by the name of which its compiled code goes.
        one, two = pool.map(lambda k: process(script, folder, k), ["1", "2"])
    assert not list(folder.glob("*.tmp"))
    both = process(script, folder, "1", "2")
    assert all(both[2])
    assert both[0] == [*one[0], two[0][-1]]
    assert [one[0][-1], two[0][-1]] == [[1.0, 0.5], [2.0, 1.0]]
    assert both[1] == one[1] == "too large"


def test_pickles_with_its_own_setting():
    derivative = pickle.loads(pickle.dumps(dj.grad(own, cache=False)))
    assert derivative.cache is False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert derivative(3.0) == 6.0
    assert derivative.stats.cache_path is None
