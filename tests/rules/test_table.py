"""The table is whole: names resolve, flags and values agree with each other."""

import itertools
import math

import numpy as np
import pytest

from dualjit.rules import Answer, Const, Expr, composite_rows, derivative, evaluate, row_of, scalar_rows
from dualjit.rules.expr import PRIMITIVES, operations
from dualjit.rules.table import inactive

from .accuracy import KNOWN
from .floats import Floats, value_of

ROWS = scalar_rows()
SPECIAL = (0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 1.5, 2.0, -2.0, 3.0, -30.0, 30.0)


@pytest.mark.parametrize("name", ROWS)
def test_row_is_well_formed(name):
    row = ROWS[name]
    assert row.name == name
    assert len(row.partials) in (0, row.arity)
    assert len(row.domain) == row.arity
    assert bool(row.functions) != (row.value is not None) or name == "powi"
    assert row.edges or row.active, "an inactive row says why it is"
    linear = all(isinstance(partial, Const) for partial in row.partials)
    assert row.source or row.edges or linear, "a formula has a source, a convention says what it is"
    for function in row.functions:
        assert row_of(function) is row


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.active])
def test_trees_use_known_operations_to_third_order(name):
    row = ROWS[name]
    trees = list(row.partials)
    for _ in range(2):
        trees += [derivative(tree, i) for tree in trees[-row.arity :] for i in range(row.arity)]
    if isinstance(row.value, Expr):
        trees.append(row.value)
    for tree in trees:
        assert operations(tree) <= PRIMITIVES | set(ROWS)


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.active and name not in KNOWN])
def test_infinite_partial_of_a_finite_value_is_declared_singular(name):
    row = ROWS[name]
    if row.singular:
        return
    choices = [[x for x in SPECIAL if x == int(x) or not interval.integer] for interval in row.domain]
    for args in itertools.product(*choices):
        y = value_of(row, *args)
        if math.isfinite(y):
            partials = [evaluate(partial, args, y, Floats) for partial in row.partials]
            assert all(map(math.isfinite, partials)), f"{name}{args}: {partials}"


UNBOUND = {"add", "sub", "div", "mul", "mod", "fmod", "remainder", "min", "max", "minimum", "maximum", "fmin", "fmax"}
UNBOUND |= {"lgamma", "polygamma"}


@pytest.mark.parametrize("name", [n for n, row in ROWS.items() if row.active and row.functions and n not in UNBOUND])
def test_no_derivative_where_there_is_no_value(name):
    row = ROWS[name]
    for args in itertools.product(SPECIAL, repeat=row.arity):
        if math.isnan(value_of(row, *args)):
            first = [evaluate(partial, args, math.nan, Floats) for partial in row.partials]
            second = [evaluate(derivative(p, 0), args, math.nan, Floats) for p in row.partials]
            assert all(map(math.isnan, first + second)), f"{name}{args}: {first}, {second}"


def test_composites_are_made_of_rows():
    for row in composite_rows().values():
        assert all(ROWS[output].arity == row.arity for output in row.outputs)
        args = (7.25, 2.0)[: row.arity]
        expected = row.functions[0](*args)
        assert tuple(value_of(ROWS[output], *args) for output in row.outputs) == tuple(map(float, expected))


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if len(row.functions) > 1 and row.arity == 1])
def test_functions_of_a_row_agree(name):
    points = (0.3, 0.75) if name != "acosh" else (1.0, 1.25, 3.0)
    for x in points:
        values = [float(f(x)) for f in ROWS[name].functions]
        assert np.allclose(values, values[0], rtol=1e-15, atol=0.0)


def test_a_name_or_function_is_entered_once():
    with pytest.raises(ValueError, match="second row is named 'sin'"):
        inactive("sin", ())
    with pytest.raises(ValueError, match="is in two rows: 'sin' and 'sinus'"):
        inactive("sinus", (math.sin,))
    assert "sinus" not in scalar_rows()


def test_answer_names_its_row():
    assert derivative(Answer("exp"), 0) is Answer("exp")
