"""Two arguments that are one memory: private copies would hide from one what the function writes to the other."""

from __future__ import annotations

from numba import types
from numba.extending import register_jitable

from dualjit.errors import AliasingError
from dualjit.transforms.source import Writer
from dualjit.transforms.structure import leaves


@register_jitable
def bounds(a):
    """First address of an array's memory and the address behind it; equal when it is empty."""
    low = high = a.ctypes.data
    for n, stride in zip(a.shape, a.strides):  # noqa: B905 (strict is unknown to Numba)
        if n == 0:
            return low, low
        if stride < 0:
            low += (n - 1) * stride
        else:
            high += (n - 1) * stride
    return low, high + a.itemsize


@register_jitable
def overlap(a, b):
    """May two arrays share memory?"""
    a_low, a_high = bounds(a)
    b_low, b_high = bounds(b)
    return a_low < b_high and b_low < a_high


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
