"""Where compile time goes.

One idea: Numba says when it runs a pass, when it compiles and when it is inside LLVM; its events nest, so the time
between two of them belongs to the innermost.  Steps that are no passes are announced the same way.

Relies on ``numba.core.event`` and on the names of Numba's passes.
"""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Iterable, Iterator
from types import ModuleType

from numba.core import event

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
def recorder(module: ModuleType, steps: Iterable[tuple[str, str]]) -> Iterator[dict[str, float]]:
    """Record the compilations of a block; a dictionary which is full when the block has ended.

    ``steps``: kinds of events, and the names of the functions in ``module`` that are such steps.
    """
    spent = dict.fromkeys(STAGES, 0.0)
    with contextlib.ExitStack() as stack:
        listener = Recorder(spent)
        for kind in KINDS:
            event.register(kind, listener)
            stack.callback(event.unregister, kind, listener)
        for kind, name in steps:
            stack.enter_context(announced(kind, module, name))
        yield spent
        listener.charge()


@contextlib.contextmanager
def announced(kind: str, module: ModuleType, name: str) -> Iterator[None]:
    """While it lasts, a function of a module is an event."""
    step = getattr(module, name)

    @functools.wraps(step)
    def with_event(*args, **kwargs):
        with event.trigger_event(kind):
            return step(*args, **kwargs)

    setattr(module, name, with_event)
    try:
        yield
    finally:
        setattr(module, name, step)
