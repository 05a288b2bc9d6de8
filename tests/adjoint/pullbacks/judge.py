"""Compares a pullback with Jacobians by differences and by forward mode.

How to use it: make a table of cases and judge each::

    CASES = [
        Case("dot", lambda a, b: np.dot(a, b), {"a": A, "b": X}),  # every operand with floats is active
        Case("dot", lambda a, b: np.dot(a, b), {"a": A, "b": X}, "a"),  # only a
        Case("sum", lambda a: np.sum(a, axis=1), {"a": A}, given={"axis": 1}),
        Case("concatenate", lambda arrays: np.concatenate(arrays), {"arrays": (A, A)}, "arrays_1"),
        Case("fill", lambda a, value: filled(a.copy(), value), {"a": X, "value": 2.0}),
    ]

    @pytest.mark.parametrize("case", CASES, ids=str)
    def test_products(case):
        judge(case)

The keys of ``operands`` are parameters of the row's stub, in the order of the primal's; a tuple or list of arrays and
numbers is one operand, whose items are active one by one as ``name_0``, ``name_1``, ...  ``given`` holds the other
arguments, which are constants of the code and which the primal has inside.  The primal of a row that writes into an
operand returns what a private copy of it holds afterwards.

``judge`` compiles the pullback with float data and compares with the transposed Jacobian: by differences of the primal
as Python runs it, since a compilation less is a test twice as fast.  With ``derivatives``, which ``test_derivatives``
asks for, the Jacobian is that of forward mode, to rounding, and the pullback is itself differentiated by the cotangent
and, where it reads values (``second=False``: not), by the active operands.  Keep the data away from ties and kinks.

Helper functions of pullbacks are decorated with ``numba.njit``: the front end takes ``register_jitable`` functions of
the package for a library's and does not differentiate them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numba import njit

import dualjit as dj
from dualjit.adjoint.pullbacks import pullback_of
from dualjit.rules.arrays import array_rows
from tests.features.differences import differences

TOLERANCE, SECOND_TOLERANCE, STEP = 1e-12, 1e-8, 1e-3
DIFFERENCE_TOLERANCE = 1e-8


@dataclass(frozen=True)
class Case:
    """One call of a row.

    Attributes
    ----------
    row : str
        The name the pullback is registered by.
    primal : callable
        Function of the operands, by position.
    operands : dict
        Numbers, arrays, tuples and lists by the names of the stub's parameters.
    active : str
        Words: operands, or items of them, with shadows; empty: all with floats.
    given : dict
        Other arguments by name.
    second : bool
        Are derivatives by the operands compared, too?
    tolerance : float
        Relative to the largest number of what is compared.
    """

    row: str
    primal: Callable
    operands: dict
    active: str = ""
    given: dict = field(default_factory=dict)
    second: bool = True
    tolerance: float = TOLERANCE

    def __str__(self):
        kinds = ",".join(f"{k}={kind(v)}" for k, v in self.operands.items())
        given = "".join(f",{k}={v!r}" for k, v in self.given.items())
        return f"{self.row}({kinds}{given}){'/' * bool(self.active)}{self.active}"

    @property
    def leaves(self) -> dict:
        """Arrays and numbers by the names of parameters."""
        found = {}
        for name, value in self.operands.items():
            found.update({f"{name}_{i}": v for i, v in enumerate(value)} if is_sequence(value) else {name: value})
        return found

    @property
    def activity(self) -> list[str]:
        """Names of the leaves with shadows."""
        words = self.active.split() or list(self.leaves)
        asked = [k for k in self.leaves if k in words or owner(k, self.operands) in words]
        return [k for k in asked if np.asarray(self.leaves[k]).dtype.kind == "f"]


def kind(value) -> str:
    if is_sequence(value):
        return f"({';'.join(map(kind, value))})"
    return type(value).__name__ if np.isscalar(value) else f"{value.dtype.char}{list(value.shape)}"


def is_sequence(value) -> bool:
    return isinstance(value, (tuple, list))


def owner(leaf: str, operands) -> str:
    """The operand a leaf belongs to."""
    return leaf if leaf in operands else leaf.rpartition("_")[0]


def judge(case: Case, derivatives: bool = False) -> None:
    """The pullback of this case with floats, and its own derivatives where they are asked for."""
    programs = Programs(case)
    leaves = list(case.leaves.values())
    rng = np.random.default_rng(5)
    y_bar = [rng.standard_normal(np.shape(v)) if np.ndim(v) else rng.standard_normal() for v in programs.answers]

    found = programs.run(*y_bar, *leaves)
    if not derivatives:
        blocks = differences(programs.primal, tuple(leaves), programs.active, np.dtype(float))
        jacobian = [blocks[k :: len(programs.active)] for k in range(len(programs.active))]
        same(found, [contracted(y_bar, row) for row in jacobian], case, DIFFERENCE_TOLERANCE)
        return

    jacobian_of = dj.jacfwd(programs.primal, programs.active)
    jacobian = by_leaf(jacobian_of(*leaves), len(y_bar))
    same(found, [contracted(y_bar, row) for row in jacobian], case)
    second = case.second and programs.needed
    wanted = (*range(len(y_bar)), *(len(y_bar) + i for i in programs.active if second))
    slopes = dj.jacfwd(programs.run, wanted)(*y_bar, *leaves)
    for found, row, x in zip(slopes, jacobian, programs.selected, strict=True):
        for slope, j, u in zip(found[: len(y_bar)], row, y_bar, strict=True):
            transposed = np.moveaxis(np.asarray(j), range(np.ndim(u), np.ndim(j)), range(np.ndim(x)))
            same([slope], [transposed], case)
    if second:
        by_operands(case, programs, [found[len(y_bar) :] for found in slopes], jacobian_of, y_bar, leaves)


def by_operands(case, programs, found, jacobian_of, y_bar, leaves):
    """Derivatives of the pullback by the operands are differences of the contracted Jacobian, of fourth order."""

    def contractions(k, index, step):
        moved = list(leaves)
        moved[k] = moved[k] + step * (np.arange(np.size(moved[k])) == index).reshape(np.shape(moved[k]))
        if not np.ndim(moved[k]):
            moved[k] = float(moved[k])
        return [contracted(y_bar, row) for row in by_leaf(jacobian_of(*moved), len(y_bar))]

    for m, k in enumerate(programs.active):
        for index in range(np.size(leaves[k])):
            ends = [contractions(k, index, c * STEP) for c in (-2, -1, 1, 2)]
            for i in range(len(programs.active)):
                expected = (ends[0][i] - ends[3][i] + 8 * (ends[2][i] - ends[1][i])) / (12 * STEP)
                slope = np.asarray(found[i][m]).reshape(*np.shape(expected), -1)[..., index]
                assert_close(slope, expected, SECOND_TOLERANCE, f"{case}, by {list(case.leaves)[k]}")


def by_leaf(jacobian, answers: int) -> list[list]:
    """For each active leaf the parts of the Jacobian, one for each part of the answer."""
    rows = [jacobian] if answers == 1 else list(jacobian)
    return [[row[i] for row in rows] for i in range(len(rows[0]))]


def contracted(y_bar, row):
    return sum(np.tensordot(u, np.asarray(j), np.ndim(u)) for u, j in zip(y_bar, row, strict=True))


def same(found, expected, case: Case, tolerance: float = 0.0) -> None:
    for f, e in zip(found, expected, strict=True):
        assert np.shape(f) == np.shape(e)
        assert_close(f, e, max(case.tolerance, tolerance), str(case))


def assert_close(found, expected, tolerance, message) -> None:
    known = np.asarray(expected)[np.isfinite(expected)]
    scale = 1 + np.abs(known).max(initial=0)
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * scale, err_msg=message)


@cache
def compiled_apart(function):
    """Jitted so that forward mode does not inline it: branches on the types of its arguments are decided only so."""
    return njit(error_model="numpy", boundscheck=True)(function)


def an_element(name: str, value) -> str:
    """Source of a finite element of a number or an array."""
    if np.isscalar(value):
        return name
    index = next((i for i, v in np.ndenumerate(value) if np.isfinite(v)), None)
    return "0.0" if index is None else f"{name}[{index}]"


class Programs:
    """The primal and a caller of the pullback as functions of the leaves."""

    def __init__(self, case: Case):
        self.case = case
        self.row = array_rows()[case.row]
        self.pullback = pullback_of(case.row)
        assert self.pullback is not None, f"no pullback of {case.row}"
        leaves = case.leaves
        self.active = tuple(list(leaves).index(k) for k in case.activity)
        self.selected = [leaves[k] for k in case.activity]
        self.names = {"np": np, "primal_of": case.primal, "pull": compiled_apart(self.pullback.function)}
        self.operands = {k: self.built(k, lambda leaf: leaf) for k in case.operands}

        whole = case.primal(*case.operands.values())
        self.is_tuple = isinstance(whole, tuple)
        parts = whole if self.is_tuple else (whole,)
        self.differentiable = [i for i, v in enumerate(parts) if np.asarray(v).dtype.kind == "f"]
        self.answers = [parts[i] for i in self.differentiable]
        self.count = len(parts)
        self.needed = self.pullback.needed({owner(k, case.operands) for k in case.activity})
        self.primal = self.function("primal", list(leaves), self.primal_lines())
        cotangents = [f"u_{i}" for i in range(len(self.answers))]
        # With arithmetic of its own, a pullback is compiled as a function of its own in forward mode, too: what it asks
        # about its arguments (``is None``, ``ndim``) is known then.
        run = self.function("run", [*cotangents, *leaves], self.run_lines(cotangents))
        self.run = njit(error_model="numpy")(run)

    def built(self, operand: str, of_leaf: Callable) -> str:
        """Source of an operand, each leaf of which is replaced."""
        value = self.case.operands[operand]
        if not is_sequence(value):
            return of_leaf(operand)
        items = ", ".join(of_leaf(f"{operand}_{i}") for i in range(len(value)))
        return f"[{items}]" if isinstance(value, list) else f"({items},)"

    def primal_lines(self):
        yield f"y = primal_of({', '.join(self.operands.values())})"
        if not self.is_tuple:
            yield "return y"
        elif len(self.answers) == 1:
            yield f"return y[{self.differentiable[0]}]"
        else:
            yield f"return ({', '.join(f'y[{i}]' for i in self.differentiable)})"

    def run_lines(self, cotangents):
        case, written = self.case, [p for p in self.row.writes if p != "out"]
        if self.pullback.answer in self.needed:
            yield f"y = primal_of({', '.join(self.operands.values())})"
        # Of the type that shadows have in a program: numbers that carry derivatives.
        sources = [*zip(cotangents, self.answers, strict=True), *case.leaves.items()]
        yield f"one = 1.0 + 0.0 * ({' + '.join(map(an_element, *zip(*sources, strict=True)))})"
        for leaf in case.activity:
            if leaf in written:
                yield f"{leaf}_bar = u_0 * one"
            else:
                yield f"{leaf}_bar = np.full({np.shape(case.leaves[leaf])}, one)"
        yield f"pull({', '.join(self.argument(p, cotangents) for p in self.pullback.parameters)})"
        shadows = (f"{k}_bar" if k in written else f"{k}_bar - 1.0" for k in case.activity)
        yield f"return ({', '.join(shadows)},)"

    def argument(self, parameter: str, cotangents) -> str:
        """Source of what the pullback gets for this parameter."""
        case = self.case
        answer = self.pullback.answer
        if parameter == answer:
            return "y" if answer in self.needed else "None"
        if parameter == f"{answer}_bar":
            known = dict(zip(self.differentiable, cotangents, strict=True))
            return f"({', '.join(known.get(i, 'None') for i in range(self.count))})" if self.is_tuple else cotangents[0]
        operand = parameter.removesuffix("_bar")
        if operand != parameter:
            if not any(owner(k, case.operands) == operand for k in case.activity):
                return "None"
            return self.built(operand, lambda leaf: f"{leaf}_bar" if leaf in case.activity else "None")
        if operand in self.operands:
            wanted = operand not in self.pullback.needs or operand in self.needed
            return self.operands[operand] if wanted else "None"
        if operand in case.given:
            return repr(case.given[operand])
        return repr(inspect.signature(self.row.stub).parameters[operand].default)

    def function(self, name: str, parameters, lines) -> Callable:
        body = "".join(f"    {line}\n" for line in lines)
        space = dict(self.names)
        if name == "run":
            space["primal_of"] = njit(self.case.primal)
        exec(f"def {name}({', '.join(parameters)}):\n{body}", space)
        return space[name]
