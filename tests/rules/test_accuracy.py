"""Every row against exact derivatives, to its bound; and no row so loosely that a wrong one would pass."""

from dataclasses import replace

import pytest

from dualjit.rules import Const, scalar_rows, simplify
from dualjit.rules.expr import ZERO

from .accuracy import KNOWN, computed, free, worst
from .edges import EDGES
from .reference import FUNCTIONS

ACTIVE = [name for name, row in scalar_rows().items() if row.active]


def claims(row):
    """Derivatives a row is held to, with their bounds: an internal row is a first derivative of others."""
    first = [(i,) for i in free(row)]
    if row.functions:
        yield from ((orders, row.accuracy.first) for orders in first)
        yield from (((i, j), row.accuracy.second) for i in free(row) for j in free(row))
    else:
        yield (), row.accuracy.first
        yield from ((orders, row.accuracy.second) for orders in first)


@pytest.mark.parametrize("name", ACTIVE)
def test_derivatives_are_exact_to_a_few_ulps(name):
    row = scalar_rows()[name]
    for orders, bound in claims(row):
        error, point, got, exact = worst(row, orders)
        assert error <= bound, f"{name}, derivative {orders} at {point}: {got}, exactly {exact}, {error:.3g} ulps"


@pytest.mark.parametrize("name", ACTIVE)
def test_arguments_without_derivative_have_none(name):
    row = scalar_rows()[name]
    for i in set(range(row.arity)) - set(free(row)):
        assert row.partials[i] is ZERO, f"{name}: argument {i} is a whole number or known from the others"


MUTATIONS = {
    "sign": lambda partial: -partial,
    "factor 2": lambda partial: 2.0 * partial,
    "relative error 1e-9": lambda partial: partial * Const(1.0 + 1e-9),
    "absolute error 1e-9": lambda partial: partial + 1e-9,
}


def right_at_edges(row, orders):
    edges = [(args, expected) for name, args, indices, expected in EDGES if (name, indices) == (row.name, orders)]
    return all(computed(row, args, orders) == expected for args, expected in edges if expected == expected)


def mutants(row):
    for i in free(row):
        for how, mutate in MUTATIONS.items():
            if row.partials[i] is ZERO and how != "absolute error 1e-9":
                continue
            partials = list(row.partials)
            partials[i] = simplify(mutate(partials[i]))
            yield how, i, replace(row, partials=tuple(partials))


@pytest.mark.parametrize("name", ACTIVE)
def test_a_wrong_partial_is_noticed(name):
    row = scalar_rows()[name]
    bound = row.accuracy.first if row.functions else row.accuracy.second
    for how, i, mutant in mutants(row):
        passes = worst(mutant, (i,))[0] <= bound and right_at_edges(mutant, (i,))
        assert not passes, f"{name}: {how} of partial {i} passes"


def test_every_active_row_has_a_reference():
    assert set(ACTIVE) == set(FUNCTIONS)
    assert set(KNOWN) < set(ACTIVE)


def test_exceptions_give_a_reason():
    for name, row in scalar_rows().items():
        common = (row.accuracy.first, row.accuracy.second, row.accuracy.terms) == (4.0, 32.0, ())
        assert common or row.accuracy.reason, name
