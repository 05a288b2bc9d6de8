"""One feature of Python and NumPy: a small function, the point to differentiate it at, and the judgement.

The judgement is independent of the engine: the Jacobian by forward mode is held to central differences of the function
as Numba compiles it, the values returned beside a derivative to that function's own values, bit for bit, and the
arguments to copies of what they were.  The gradient by reverse mode is held to that Jacobian, to rounding; where
reverse mode knows less than forward mode, the case says so, and a refusal by file and line is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from inspect import isfunction, unwrap

import numpy as np
import pytest
from numba import njit

import dualjit as dj
from dualjit.errors import UnsupportedError

from .differences import differences
from .reverse import contracted, twofold, weighted, weights_of
from .structure import copied, leaves


@dataclass(frozen=True)
class Case:
    """``function`` differentiated at ``arguments`` with respect to those in ``argnums``.

    ``forward_only`` says why reverse mode refuses it; without a reason it does not.
    """

    function: Callable
    arguments: tuple
    argnums: tuple[int, ...]
    forward_only: str = ""

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def primal(self) -> Callable:
        """The function as Numba compiles it, with the options of the user's decorator."""
        return njit(self.function) if isfunction(self.function) else self.function

    @property
    def reorders(self) -> bool:
        """Did the user allow the compiler to reorder arithmetic?"""
        return bool(getattr(self.function, "targetoptions", {}).get("fastmath"))

    @property
    def precision(self) -> np.dtype:
        """The coarsest floating point among what is differentiated."""
        numbers = [np.asarray(leaf).dtype for i in self.argnums for leaf in leaves(self.arguments[i])]
        return min(numbers, key=lambda dtype: dtype.itemsize)


class Cases:
    """The features of one group; as a decorator it adds a function at the group's usual point."""

    def __init__(self, *arguments, forward_only: str = ""):
        self.arguments, self.reason = arguments, forward_only
        self.cases: list[Case] = []

    def __call__(self, function: Callable) -> Callable:
        return self.at(*self.arguments, forward_only=self.reason)(function)

    def at(self, *arguments, argnums: tuple[int, ...] | None = None, forward_only: str = "") -> Callable:
        """Add a function at another point; without ``argnums`` it is differentiated in all its arguments."""
        wanted = tuple(range(len(arguments))) if argnums is None else argnums

        def add(function):
            self.cases.append(Case(function, arguments, wanted, forward_only))
            return function

        return add

    def forward_only(self, reason: str) -> Callable:
        """Add a function, which reverse mode refuses for a reason, at the group's usual point."""
        return self.at(*self.arguments, forward_only=reason)

    @property
    def parametrize(self):
        return pytest.mark.parametrize("case", self.cases, ids=lambda case: case.name)


def judge(case: Case) -> None:
    """Hold Jacobian, values and arguments of one case to what they must be."""
    primal = case.primal
    given = copied(case.arguments)
    if isfunction(case.function) and not case.forward_only:
        # The value that belongs to the derivatives, at no further compilation.  The function is inlined, so the options
        # of a jitted one would be lost, and what can't be inlined is no case for it.
        jacobian, value = dj.jacfwd(twofold(case.function, len(given)), argnums=case.argnums, has_aux=True)(*given)
        judge_value(primal(*copied(case.arguments)), value, exact=True)
    else:
        jacobian = dj.jacfwd(case.function, argnums=case.argnums)(*given)
        judge_direct_value(case, primal, given)
    judge_jacobian(case, primal, jacobian)
    judge_unchanged(case, given)
    judge_reverse(case, primal, jacobian)


def judge_direct_value(case: Case, primal: Callable, given: tuple) -> None:
    """Hold the value beside a derivative in one direction to the function's own."""
    if len(case.argnums) == len(case.arguments):
        tangent = copied(given, lambda leaf: np.ones_like(leaf) if isinstance(leaf, np.ndarray) else 1.0)
        value, _ = dj.jvp(case.function, given, tangent)
        judge_value(primal(*copied(case.arguments)), value, exact=not case.reorders)


def judge_reverse(case: Case, primal: Callable, jacobian) -> None:
    """Hold a gradient by reverse mode to the Jacobian by forward mode."""
    answer, given = primal(*copied(case.arguments)), copied(case.arguments)
    weights = weights_of(answer)
    derivative = dj.grad(weighted(primal, len(given), answer, weights), argnums=case.argnums)
    if case.forward_only:
        judge_refusal(case, derivative, given)
        return
    gradient = derivative(*given)
    judge_unchanged(case, given)
    tolerance = 1e-9 if case.precision == np.float64 else 1e-4
    for mine, expected in zip(leaves(gradient), contracted(jacobian, weights), strict=True):
        assert np.shape(mine) == expected.shape
        scale = max(1.0, np.max(np.abs(expected), initial=0.0))
        np.testing.assert_allclose(mine, expected, rtol=tolerance, atol=tolerance * scale, err_msg="by reverse mode")


WRAPPER_FILE = "<string>"


def judge_refusal(case: Case, derivative: Callable, given: tuple) -> None:
    """A refusal names the file and the line, and something to do."""
    with pytest.raises(UnsupportedError) as caught:
        derivative(*given)
    code = unwrap(getattr(case.function, "py_func", case.function)).__code__
    # What comes up while types are inferred has no place of its own: it is said of the wrapper that was called.
    assert caught.value.filename in (code.co_filename, WRAPPER_FILE)
    assert caught.value.line > 0
    assert caught.value.remedy


def judge_jacobian(case: Case, primal: Callable, jacobian) -> None:
    expected = differences(primal, case.arguments, case.argnums, case.precision)
    given = leaves(jacobian)
    assert len(given) == len(expected), f"{len(given)} blocks of derivatives, expected {len(expected)}"
    tolerance = 1e-7 if case.precision == np.float64 else 5e-3
    for block, reference in zip(given, expected, strict=True):
        assert np.shape(block) == reference.shape
        scale = max(1.0, np.max(np.abs(reference), initial=0.0))
        np.testing.assert_allclose(block, reference, rtol=tolerance, atol=tolerance * scale)


def judge_value(expected, value, exact: bool) -> None:
    for mine, own in zip(leaves(value), leaves(expected), strict=True):
        if not exact:
            np.testing.assert_allclose(mine, own, rtol=1e-14)
            continue
        assert np.asarray(mine).tobytes() == np.asarray(own).tobytes(), f"value {mine!r} is not bit for bit {own!r}"


def judge_unchanged(case: Case, given: tuple) -> None:
    for before, after in zip(leaves(case.arguments), leaves(given), strict=True):
        np.testing.assert_array_equal(after, before, err_msg="an argument was changed")
