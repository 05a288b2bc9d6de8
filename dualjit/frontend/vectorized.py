"""Calls of ``@vectorize`` functions on active data: the scalar function with active arguments, element by element.

Relies on ``DUFunc`` keeping the Python function it was made of, ``DUFunc._dispatcher.py_func``.
"""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable

import numpy as np
from numba import njit
from numba.core import types
from numba.core.registry import cpu_target
from numba.extending import overload
from numba.np.ufunc.dufunc import DUFunc

from dualjit.numbers.types import Marked, marker_of

_stubs: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()
_callers: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()


def is_vectorized(value) -> bool:
    """Was ``value`` made by ``numba.vectorize``?"""
    return isinstance(value, DUFunc)


def as_function(f: Callable) -> Callable:
    """A vectorized function as a Python function of the same parameters that calls it; others as they are."""
    if not is_vectorized(f):
        return f
    if f not in _callers:
        names = ", ".join(inspect.signature(f._dispatcher.py_func).parameters)
        namespace = {"ufunc": f, "__name__": __name__}
        exec(f"def {f.__name__}({names}): return ufunc({names})", namespace)
        _callers[f] = namespace[f.__name__]
    return _callers[f]


def elementwise(ufunc: DUFunc, twin_of: Callable) -> Callable:
    """A function of as many arguments that applies the scalar function element by element, on any numbers.

    ``twin_of`` makes the twin of a jitted function.
    """
    if ufunc not in _stubs:
        scalar = njit(ufunc._dispatcher.py_func)
        names = ", ".join(f"x{i}" for i in range(ufunc.nin))
        namespace: dict = {"__name__": __name__}
        exec(f"def {ufunc.__name__}({names}): pass", namespace)
        _stubs[ufunc] = stub = namespace[ufunc.__name__]
        overload(stub)(_implementation(scalar, names, twin_of))
        # Registered while something is being compiled: the contexts have to look again.
        cpu_target.typing_context.refresh()
        cpu_target.target_context.refresh()
    return _stubs[ufunc]


def is_elementwise(function) -> bool:
    """Is this what :func:`elementwise` made?"""
    return any(function is stub for stub in _stubs.values())


def _implementation(scalar, names: str, twin_of: Callable):
    def build(*arguments):
        elements = tuple(types.unliteral(t.dtype if isinstance(t, types.Array) else t) for t in arguments)
        if not all(isinstance(t, (types.Number, types.Boolean, Marked)) for t in elements):
            return None
        callee = twin_of(scalar) if marker_of(*elements) is not None else scalar
        callee.compile(elements)
        given = names.split(", ")
        namespace = {"np": np, "scalar": callee, "T": callee.overloads[elements].signature.return_type}
        arrays = [n for n, t in zip(given, arguments, strict=True) if isinstance(t, types.Array)]
        exec(_source(names, given, arrays), namespace)
        return namespace["implementation"]

    namespace = {"build": build}
    exec(f"def typed({names}): return build({names})", namespace)
    return namespace["typed"]


def _source(names: str, given: list[str], arrays: list[str]) -> str:
    if not arrays:
        return f"def implementation({names}):\n    return scalar({names})\n"
    spread = "".join(f"    {n}_b = np.broadcast_to({n}, shape)\n" for n in arrays)
    items = ", ".join(f"{n}_b[i]" if n in arrays else n for n in given)
    shapes = ", ".join(f"{n}.shape" for n in arrays)
    return (
        f"def implementation({names}):\n    shape = np.broadcast_shapes({shapes})\n{spread}"
        f"    answer = np.empty(shape, T)\n    for i in np.ndindex(shape):\n        answer[i] = scalar({items})\n"
        "    return answer\n"
    )
