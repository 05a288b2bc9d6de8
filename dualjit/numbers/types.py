"""Number types that carry derivatives: ``Active`` marks, ``Dual`` computes.

One idea: activity is typing.  Both types are *markers* over a float; `MarkedComplex` is a pair of either.  ``strip``
takes a marker off any type built from numbers, ``mark`` puts one on, and ``marker_of`` finds the one
inside; so a rule's type is always "the primal's type of the stripped arguments, marked
as the arguments were".  There is no cast from a marked type to a float.

Nested duals are ordered by *level*: the transform applied last to be entered has the
highest level and is outermost in the type, ``Dual(Dual(float64, 4, 1), 8, 2)``.  Two types meet in
the type which has the levels of both, so sibling and nested perturbations cannot be confused.
"""

from __future__ import annotations

from collections.abc import Callable

from numba.core import types
from numba.core.typeconv import Conversion


class Marked(types.Type):
    """A number with derivative information; ``scalar`` is the plain number underneath."""

    def cast_python_value(self, value):
        """A constant of this type, as Numba's parallel ``np.zeros`` and ``np.ones`` ask for."""
        return self.scalar.cast_python_value(value)

    @property
    def is_internal(self):
        """RewriteArrayExprs gathers operands of "internal" types alone; a marked number is one like any other."""
        return True

    @property
    def scalar(self) -> types.Float | types.Complex:
        raise NotImplementedError

    @property
    def part(self) -> Marked:
        """The real number whose marker this is: of a complex number its parts' type, of a real one itself."""
        return self

    def over(self, scalar: types.Float | types.Complex) -> Marked:
        """The same marker over another float or complex number."""
        if isinstance(scalar, types.Complex):
            return MarkedComplex(self.part.over_float(scalar.underlying_float))
        return self.part.over_float(scalar)

    def over_float(self, scalar: types.Float) -> Marked:
        """The same marker, which is a real number's, over another float."""
        raise NotImplementedError

    def join(self, other: Marked) -> Marked | None:
        """The marker that has everything both have, or None."""
        raise NotImplementedError

    def unify(self, typingctx, other):
        return promote(self, other)

    def can_convert_from(self, typingctx, other):
        common = promote(self, other)
        if type(common) is not type(self) or common.over(self.scalar) != self:
            return None  # no complex number becomes a real one
        return Conversion.safe if common == self else Conversion.unsafe  # narrower, as among floats


class Active(Marked):
    """Marks a float on which the answer's derivative depends; typing only, never computed with."""

    def __init__(self, base: types.Float):
        self.base = base
        super().__init__(name=f"Active({base})")

    @property
    def key(self):
        return self.base

    @property
    def scalar(self):
        return self.base

    def over_float(self, scalar):
        return Active(scalar)

    def join(self, other):
        return self if isinstance(other, Active) else None


class Dual(Marked):
    """A value of type ``base`` and ``n`` partial derivatives of the same type.

    Parameters
    ----------
    base : numba type
        Float, or a Dual of a lower level.
    n : int
        Number of partials; powers of two are vectors on the CPU.
    level : int
        Which forward transform the partials belong to: inner transforms have higher levels.

    Notes
    -----
    ``Dual[n, base]`` is the number one level above ``base``, for use in compiled code: see ``dualjit.cuda``.

    Examples
    --------
    >>> import numba
    >>> from dualjit import Dual
    >>> Dual[2, Dual[4, numba.float64]]
    Dual(Dual(float64, 4, 1), 2, 2)
    """

    def __init__(self, base: types.Type, n: int, level: int = 1):
        self.base, self.n, self.level = base, n, level
        super().__init__(name=f"Dual({base}, {n}, {level})")

    def __class_getitem__(cls, item: tuple[int, types.Type]) -> Dual:
        """``Dual[n, base]``: with ``n`` partials, one level above ``base``."""
        n, base = item
        return cls(base, n, base.level + 1 if isinstance(base, Dual) else 1)

    @property
    def key(self):
        return self.base, self.n, self.level

    @property
    def scalar(self):
        return self.base.scalar if isinstance(self.base, Dual) else self.base

    @property
    def below(self) -> types.Type:
        """The type of the value, one level down."""
        return self.base

    @property
    def lanes(self) -> dict[int, int]:
        """Number of partials by level, innermost first."""
        below = self.base.lanes if isinstance(self.base, Dual) else {}
        return {**below, self.level: self.n}

    def over_float(self, scalar):
        base = self.base.over_float(scalar) if isinstance(self.base, Dual) else scalar
        return Dual(base, self.n, self.level)

    def join(self, other):
        if not isinstance(other, Dual):
            return None
        lanes = {**self.lanes, **other.lanes}
        if any(lanes[k] != v for k, v in self.lanes.items()):
            return None
        answer = self.scalar
        for level in sorted(lanes):
            answer = Dual(answer, lanes[level], level)
        return answer


class Slope(types.Type):
    """The one partial of a dual number over floats, whose value nobody asks for: see :mod:`dualjit.numbers.slopes`."""

    def __init__(self, dual: Dual):
        self.dual = dual
        super().__init__(name=f"Slope({dual})")

    @property
    def key(self):
        return self.dual

    @property
    def scalar(self):
        return self.dual.scalar


class MarkedComplex(Marked):
    """A complex number whose real and imaginary part are both of the marked type ``part``."""

    def __init__(self, part: Marked):
        self._part = part
        super().__init__(name=f"Complex({part})")

    @property
    def key(self):
        return self._part

    @property
    def part(self):
        return self._part

    @property
    def scalar(self):
        return complex_of(self.part.scalar)

    @property
    def below(self) -> types.Type:
        """The type of the value, one level down."""
        return complex_of(self.part.below)


