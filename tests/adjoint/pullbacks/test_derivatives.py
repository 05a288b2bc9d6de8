"""Pullbacks are differentiable, by their cotangents and by their operands: what second derivatives are made of.

Each takes several seconds to compile: with ``-m slow``.
"""

from importlib import import_module

import pytest

from tests.adjoint.pullbacks.judge import judge

FAMILIES = """convolution determinants extrema factors joining making moments norms ordering products quantiles
    reductions scans shapes systems"""
TABLES = [import_module(f"tests.adjoint.pullbacks.test_{name}") for name in FAMILIES.split()]
CASES = [case for table in TABLES for case in table.CASES]


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=str)
def test_derivatives(case):
    judge(case, derivatives=True)
