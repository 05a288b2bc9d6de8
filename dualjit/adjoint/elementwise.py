"""Pullbacks of elementwise operations on arrays, with broadcasting: one loop that serves all operands.

One idea: the loop is written as Python source for the operands' dimensions; where the shapes are equal it has no
broadcasting in it.
"""

from __future__ import annotations

from functools import cache

from numba import types
from numba.extending import overload

from dualjit.numbers.pulling import plus, pulled
from dualjit.rules.table import ScalarRow, scalar_rows


@cache
def elementwise_pullback(name: str):
    """The function ``(y_bar, y, *operands, *shadows)`` for a scalar row.

    Operands may be None, shadows None or cells.
    """
    row = scalar_rows()[name]

    def pull(y_bar, y, *rest):
        raise NotImplementedError("compiled code")

    pull.__name__ = f"pull_each_{name}"
    given = ", ".join(f"a{i}" for i in range(row.arity)) + ", " + ", ".join(f"b{i}" for i in range(row.arity))
    namespace = {"write": lambda *ts: _implementation(row, given, ts)}
    exec(f"def typed(y_bar, y, {given}): return write(y_bar, y, {given})", namespace)
    overload(pull, prefer_literal=False, strict=False)(namespace["typed"])
    return pull


def dimensions(t) -> int | None:
    """Number of dimensions; None for None."""
    if isinstance(t, types.Optional | types.NoneType):
        return None
    return t.ndim if isinstance(t, types.Array) else 0


def is_array(t) -> bool:
    return isinstance(t, types.Array) and t.ndim > 0


def _implementation(row: ScalarRow, given: str, ts):
    y_bar, y, *rest = ts
    values, bars = rest[: row.arity], rest[row.arity :]
    n = y_bar.ndim
    namespace = {"plus": plus, **{f"pull{i}": pulled(row.name, i) for i in range(row.arity)}}
    names = [("y", y), *((f"a{i}", t) for i, t in enumerate(values)), *((f"b{i}", t) for i, t in enumerate(bars))]
    spread = [(name, t) for name, t in names if is_array(t)]
    lines = [f"def pull(y_bar, y, {given}):", *(f"    n{d} = y_bar.shape[{d}]" for d in range(n))]
    for i, t in enumerate(bars):
        if not is_array(t) and dimensions(t) == 0:
            lines.append(f"    s{i} = b{i}[()]")
    equal = " and ".join(f"{name}.shape == y_bar.shape" for name, t in spread if t.ndim == n)
    if all(t.ndim == n for _, t in spread):
        lines.append(f"    if {equal or 'True'}:")
        lines += _loops(row, n, values, bars, y, broadcast=False)
        lines.append("    else:")
    else:
        lines.append("    if True:")
    lines += _loops(row, n, values, bars, y, broadcast=True)
    for i, t in enumerate(bars):
        if not is_array(t) and dimensions(t) == 0:
            lines.append(f"    b{i}[()] = s{i}")
    exec("\n".join(lines), namespace)
    return namespace["pull"]


def _loops(row, n: int, values, bars, y, broadcast: bool) -> list[str]:
    pad = "    " * 2
    lines = []
    for d in range(n):
        lines.append(pad + "    " * d + f"for i{d} in range(n{d}):")
    inner = pad + "    " * n

    def place(name, t):
        if not is_array(t):
            return name
        skip = n - t.ndim
        index = [f"(0 if {name}.shape[{d}] == 1 else i{d + skip})" if broadcast else f"i{d}" for d in range(t.ndim)]
        return f"{name}[{', '.join(index)}]"

    whole = ", ".join(f"i{d}" for d in range(n))
    operands = ", ".join(
        place(f"a{i}", t) if not isinstance(t, types.NoneType) else f"a{i}" for i, t in enumerate(values)
    )
    answer = place("y", y)
    for i, t in enumerate(bars):
        if isinstance(t, types.NoneType):
            continue
        target = place(f"b{i}", t) if is_array(t) else f"s{i}"
        lines.append(inner + f"{target} = plus({target}, pull{i}(y_bar[{whole}], {answer}, {operands}))")
    return lines or [pad + "pass"]
