"""Where compile time goes.

One idea: Numba says when it runs a pass, when it compiles and when it is inside LLVM; its events nest, so the time
between two of them belongs to the innermost.  Two steps of ours that are no passes are announced the same way.
Source: numba.core.event, which is public.
"""

import contextlib
import functools
import time
from collections.abc import Iterator, Sequence

from numba.core import event

from .show import Table

READING, ADJOINT = "dualjit:reading", "dualjit:adjoint"
KINDS = ("numba:compile", "numba:run_pass", "numba:llvm_lock", READING, ADJOINT)

# In the order of work; what is in no event is generation of the driver and the call itself.
STAGES = ("front end", "typing of f", "reading", "adjoint", "typing", "lowering", "LLVM", "rest")
PASSES = {
    "dualjit_active_type_inference": "typing of f",
    "nopython_type_inference": "typing",
    "native_lowering": "lowering",
    "native_parfor_lowering": "lowering",
    "nopython_backend": "lowering",
}
LEGEND = (
    "front end: Numba's passes on bytecode and IR, inlining; typing of f: type inference of the function as written;\n"
    "reading: its program; adjoint: plan and generation; typing: type inference of the adjoint and the driver;\n"
    "lowering: to LLVM's language; LLVM: its passes and machine code; rest: dispatch, the driver's source, the call."
)
OTHERS = {"numba:llvm_lock": "LLVM", READING: "reading", ADJOINT: "adjoint", "numba:compile": "rest"}


class Recorder(event.Listener):
    """Seconds by stage: each moment counts for the innermost event that has begun and not ended."""

    def __init__(self, spent: dict[str, float]):
        self.spent, self.open, self.last = spent, ["rest"], time.perf_counter()

    def on_start(self, event):
        self.charge()
        self.open.append(stage(event))

    def on_end(self, event):
        self.charge()
        self.open.pop()

    def charge(self) -> None:
        """The time since the last event."""
        now = time.perf_counter()
        self.spent[self.open[-1]] += now - self.last
        self.last = now


def stage(event) -> str:
    """The stage an event belongs to; passes over the function as it was written are the front end's."""
    if event.kind != "numba:run_pass":
        return OTHERS[event.kind]
    return PASSES.get(event.data["name"].split()[0], "front end")


@contextlib.contextmanager
def recorder(wanted: bool = True) -> Iterator[dict[str, float]]:
    """Record the compilations of a block; a dictionary which is full when the block has ended."""
    spent = dict.fromkeys(STAGES, 0.0)
    if not wanted:
        yield spent
        return
    with contextlib.ExitStack() as stack:
        listener = Recorder(spent)
        for kind in KINDS:
            event.register(kind, listener)
            stack.callback(event.unregister, kind, listener)
        for kind, name in ((READING, "read"), (ADJOINT, "prepared"), (ADJOINT, "adjoint_program")):
            stack.enter_context(announced(kind, name))
        yield spent
        listener.charge()


@contextlib.contextmanager
def announced(kind: str, name: str) -> Iterator[None]:
    """While it lasts, a step of the adjoint's making is an event."""
    from dualjit.adjoint import compiled

    step = getattr(compiled, name)

    @functools.wraps(step)
    def with_event(*args, **kwargs):
        with event.trigger_event(kind):
            return step(*args, **kwargs)

    setattr(compiled, name, with_event)
    try:
        yield
    finally:
        setattr(compiled, name, step)


def table(rows: Sequence[dict]) -> Table:
    """Milliseconds of each stage, problem by problem."""
    cells = [line(row) for row in rows if "stages" in row]
    return Table(("problem", "by", *STAGES, "all"), cells, ("problem", "by"), legend=LEGEND)


def line(row: dict) -> list[str]:
    """The cells of a row."""
    spent = [row["stages"][name] for name in STAGES]
    return [row["name"], row["transform"], *(f"{1e3 * seconds:.0f} ms" for seconds in (*spent, sum(spent)))]
