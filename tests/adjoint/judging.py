"""What is wrong with a program's gradient, in a few words.

The gradient by reverse mode is held to the Jacobian by forward mode, which has tests of its own; the value beside it to
what Numba computes, bit for bit; the arguments to copies of what they were.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

import dualjit as dj
from dualjit.errors import UnsupportedError

from ..features.differences import differences
from ..features.random_programs import built
from ..features.structure import copied
from .programs import POINTS, ReverseProgram

ARGNUMS = (0, 1, 2)
TOLERANCE, QUICK_TOLERANCE = 1e-9, 1e-6
LARGE = 1e5
RAISES = (ValueError, IndexError, ZeroDivisionError)


@dataclass(frozen=True)
class Verdict:
    """``kind`` is ``good``, ``skipped`` (nothing to compare with) or what is wrong: ``numbers``, ``value``..."""

    kind: str
    message: str = ""

    @property
    def bad(self) -> bool:
        return self.kind not in ("good", "skipped")

    @property
    def group(self) -> str:
        """Failures of one group have, most likely, one reason."""
        told = self.message and self.kind not in ("numbers", "value")
        return f"{self.kind}: {self.message.splitlines()[0][:120]}" if told else self.kind


@dataclass
class Ways:
    """A program and its derivatives, compiled when first called."""

    name: str
    text: str

    def __post_init__(self):
        f = built(self.name, self.text, ReverseProgram.helpers)
        self.primal, self.forward = njit(f), dj.jacfwd(f, argnums=ARGNUMS)
        self.grad, self.value_and_grad = dj.grad(f, argnums=ARGNUMS), dj.value_and_grad(f, argnums=ARGNUMS)


def judged(name: str, text: str, quick: bool = False) -> Verdict:
    """The verdict on a program; a quick one compiles less where nothing seems wrong."""
    ways = Ways(name, text)
    verdicts = [verdict for point in POINTS if (verdict := judged_at(point, ways, quick)) is not None]
    return next((v for v in verdicts if v.bad), verdicts[0] if verdicts else Verdict("skipped", "no point"))


def judged_at(point, ways: Ways, quick: bool) -> Verdict | None:
    """The verdict at one point; None where the program raises or its numbers are too large to be compared."""
    try:
        beside, gradient, alone = reversed_at(point, ways, quick)
    except RAISES:
        return None
    except Exception as error:
        return confirmed(error, point, ways)
    try:
        value = ways.primal(*copied(point))
        if quick:
            expected, tolerance = differences_at(point, ways), QUICK_TOLERANCE
            if not difference(alone, expected) < tolerance:
                expected, tolerance = ways.forward(*copied(point)), TOLERANCE
        else:
            expected, tolerance = ways.forward(*copied(point)), TOLERANCE
    except Exception as error:
        return Verdict("skipped", f"{type(error).__name__}: {error}")
    if not all(np.all(np.abs(np.asarray(v)) < LARGE) for v in (value, *expected)):
        return None
    if beside is not None and np.float64(beside).tobytes() != np.float64(value).tobytes():
        return Verdict("value", f"value_and_grad returns {beside}, the function {value}")
    for way, found in (("grad", alone), ("value_and_grad", gradient)):
        if found is not None and not difference(found, expected) < tolerance:
            return Verdict("numbers", f"{way} at {point}:\n{found}\nexpected:\n{expected}")
    return Verdict("good")


def reversed_at(point, ways: Ways, quick: bool):
    """Value, gradient beside it, gradient alone; raises where an argument is changed."""
    given = copied(point)
    alone = ways.grad(*given)
    beside, gradient = (None, None) if quick else ways.value_and_grad(*given)
    if not all(np.array_equal(a, b) for a, b in zip(point, given, strict=True)):
        raise AssertionError("an argument was changed")
    return beside, gradient, alone


def confirmed(error: Exception, point, ways: Ways) -> Verdict:
    """The verdict on an error of reverse mode, if forward mode has none."""
    message = f"{type(error).__name__}: {error}"
    try:
        ways.forward(*copied(point))
    except Exception:
        return Verdict("skipped", message)
    return Verdict("refused" if isinstance(error, UnsupportedError) else "crash", message)


def differences_at(point, ways: Ways) -> tuple:
    return tuple(differences(ways.primal, point, ARGNUMS, np.dtype(float)))


def difference(found, expected) -> float:
    """The largest difference, relative to the largest number."""
    scale = max(1.0, *(np.max(np.abs(e)) for e in expected))
    pairs = zip(found, expected, strict=True)
    return max(float(np.max(np.abs(np.asarray(a) - np.asarray(b)))) for a, b in pairs) / scale
