"""Programs drawn at random have right gradients: a few in every run, as many as wanted with ``-m slow``.

``DUALJIT_PROGRAMS`` is the number of programs of the slow test, ``DUALJIT_FIRST_PROGRAM`` the first of them.
"""

import os

import pytest

from .judging import judged
from .programs import ReverseProgram

FIRST = int(os.environ.get("DUALJIT_FIRST_PROGRAM", "1000"))
COUNT = int(os.environ.get("DUALJIT_PROGRAMS", "40"))


def check(program: ReverseProgram, quick: bool) -> None:
    verdict = judged(program.name, program.text, quick)
    assert not verdict.bad, f"{verdict.kind}: {verdict.message}\n{program.text}"


@pytest.mark.parametrize("seed", range(20))
def test_small_program(seed):
    check(ReverseProgram(seed, statements=2), quick=seed % 4 != 0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
def test_program(seed):
    check(ReverseProgram(seed), quick=False)
