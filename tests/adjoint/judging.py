"""What is wrong with a program's gradient, in a few words.

The judgement: gradient by reverse mode is held to the Jacobian by forward mode, which has tests of its own; the value beside it to
what Numba computes, bit for bit; the arguments to copies of what they were.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

import dualjit as dj
from dualjit.errors import UnsupportedError

from ..features.random_programs import built
from ..features.structure import copied
from .programs import POINTS, ReverseProgram

ARGNUMS = (0, 1, 2)
TOLERANCE = 1e-9
LARGE = 1e6


@dataclass(frozen=True)
class Verdict:
    """``kind`` is ``good``, ``skipped`` (nothing to compare with) or what is wrong: ``numbers``, ``value``, ``crash``..."""

    kind: str
    message: str = ""

    @property
    def bad(self) -> bool:
        return self.kind not in ("good", "skipped")

    @property
    def group(self) -> str:
        """Failures of one group have, most likely, one reason."""
        return (
            f"{self.kind}: {self.message.splitlines()[0][:160]}"
            if self.message and self.kind != "numbers"
            else self.kind
        )


def judged(name: str, text: str, points=POINTS, argnums=ARGNUMS) -> Verdict:
    """The verdict on the program with this text."""
    f = built(name, text, ReverseProgram.helpers)
    compiled = njit(f)
    forward, reverse = (
        dj.jacfwd(f, argnums=argnums),
        (dj.value_and_grad(f, argnums=argnums), dj.grad(f, argnums=argnums)),
    )
    known = 0
    for point in points:
        try:
            value, jacobian = compiled(*copied(point)), forward(*copied(point))
        except Exception as error:
            if not isinstance(error, (ValueError, IndexError, ZeroDivisionError)):
                return Verdict("skipped", f"{type(error).__name__}: {error}")
            continue  # at this point the program raises
        if is_comparable(value, jacobian):
            known += 1
            verdict = judged_at(point, value, jacobian, *reverse)
            if verdict.bad:
                return verdict
    return Verdict("good" if known else "skipped", "" if known else "no point")


def is_comparable(value, jacobian) -> bool:
    return all(np.all(np.abs(np.asarray(v)) < LARGE) for v in (value, *jacobian))


def judged_at(point, value, jacobian, value_and_grad, grad) -> Verdict:
    """The verdict at one point."""
    given = copied(point)
    try:
        beside, gradient = value_and_grad(*given)
        alone = grad(*given)
    except UnsupportedError as error:
        return Verdict("refused", error.args[0] if error.args else str(error))
    except Exception as error:
        return Verdict("crash", f"{type(error).__name__}: {error}")
    if np.float64(beside).tobytes() != np.float64(value).tobytes():
        return Verdict("value", f"value_and_grad returns {beside}, the function {value}")
    if not all(np.array_equal(a, b) for a, b in zip(point, given, strict=True)):
        return Verdict("changed", "an argument was changed")
    for way, found in (("value_and_grad", gradient), ("grad", alone)):
        worst = difference(found, jacobian)
        if not worst < TOLERANCE:
            return Verdict("numbers", f"{way} at {point} differs by {worst:.2e}:\n{found}\nforward mode:\n{jacobian}")
    return Verdict("good")


def difference(found, expected) -> float:
    """The largest difference, relative to the largest number."""
    scale = max(1.0, *(np.max(np.abs(e)) for e in expected))
    return (
        max(float(np.max(np.abs(np.asarray(a) - np.asarray(b)))) for a, b in zip(found, expected, strict=True)) / scale
    )