_COMPLEX = {t.underlying_float: t for t in types.complex_domain}


def complex_of(part: types.Type) -> types.Type:
    """The type of complex numbers with parts of this type, float or marked."""
    return MarkedComplex(part) if isinstance(part, Marked) else _COMPLEX[part]


def part_of(t: types.Type) -> types.Type:
    """The type of a number's real part: of a real number its own."""
    return t.part if isinstance(t, Marked) else getattr(t, "underlying_float", t)


def promote(a: types.Type, b: types.Type) -> Marked | None:
    """Common type of two scalars of which at least one is marked; None if there is none."""
    a, b = types.unliteral(a), types.unliteral(b)
    if isinstance(b, Marked) and not isinstance(a, Marked):
        a, b = b, a
    if not isinstance(a, Marked):
        return None
    if isinstance(b, types.Boolean):
        return a
    if isinstance(b, types.Integer):
        b = types.float64 if b.bitwidth > 16 else types.float32  # as NumPy and Numba promote
    if isinstance(b, types.Float | types.Complex):
        return a.over(wider(a.scalar, b))
    if isinstance(b, Marked):
        joined = a.part.join(b.part)
        return joined and joined.over(wider(a.scalar, b.scalar))
    return None


def wider(a: types.Number, b: types.Number) -> types.Float | types.Complex:
    """The number type that holds both of two, each a float or complex."""
    common = max(part_of(a), part_of(b), key=lambda t: t.bitwidth)
    return complex_of(common) if is_complex(a) or is_complex(b) else common


def walk(t: types.Type, leaf: Callable[[types.Type], types.Type | None]) -> types.Type:
    """Rebuild ``t`` with ``leaf`` applied to the numbers it is made of; other types stay as they are."""
    changed = leaf(t)
    if changed is not None:
        return changed
    rebuild = _REBUILD.get(type(t))
    return rebuild(t, lambda u: walk(u, leaf)) if rebuild else t


def _array(t, go):
    return t if isinstance(t.dtype, types.Undefined) else t.copy(dtype=go(t.dtype))


def _list(t, go):
    return types.List(go(t.dtype), reflected=t.reflected) if t.is_precise() else t


_REBUILD = {
    types.Array: _array,
    types.UniTuple: lambda t, go: types.UniTuple(go(t.dtype), t.count),
    types.Tuple: lambda t, go: types.Tuple([go(u) for u in t.types]),
    types.StarArgUniTuple: lambda t, go: types.StarArgUniTuple(go(t.dtype), t.count),
    types.StarArgTuple: lambda t, go: types.StarArgTuple([go(u) for u in t.types]),
    types.NamedUniTuple: lambda t, go: types.NamedUniTuple(go(t.dtype), t.count, t.instance_class),
    types.NamedTuple: lambda t, go: types.NamedTuple([go(u) for u in t.types], t.instance_class),
    types.List: _list,
    types.ListType: lambda t, go: types.ListType(go(t.item_type)),
    types.DictType: lambda t, go: types.DictType(t.key_type, go(t.value_type)),
    types.Pair: lambda t, go: types.Pair(go(t.first_type), go(t.second_type)),
    types.Optional: lambda t, go: types.Optional(go(t.type)),
    types.ArrayIterator: lambda t, go: types.ArrayIterator(go(t.array_type)),
    types.NumpyFlatType: lambda t, go: types.NumpyFlatType(go(t.array_type)),
    types.NumpyNdIterType: lambda t, go: types.NumpyNdIterType([go(u) for u in t.arrays]),
    types.NumpyNdEnumerateType: lambda t, go: types.NumpyNdEnumerateType(go(t.array_type)),
    types.EnumerateType: lambda t, go: types.EnumerateType(go(t.source_type)),
    types.ZipType: lambda t, go: types.ZipType([go(u) for u in t.source_types]),
    types.UniTupleIter: lambda t, go: types.UniTupleIter(go(t.container)),
    types.ListIter: lambda t, go: types.ListIter(go(t.container)),
}


def float_of(t: types.Type) -> types.Type:
    """The float that a number is made of, on all levels."""
    return t.scalar if isinstance(t, Dual | Slope) else t


def strip(t: types.Type) -> types.Type:
    """The primal's type: every marked number becomes the plain one under it."""
    return walk(t, lambda u: u.scalar if isinstance(u, Marked) else None)


def mark(t: types.Type, marker: Marked) -> types.Type:
    """``t`` with every float and complex number in it marked as ``marker`` is; what ``t`` has itself is kept."""

    def leaf(u):
        if isinstance(u, Marked):
            return promote(u, marker.over(u.scalar))
        return marker.over(types.unliteral(u)) if isinstance(u, types.Float | types.Complex) else None

    return walk(t, leaf)


def marker_of(*ts: types.Type) -> Marked | None:
    """The join of all markers inside ``ts``, as a real number has it; None when nothing is marked."""
    found = None

    def leaf(u):
        nonlocal found
        if isinstance(u, Marked):
            found = u.part if found is None else promote(found, u.part)
        return None

    for t in ts:
        walk(t, leaf)
    return found


def is_complex(t: types.Type) -> bool:
    """Is it a complex number, marked or not?"""
    return isinstance(t, types.Complex | MarkedComplex)


def has_complex(*ts: types.Type) -> bool:
    """Are there complex numbers inside ``ts``, marked or not?"""
    found = []
    for t in ts:
        walk(t, lambda u: found.append(u) if is_complex(u) else None)
    return bool(found)


def top_level(*ts: types.Type) -> int:
    """The highest level of the duals inside ``ts``; 0 when there are none."""
    marker = marker_of(*ts)
    return max(marker.lanes) if isinstance(marker, Dual) else 0
