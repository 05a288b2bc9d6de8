"""All callables of the scalar rows which Numba compiles, a few compilations of many callables each.

One idea: a batch is one function ``out[i] = f_i(x[i], y[i])`` of arrays; the same source is compiled for floats (the
primal), for duals and for duals of duals, whose memory is that of float arrays with more axes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba as nb
import numpy as np
from numba import types
from numba.core.registry import cpu_target

from dualjit.numbers import Dual
from dualjit.numbers.intrinsics import as_duals
from dualjit.numbers.primal import signature_of
from dualjit.rules.table import ScalarRow, scalar_rows

SIZE = 24
LANES = 2
INNER = Dual(types.float64, LANES, 1)
OUTER = Dual(INNER, LANES, 2)


@dataclass(frozen=True)
class Case:
    """One callable of one row."""

    row: ScalarRow
    key: object

    @property
    def name(self):
        return f"{self.row.name}-{type(self.key).__name__}-{self.key.__module__}"

    @property
    def integer(self):
        """Whether the last argument is an integer."""
        return self.row.domain[-1].integer


def _compiles(row, key):
    last = types.int64 if row.domain[-1].integer else types.float64
    context = cpu_target.typing_context
    context.refresh()
    sig = signature_of(context, key, (types.float64,) * (row.arity - 1) + (last,))
    return sig is not None and isinstance(sig.return_type, (types.Number, types.Boolean))


CASES = [Case(row, key) for row in scalar_rows().values() for key in row.functions if _compiles(row, key)]
BATCHES = [CASES[i : i + SIZE] for i in range(0, len(CASES), SIZE)]


def source(batch):
    """The Python function of a batch."""
    lines = ["def evaluate(x, y, out):"]
    for i, case in enumerate(batch):
        last = f"y[{i}]" if not case.integer else f"int(y[{i}])"
        arguments = f"x[{i}], {last}" if case.row.arity == 2 else f"x[{i}]"
        lines.append(f"    out[{i}] = f{i}({arguments})")
    names = {f"f{i}": case.key for i, case in enumerate(batch)}
    exec("\n".join(lines), names)
    return names["evaluate"]


def compiled(batch, number=None, **options):
    """The batch on arrays of ``number``, given as float arrays; on floats when it is None."""
    evaluate = nb.njit(**options)(source(batch))
    if number is None:
        return evaluate

    @nb.njit(**options)
    def on_memory(x, y, out):
        evaluate(as_duals(x, number), as_duals(y, number), as_duals(out, number))

    return on_memory


def run(function, x, y):
    """Answers of a compiled batch."""
    out = np.zeros_like(x)
    function(x, y, out)
    return out
