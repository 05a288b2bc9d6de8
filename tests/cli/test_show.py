"""``dualjit show``: adjoint programs and forward drivers, printed."""

import pytest

from dualjit.cli import main

SOURCE = """
def cubes(x):
    s = 0.0
    for i in range(x.size):
        s += x[i] ** 3
    return s


def growth(x):
    s = 1.0
    for v in x:
        s = s * v
    return s


def words(n):
    return n
"""


@pytest.fixture
def module(tmp_path):
    path = tmp_path / "functions.py"
    path.write_text(SOURCE)
    return path


def test_a_loop_that_keeps_nothing(module, capsys):
    assert main(["show", f"{module}:cubes", "--args", "np.ones(3)"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("def cubes_adjoint(x*: f64*[:], x_bar: f64[:]")
    assert "∂0 powi" in text
    assert text.endswith("kept: nothing\n")


def test_what_is_kept_is_said(module, capsys):
    assert main(["show", f"{module}:growth", "--args", "np.ones(3)", "--mode", "reverse"]) == 0
    assert "kept:\n  each round of the loop at" in capsys.readouterr().out


def test_forward_drivers(module, capsys):
    assert main(["show", f"{module}:cubes", "--args", "np.ones(3)", "--mode", "forward"]) == 0
    assert "def jacfwd_cubes(x):" in capsys.readouterr().out


def test_nothing_to_differentiate(module, capsys):
    assert main(["show", f"{module}:words", "--args", "3"]) == 2
    assert "none of the arguments is made of floats" in capsys.readouterr().err
