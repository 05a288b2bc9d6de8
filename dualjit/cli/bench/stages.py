"""Where compile time goes: what is recorded of a benchmark's compilation, and the table of it."""

import contextlib
from collections.abc import Iterator, Sequence

from dualjit.frontend.stages import ADJOINT, READING, STAGES
from dualjit.frontend.stages import recorder as recorder_of

from .show import Table

STEPS = ((READING, "read"), (ADJOINT, "prepared"), (ADJOINT, "adjoint_program"))
LEGEND = (
    "front end: Numba's passes on bytecode and IR, inlining; typing of f: type inference of the function as written;\n"
    "reading: its program; adjoint: plan and generation; typing: type inference of the adjoint and the driver;\n"
    "lowering: to LLVM's language; LLVM: its passes and machine code; rest: dispatch, the driver's source, the call."
)


@contextlib.contextmanager
def recorder(wanted: bool = True) -> Iterator[dict[str, float]]:
    """Record the compilations of a block; a dictionary which is full when the block has ended."""
    if not wanted:
        yield dict.fromkeys(STAGES, 0.0)
        return
    from dualjit.adjoint import compiled

    with recorder_of(compiled, STEPS) as spent:
        yield spent


def table(rows: Sequence[dict]) -> Table:
    """Milliseconds of each stage, problem by problem."""
    cells = [line(row) for row in rows if "stages" in row]
    return Table(("problem", "by", *STAGES, "all"), cells, ("problem", "by"), legend=LEGEND)


def line(row: dict) -> list[str]:
    """The cells of a row."""
    spent = [row["stages"][name] for name in STAGES]
    return [row["name"], row["transform"], *(f"{1e3 * seconds:.0f} ms" for seconds in (*spent, sum(spent)))]
