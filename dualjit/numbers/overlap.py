"""Do two arrays share memory?  By addresses, strides and shapes: never no where they do, seldom yes where not."""

from __future__ import annotations

from numba.extending import register_jitable


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


@register_jitable
def common_stride(a, common):
    """The greatest common divisor of an array's strides and a number."""
    for n, stride in zip(a.shape, a.strides):  # noqa: B905 (strict is unknown to Numba)
        m = abs(stride) if n > 1 else 0
        while m != 0:
            common, m = m, common % m
    return common


@register_jitable
def interlaced(a, b):
    """Do elements stand between each other's, like two columns?"""
    common = common_stride(b, common_stride(a, 0))
    if common == 0:
        return False
    distance = (b.ctypes.data - a.ctypes.data) % common
    return distance >= a.itemsize and common - distance >= b.itemsize


@register_jitable
def partly_same(a, b):
    """Do two arrays share memory without being the very same?"""
    if a.ctypes.data == b.ctypes.data and a.shape == b.shape and a.strides == b.strides:
        return False
    return overlap(a, b) and not interlaced(a, b)
