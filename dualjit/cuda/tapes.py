"""How large the tape of a thread is: as large as its program can need, or as the user says, or else it is refused."""

from __future__ import annotations

from dualjit.adjoint.bounds import Frames, frames
from dualjit.adjoint.generation import Generator
from dualjit.errors import UnsupportedError
from dualjit.program.printer import short

MOST_BYTES = 512 << 10
"""Of local memory that a thread can have."""


def tape_of(made: Generator, shapes, name: str, tape: int | None) -> tuple[int, bool]:
    """Bytes of the tape, and whether each use has to look if they are enough."""
    kept = frames(made, shapes)
    for region in made.plan.acting:
        for v in made.kept(region):
            if v not in made.plain(region):
                what = "an array or a list" if "$" in v.name else f"'{short(v.name)}'"
                raise refuse_loop(made, region, name, f"keeps {what}, and a tape holds numbers", "")
    needed = sum(found.bytes * found.rounds for found in kept)
    if needed <= (MOST_BYTES if tape is None else tape):
        return int(needed), False
    if tape is not None:
        return tape, True
    worst = max(kept, key=lambda found: found.bytes * found.rounds)
    raise refuse_loop(made, worst.region, name, *too_much(worst))


def too_much(found: Frames) -> tuple[str, str]:
    numbers = found.bytes // 8
    keeps = f"keeps {numbers} number{'s' * (numbers > 1)} per round"
    bytes_ = f"tape=BYTES ({found.bytes} for each round)"
    if found.rounds < float("inf"):
        return f"{keeps} and has up to {found.rounds:.0f} rounds, too many for a thread's memory", bytes_
    return f"{keeps}, and the number of rounds is not known when it is compiled", bytes_


def refuse_loop(made: Generator, region, name: str, reason: str, remedy: str) -> UnsupportedError:
    loc = made.plan.blocks[region.header].end.loc
    give = f"give each thread a tape of fixed size, {remedy}, or " if remedy else ""
    return UnsupportedError(
        f"this loop of {name} by reverse mode in a kernel", f"its reverse {reason}", f'{give}use mode="forward"',
        loc.file, loc.line,
    )  # fmt: skip
