"""The part all reverse-mode drivers share.

Shadows of the arguments, the call of the adjoint, gradients from its answer.
"""

from __future__ import annotations

from collections.abc import Callable

from numba import typeof, types

from dualjit.adjoint.compiled import Adjoint
from dualjit.adjoint.seeds import Cotangents, Seeds
from dualjit.errors import OutputError
from dualjit.frontend.guard import guarded
from dualjit.numbers.intrinsics import lift
from dualjit.numbers.shadowing import shadow
from dualjit.numbers.types import Active, Dual, mark, marker_of, strip, top_level, walk
from dualjit.transforms.aliasing import refuse_overlaps
from dualjit.transforms.arguments import (
    check_written,
    omitted_defaults,
    python_function,
    star_position,
    with_star_tuple,
    without_star_tuple,
)
from dualjit.transforms.forward import named, private_copy
from dualjit.transforms.source import Writer, identifier
from dualjit.transforms.structure import (
    children,
    is_active,
    is_list,
    is_real,
    is_tuple,
    leaves,
    pack,
    scalar_type,
)


class ReversePass:
    """One function and its adjoint for given argument types.

    Parameters
    ----------
    f : callable
    argtypes : tuple of numba types
        Types the driver is called with, those in ``*args`` one by one.
    names : list of str
        Expressions of the arguments in the driver.
    positions : tuple of int
        Differentiated arguments.
    seeds, value, aux
        See :mod:`dualjit.adjoint.seeds`.
    check : callable
        Raises where the type of the answer is not what it should be.
    """

    def __init__(
        self,
        f: Callable,
        argtypes: tuple,
        names: list[str],
        positions: tuple[int, ...],
        *,
        seeds: type[Seeds] = Cotangents,
        value=False,
        aux=False,
        check: Callable = lambda t: None,
    ):
        self.names, self.given, self.positions = names, argtypes, positions
        self.name = python_function(f).__name__
        self.defaults, self.star = omitted_defaults(f, len(argtypes)), star_position(f)
        wanted = [active(t) if i in positions else strip(t) for i, t in enumerate(argtypes)]
        wanted += [typeof(d) for d in self.defaults]
        wanted = with_star_tuple(wanted, self.star)
        self.adjoint = Adjoint(f, wanted, identifier(self.name), seeds, value, aux, check=check)
        self.wanted, self.written = without_star_tuple(self.adjoint.argtypes, self.adjoint.written, self.star)
        check_written(f, argtypes, names, self.written)
        self.return_type = types.unliteral(self.adjoint.return_type)
        self.cotangent = cotangent_number([self.wanted[i] for i in range(len(argtypes)) if is_active(self.wanted[i])])
        marker = marker_of(*argtypes)
        self.zero_type = self.cotangent if marker is None else marker.over(self.cotangent)

    def check_aliases(self, w: Writer) -> None:
        """Refuse arguments that share memory which the function writes to."""
        refuse_overlaps(w, self.names, self.given, self.written)

    def zero(self, w: Writer) -> str:
        """A zero cotangent."""
        return self.number(w, "0.0")

    def zero_over(self, w: Writer, *beside: types.Type) -> tuple[str, types.Type]:
        """A zero cotangent with the levels of these data, and its type."""
        marker = marker_of(*beside)
        number = self.cotangent if marker is None else marker.over(self.cotangent)
        return named(w, "zero", f"{w.bind('lift', lift)}(0.0, {w.bind('T', number)})"), number

    def number(self, w: Writer, value: str) -> str:
        """A constant of the type of cotangents."""
        return named(w, "number", f"{w.bind('lift', lift)}({value}, {w.bind('T', self.zero_type)})")

    def wide_zero(self, w: Writer, lanes: int) -> str:
        """Zeros of so many cotangents at once: the partials of a dual whose value is never used."""
        number = Dual(self.zero_type, lanes, top_level(*self.given) + 1)
        return named(w, "kind", f"{w.bind('lift', lift)}(0.0, {w.bind('T', number)})")

    def shadows(self, w: Writer, zero: str, make=shadow) -> dict[int, str]:
        """Write shadows of zeros, made by ``make``, for all active arguments; expressions by position."""
        return {
            i: named(w, "bar", self.shadow_of(w, name, t, zero, make))
            for i, (name, t) in enumerate(zip(self.names, self.given, strict=True))
            if is_active(self.wanted[i]) and any(is_memory(leaf) for _, leaf in leaves(t, name))
        }

    def shadow_of(self, w: Writer, expr: str, t: types.Type, zero: str, make) -> str:
        if is_tuple(t):
            parts = [self.shadow_of(w, e, u, zero, make) for e, u in children(t, expr)]
            return pack(types.Tuple(t.types), parts, w.bind)
        make = make if isinstance(t, types.Array) and t.layout == "C" else shadow
        return f"{w.bind('shadow', make)}({expr}, {zero})" if is_memory(t) else "None"

    def call(self, w: Writer, shadows: dict[int, str], seeds: list[str], zero: str) -> str:
        """Write the call of the adjoint; the expression of its answer."""
        # Shadows of selected arguments are read after the call: their variables hold a reference while it runs.
        args, held = [], [bar for i, bar in shadows.items() if i in self.positions]
        for i, (name, t) in enumerate(zip(self.names, self.given, strict=True)):
            own = name
            if i in self.written:
                own = private_copy(w, name, t)
            args.append((own, self.memory(shadows.get(i), self.wanted[i])))
        args += [(w.bind("default", d), []) for d in self.defaults]
        if self.star is not None:
            fixed, rest = args[: self.star], args[self.star :]
            whole = pack(types.Tuple([types.none] * len(rest)), [own for own, _ in rest], w.bind)
            args = [*fixed, (whole, [bar for _, bars in rest for bar in bars])]
        operands = [x for own, bars in args for x in (own, *bars)]
        operands = f"({', '.join([*operands, *seeds, zero])},)"
        held = f"({''.join(f'{x}, ' for x in held)})"
        run = w.bind("adjoint", self.adjoint.dispatcher)
        return named(w, "r", f"{w.bind('guarded', guarded)}({run}, {operands}, {held})")

    def memory(self, expr: str | None, t: types.Type) -> list[str]:
        """The shadows in a structure of them, in order."""
        return [e for e, leaf in leaves(t, expr) if is_memory(leaf) and is_active(leaf)] if expr is not None else []

    def gradients(self, w: Writer, shadows: dict[int, str], answer: str, first: int) -> dict[int, str]:
        """Expressions of the gradients with respect to the active arguments.

        Numbers stand in the answer from ``first`` on.
        """
        place = iter(range(first, 1 << 20))
        found = {}
        for i, t in enumerate(self.given):
            if is_active(self.wanted[i]):
                found[i] = self.gradient(w, t, self.wanted[i], shadows.get(i), answer, place)
        return found

    def cotangent_type(self, i: int) -> types.Type:
        """The type of an argument with numbers of cotangents."""
        return walk(self.given[i], lambda t: self.zero_type if is_real(t) else None)

    def gradient(self, w: Writer, t, wanted, bar: str | None, answer: str, place) -> str:
        if is_tuple(t):
            parts = [
                self.gradient(w, u, goal, f"{bar}[{k}]", answer, place) if is_active(goal) else "None"
                for k, (u, goal) in enumerate(zip(t.types, wanted.types, strict=True))
            ]
            return pack(t, parts, w.bind)
        if is_memory(t):
            return bar
        number = f"{answer}[{next(place)}]"
        same = not isinstance(t, types.Float) or t == self.zero_type
        return number if same else f"{w.bind('real', t)}({number})"


def is_memory(t: types.Type) -> bool:
    return isinstance(t, types.Array) or is_list(t)


def active(t: types.Type) -> types.Type:
    """The type with its floats marked."""
    return mark(strip(types.unliteral(t)), Active(types.float64))


def cotangent_number(ts: list[types.Type]) -> types.Type:
    """The number cotangents are: single precision where all that is differentiated is."""
    found = [scalar_type(leaf) for t in ts for _, leaf in leaves(t, "")]
    floats = [strip(f) for f in found if is_real(f)]
    return types.float32 if floats and all(f == types.float32 for f in floats) else types.float64


def check_scalar(t: types.Type, name: str) -> None:
    """Raise OutputError unless a function returns one real number."""
    t = t.type if isinstance(t, types.Optional) else t
    if is_real(t):
        return
    if isinstance(t, types.Array) or is_tuple(t) or is_list(t):
        raise OutputError(
            f"{name} returns {strip(t)}, but a gradient is that of one number: use dualjit.jacrev or jacfwd for "
            "its Jacobian, or return a number (a sum, an element)"
        )
    raise OutputError(f"{name} returns {strip(t)}, which has no derivative: return a float")
