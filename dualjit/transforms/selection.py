"""Which arguments are differentiated: ``argnums`` resolved against the function's signature."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from numba import types

from dualjit.errors import ArgnumsError
from dualjit.transforms.arguments import flat_arguments, python_function, signature_of, star_position
from dualjit.transforms.structure import check_differentiable, is_list, leaves, refilled


@dataclass(frozen=True)
class Selection:
    """Positions of the differentiated parameters; ``single`` when the user gave one and not a tuple."""

    positions: tuple[int, ...]
    single: bool

    def packed(self, parts: list[str]) -> str:
        """The expression of one part per position: the part itself where the user gave no tuple."""
        return parts[0] if self.single else f"({', '.join(parts)},)"

    def jacobian(self, answer: types.Type, given: tuple, blocks: Iterable[list[str]], bind) -> str:
        """The structure of the answer, in each place the structure of the arguments."""
        outputs = [t for _, t in leaves(answer, "")]
        places = (self.place(t, given, parts, bind) for t, parts in zip(outputs, blocks, strict=True))
        return refilled(answer, places, bind)

    def place(self, output: types.Type, given: tuple, parts: list[str], bind) -> str:
        """What stands in the place of one output: of a list, whose parts are lists themselves, one for each item."""
        whole = self.row(given, parts, bind)
        if not is_list(output) or whole == parts[0]:
            return whole
        item = self.row(given, [f"{part}[_dj_item]" for part in parts], bind)
        return f"[{item} for _dj_item in range(len({parts[0]}))]"

    def hessian(self, answer: types.Type, given: tuple, blocks: Iterable[list[list[str]]], bind) -> str:
        """The structure of the answer, in each place that of the arguments, in each of whose places it is again."""
        rows = ([self.row(given, parts, bind) for parts in matrix] for matrix in blocks)
        return self.jacobian(answer, given, rows, bind)

    def row(self, given: tuple, parts: list[str], bind) -> str:
        """The structure of the arguments with these parts."""
        remaining = iter(parts)
        return self.packed([refilled(given[i], remaining, bind) for i in self.positions])


def select(f: Callable, argnums) -> Selection:
    """Resolve ``argnums``: an int (negative counts from the end), a parameter's name, or a tuple of these."""
    names = list(signature_of(f).parameters)
    single = not isinstance(argnums, (tuple, list))
    wanted = (argnums,) if single else tuple(argnums)
    where = f"{python_function(f).__name__}({', '.join(names)})"
    if not wanted:
        raise ArgnumsError(
            f"argnums is empty, nothing of {where} is selected: give a position, a name or a tuple of these"
        )
    star = star_position(f)
    positions = tuple(_position(a, names, where, star) for a in wanted)
    if len(set(positions)) < len(positions):
        raise ArgnumsError(f"argnums={argnums!r} selects an argument of {where} twice; give each one once")
    return Selection(positions, single)


def _position(argnum, names: list[str], where: str, star: int | None) -> int:
    if isinstance(argnum, str):
        if argnum not in names:
            raise ArgnumsError(
                f"argnums names {argnum!r}, but {where} has no such parameter; its parameters are {names}"
            )
        return names.index(argnum)
    try:
        position = argnum.__index__()
    except AttributeError:
        raise ArgnumsError(
            f"argnums has {argnum!r} of type {type(argnum).__name__}; "
            "give an int, a parameter's name, or a tuple of these"
        ) from None
    if isinstance(argnum, bool):
        raise ArgnumsError(f"argnums has {argnum!r}; give an int, a parameter's name, or a tuple of these")
    if star is not None and position >= 0:
        return position  # whether there is such an argument is known at the call
    if not -len(names) <= position < len(names):
        raise ArgnumsError(
            f"argnums has position {position}, but {where} has {len(names)} parameters: "
            f"give one of {-len(names)} to {len(names) - 1}"
        )
    return position % len(names)


def selected_arguments(f: Callable, argtypes: tuple, selection: Selection, name: str) -> tuple[list[str], tuple]:
    """Expressions and types of all arguments; raises unless the selected ones are there and can be differentiated."""
    names, given = flat_arguments(f, argtypes)
    for i in selection.positions:
        if i >= len(given):
            raise ArgnumsError(f"argnums has position {i}, but {name} was called with {len(given)} arguments")
        check_differentiable(given[i], names[i])
    return names, given
