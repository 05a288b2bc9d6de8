import textwrap

import pytest

from dualjit.cli import main
from dualjit.errors import WrongDerivativeError


@pytest.fixture
def mine(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        textwrap.dedent(
            """
            import numpy as np
            from numba import njit

            @njit
            def energy(x, k):
                return 0.5 * k * np.sum(x * x)

            def repeated(x, times):
                for _ in range(times):
                    x = np.sin(x)
                return x

            @njit
            def halves_in_place(x):
                x *= 0.5
                return x

            def jumps(x):
                return x * np.floor(x)

            def refused(x):
                return np.unwrap(x)

            NUMBER = 3
            """
        )
    )
    return path


def check(mine, function, *more):
    return main(["check", f"{mine}:{function}", *more])


def test_right_derivative(mine, capsys):
    assert check(mine, "energy", "--args", "np.array([1.0, 2.0]), 3.0", "--order", "2") == 0
    said = capsys.readouterr().out
    assert "energy(x, k)" in said
    assert "value      7.5" in said
    assert "max error" in said
    assert "verdict    right, up to order 2" in said


def test_integers_are_constants(mine, capsys):
    assert check(mine, "repeated", "--args", "0.5, 3") == 0
    assert "verdict    right" in capsys.readouterr().out


def test_function_that_writes_into_its_argument(mine, capsys):
    assert check(mine, "halves_in_place", "--args", "np.array([2.0, 4.0])") == 0
    assert "value      [1. 2.]" in capsys.readouterr().out


def test_a_jump_is_not_taken_for_agreement(mine, capsys):
    assert check(mine, "jumps", "--args", "3.0") == 1
    assert "do not settle: look for a jump or a kink" in capsys.readouterr().out


def test_wrong_derivative(mine, capsys, monkeypatch):
    def complain(*args, **kwargs):
        raise WrongDerivativeError("output 0 is 1, expected about 2")

    monkeypatch.setattr("dualjit.check_grads", complain)
    assert check(mine, "energy", "--args", "np.ones(2), 3.0") == 1
    assert "verdict    WRONG: output 0 is 1, expected about 2" in capsys.readouterr().out


def test_refused_function(mine, capsys):
    assert check(mine, "refused", "--args", "np.ones(3)") == 1
    said = capsys.readouterr().out
    assert "verdict    refused" in said
    assert "unwrap" in said


def test_module_in_the_current_folder(mine, capsys, monkeypatch):
    monkeypatch.chdir(mine.parent)
    assert main(["check", "mine:energy", "--args", "np.ones(2), 1.0"]) == 0


@pytest.mark.parametrize(
    ("target", "args", "message"),
    [
        ("energy", None, "energy names no function\n  write module:function"),
        ("no_such_module:f", "1.0", "cannot import no_such_module: ModuleNotFoundError"),
        ("nothing.py:f", "1.0", "there is no file nothing.py"),
        ("{}:enrgy", "1.0", "no function called enrgy\n  its functions: energy, repeated"),
        ("{}:NUMBER", "1.0", "no function called NUMBER"),
        ("{}:energy", None, "no point to check at: the function takes (x, k)\n  give its arguments, for instance"),
        ("{}:energy", "np.ones(", "--args 'np.ones(' fails: SyntaxError"),
        ("{}:energy", "np.ones(2)", "missing a required argument: 'k'"),
        ("{}:repeated", "1, 2", "none of the arguments (1, 2) is a float or an array of floats\n  write 2.0 for 2"),
        ("{}:energy", "'a', 2.0", "the function itself fails there"),
    ],
)
def test_what_is_not_understood_is_answered_with_a_remedy(mine, capsys, target, args, message):
    words = ["check", target.format(mine)] + ([] if args is None else ["--args", args])
    assert main(words) == 2
    assert message in capsys.readouterr().err
