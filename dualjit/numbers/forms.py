"""What a number is while code is generated: a leaf, or a pair of a value and a tangent.

One idea: levels are compared, never lifted.  A number which lacks a level is a constant of that level, and costs as
such.
"""

from __future__ import annotations


class Leaf:
    """A plain number: LLVM value ``ir`` of Numba type ``type``; with type None, the Python constant ``ir``."""

    level = 0
    __slots__ = ("ir", "type")

    def __init__(self, type, ir):
        self.type, self.ir = type, ir

    @property
    def constant(self):
        """The Python value of a constant, else None."""
        return self.ir if self.type is None else None


class Pair:
    """A dual number: ``value`` one level down, and the ``tangent`` of ``level``."""

    __slots__ = ("level", "tangent", "value")

    def __init__(self, level, value, tangent):
        self.level, self.value, self.tangent = level, value, tangent


def value_of(number, level):
    """The number without its tangent of ``level``; one that has none is its own value."""
    return number.value if number.level == level else number


def leaf_of(number):
    """The innermost value."""
    while number.level:
        number = number.value
    return number
