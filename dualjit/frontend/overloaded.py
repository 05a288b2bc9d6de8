"""Functions the user taught Numba with ``overload`` and ``register_jitable``, on active data.

Numba would compile their implementations by its own pipeline, where nothing watches what active values reach.  So a
``register_jitable`` function is inlined like a jitted one, and the implementation an ``overload`` picks for the
primal's types is compiled as a twin.

Relies on the templates of ``types.Function`` keeping the overload in ``_overload_func``.
"""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable

from numba.core import types
from numba.core.registry import cpu_target
from numba.extending import overload

from dualjit.numbers.types import strip
from dualjit.rules import arrays, table

# Their functions have rows or are refused; what they register for them is not the user's.
LIBRARIES = ("numba", "numpy", "scipy", "math", "builtins", "operator", "dualjit")

# Written for users' programs to call: differentiated like the users' own functions.
PROGRAMS = "dualjit.adjoint.pullbacks."

_stubs: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()


def is_users(function) -> bool:
    """Is this a Python function of the user's, not a library's?"""
    module = getattr(function, "__module__", "") or ""
    known = module.split(".")[0] in LIBRARIES and not module.startswith(PROGRAMS)
    if not inspect.isfunction(function) or known:
        return False
    return arrays.row_of_function(function) is None and table.row_of(function) is None


def is_program(function) -> bool:
    """Is this a function of ours that is differentiated like a user's?  What it does depends on types.

    It has twins of its own.
    """
    return (getattr(function, "__module__", "") or "").startswith(PROGRAMS)


def is_plain_python(function) -> bool:
    """A function of the user's that Numba knows nothing of, or knows through ``register_jitable``."""
    return is_users(function) and all(_returns(t, function) for t in _overloads(function))


def is_overloaded(function) -> bool:
    """A function of the user's whose meaning an ``overload`` gives."""
    return is_users(function) and not is_plain_python(function)


def redirected(function: Callable, twin_of: Callable) -> Callable:
    """A function with the parameters of an overloaded one that runs twins of its implementations."""
    if function not in _stubs:
        names = ", ".join(inspect.signature(function).parameters)
        namespace: dict = {"__name__": __name__}
        exec(f"def {function.__name__}({names}): pass\n", namespace)
        stub = _stubs[function] = namespace[function.__name__]
        namespace["build"] = lambda *given: _implementation(function, names, twin_of, given)
        exec(f"def typed({names}): return build({names})", namespace)
        overload(stub)(namespace["typed"])
        # Registered while something is being compiled: the contexts have to look again.
        cpu_target.typing_context.refresh()
        cpu_target.target_context.refresh()
    return _stubs[function]


def _implementation(function, names: str, twin_of: Callable, given):
    bare = tuple(map(strip, given))
    for implement in _overloads(function):
        found = implement(*bare)
        if found is not None:
            namespace = {"twin": twin_of(found)}
            exec(f"def implementation({names}): return twin({names})", namespace)
            return namespace["implementation"]
    return None


def _overloads(function) -> list[Callable]:
    known = cpu_target.typing_context._lookup_global(function)
    templates = known.templates if isinstance(known, types.Function) else ()
    return [t._overload_func for t in templates if hasattr(t, "_overload_func")]


def _returns(implement: Callable, function: Callable) -> bool:
    """Is this the overload that ``register_jitable`` makes: one that gives the function itself?"""
    cells = implement.__closure__ or ()
    return any(cell.cell_contents is function for cell in cells)
