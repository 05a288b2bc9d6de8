"""The conventions hold: at kinks, ties, ends and poles each derivative is what docs/conventions.md says."""

import math

import pytest

from dualjit.rules import scalar_rows

from .accuracy import computed
from .edges import EDGES


@pytest.mark.parametrize(("name", "args", "orders", "expected"), EDGES, ids=[f"{e[0]}{e[1]}-{e[2]}" for e in EDGES])
def test_derivative_at_the_edge(name, args, orders, expected):
    got = computed(scalar_rows()[name], args, orders)
    assert got == expected or (math.isnan(got) and math.isnan(expected))


def test_rows_whose_edges_are_described_are_tested_there():
    described = {name for name, row in scalar_rows().items() if row.active and row.functions and row.edges}
    plain = {"add", "sub", "mul", "conjugate", "ldexp"}  # what their edges say is no matter of derivatives
    assert described - plain <= {edge[0] for edge in EDGES}
