"""The verifier finds programs that are none."""

from dataclasses import replace

import pytest

from dualjit.program import nodes as p
from dualjit.program.types import INT, Real
from dualjit.program.verifier import Malformed, verify

LOC = p.Loc("nowhere.py", 1)
X, Y = p.Var("x", Real()), p.Var("y", Real())


def program(ops=(), end=None, params=()):
    end = end or p.Return(X, loc=LOC)
    return p.Function("f", (X,), {0: p.Block(0, params, tuple(ops), end)}, 0, LOC)


def copy(target, source):
    return p.Copy(target, source, loc=LOC)


def test_a_program_is_returned():
    good = program([copy(Y, X)], p.Return(Y, loc=LOC))
    assert verify(good) is good


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (program(end=p.Return(Y, loc=LOC)), "before it is defined"),
        (program([copy(Y, X), copy(Y, X)]), "defined twice"),
        (program([copy(X, X)]), "defined twice"),
        (program(end=p.Jump(p.Edge(7), loc=LOC)), "which is not there"),
        (program(end=p.Jump(p.Edge(0, (X,)), loc=LOC)), "1 arguments for 0"),
        (replace(program(), entry=3), "no entry"),
        (program([p.View(Y, X, p.Const(0, INT), loc=LOC)]), "a view that is no array"),
    ],
)
def test_mistakes_are_named(bad, message):
    with pytest.raises(Malformed, match=message):
        verify(bad)


def test_variables_with_several_definitions_are_allowed_in_adjoints():
    verify(program([copy(Y, X), copy(Y, X)]), single=False)
    with pytest.raises(Malformed, match="written nowhere"):
        verify(program(end=p.Return(Y, loc=LOC)), single=False)
