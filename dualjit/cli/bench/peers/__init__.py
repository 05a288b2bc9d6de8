"""Other libraries beside ours: the same derivative at the same point, each in a process of its own.

One idea: a peer is a module of this package with ``LABEL`` and ``build``; it imports its library only when it is
asked to build something, so that it is known without being installed.  ``TOLERANCE``, ``ENVIRONMENT`` and ``form`` may
stand in it, too.
"""

import importlib
import importlib.metadata
import importlib.util
from collections.abc import Callable, Sequence
from types import ModuleType

from ..problems import Scenario
from ..problems.forms import Form
from ..verify import TOLERANCE

NAMES = ("jax", "torch", "autograd", "casadi", "scipy")


def module(name: str) -> ModuleType:
    """What is known about a peer."""
    return importlib.import_module(f".{name}", __package__)


def label(name: str) -> str:
    """What a peer is called in tables."""
    return module(name).LABEL


def installed(name: str) -> bool:
    """Whether a peer can be imported; it is not imported for that."""
    return importlib.util.find_spec(name) is not None


def versions(names: Sequence[str]) -> dict[str, str]:
    """Versions of the peers, for the record."""
    return {name: importlib.metadata.version(name) for name in names}


def form(name: str, scenario: Scenario) -> Form | None:
    """A problem's form for a peer; None where it takes no part."""
    own = scenario.peers.get(name)
    if own is None and hasattr(module(name), "form"):
        return module(name).form(scenario)
    return own


def build(name: str, form: Form, scenario: Scenario, args: tuple) -> tuple[Callable, Callable]:
    """A peer's derivative as a function of nothing, which holds its arguments as arrays of its own.

    And what makes NumPy's arrays, in the structure of the reference, of its answer; that is not timed.
    """
    return module(name).build(form, scenario, args)


def tolerance(name: str) -> float:
    """The error above which an answer counts as wrong: for differences, which are no derivatives, a larger one."""
    return getattr(module(name), "TOLERANCE", TOLERANCE)


def environment(name: str) -> dict[str, str]:
    """What a peer wants to find in its environment."""
    return getattr(module(name), "ENVIRONMENT", {})
