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
from numba.core.typing import signature
from numba.core.typing.templates import AbstractTemplate, infer_global
from numba.extending import overload
from numba.np.ufunc.dufunc import DUFunc

from dualjit.numbers.types import Active, Marked, mark, marker_of, strip

_stubs: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()
_callers: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()
_scalars: dict[Callable, Callable] = {}
_loops: dict[tuple, Callable] = {}


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
        infer_global(
            stub,
            types.Function(
                type(f"Active_{ufunc.__name__}", (_ActiveTemplate,), {"key": stub, "stub": staticmethod(stub)})
            ),
        )
        _scalars[stub] = scalar
        # Registered while something is being compiled: the contexts have to look again.
        cpu_target.typing_context.refresh()
        cpu_target.target_context.refresh()
    return _stubs[ufunc]


def is_elementwise(function) -> bool:
    """Is this what :func:`elementwise` made?"""
    return any(function is stub for stub in _stubs.values())


def loop_of(stub: Callable, arguments: tuple[types.Type, ...]) -> Callable:
    """What a function that :func:`elementwise` made does with arguments of these types, as a Python function."""
    arrays = tuple(isinstance(t, types.Array) for t in arguments)
    bare = tuple(map(strip, _elements(arguments)))
    if (stub, arrays, bare) not in _loops:
        _loops[stub, arrays, bare] = _loop(_scalars[stub], arrays, bare)
    return _loops[stub, arrays, bare]


def _elements(arguments) -> tuple[types.Type, ...]:
    return tuple(types.unliteral(t.dtype if isinstance(t, types.Array) else t) for t in arguments)


def _loop(scalar, arrays: tuple[bool, ...], elements: tuple[types.Type, ...]) -> Callable:
    """A Python function that applies ``scalar`` to elements of these types, of arguments some of which are arrays."""
    scalar.compile(elements)
    namespace = {"np": np, "scalar": scalar, "T": scalar.overloads[elements].signature.return_type}
    given = [f"x{i}" for i in range(len(arrays))]
    spread = [n for n, is_array in zip(given, arrays, strict=True) if is_array]
    exec(_source(", ".join(given), given, spread), namespace)
    return namespace["implementation"]


class _ActiveTemplate(AbstractTemplate):
    """The call's type with the marker that no code is generated for: the primal's answer, marked."""

    def generic(self, args, kws):
        marker = marker_of(*args)
        if kws or not isinstance(marker, Active):
            return None
        bare = tuple(strip(types.unliteral(t)) for t in args)
        primal = njit(loop_of(self.stub, bare))
        primal.compile(bare)
        return signature(mark(primal.overloads[bare].signature.return_type, marker), *args)


def _implementation(scalar, names: str, twin_of: Callable):
    def build(*arguments):
        elements = _elements(arguments)
        if not all(isinstance(t, (types.Number, types.Boolean, Marked)) for t in elements):
            return None
        if isinstance(marker_of(*elements), Active):
            return None
        callee = twin_of(scalar) if marker_of(*elements) is not None else scalar
        return _loop(callee, tuple(isinstance(t, types.Array) for t in arguments), elements)

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
