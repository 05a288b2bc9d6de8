"""Two arguments that are one memory: private copies would hide from one what the function writes to the other."""

from __future__ import annotations

from numba import types

from dualjit.errors import AliasingError
from dualjit.numbers.overlap import overlap
from dualjit.transforms.source import Writer
from dualjit.transforms.structure import leaves


def refuse_overlaps(w: Writer, names: list[str], given: tuple, written: frozenset[int]) -> None:
    """Write a check that no argument which is written to shares memory with another."""
    arrays = [
        (i, expr)
        for i, (name, t) in enumerate(zip(names, given, strict=True))
        for expr, leaf in leaves(t, name)
        if isinstance(leaf, types.Array)
    ]
    for k, (i, a) in enumerate(arrays):
        for j, b in arrays[k + 1 :]:
            if i in written or j in written:
                with w.block(f"if {w.bind('overlap', overlap)}({a}, {b}):"):
                    message = f"arguments '{a}' and '{b}' share memory that the function writes to: pass a copy"
                    w(f"raise {w.bind('AliasingError', AliasingError)}({message!r})")
