"""What a transform returns: a Numba dispatcher whose source is written anew for each combination of argument types.

Callable from Python and from jitted code, specialises by type, pickles, and costs what an ``@njit`` call costs.

Relies on ``Dispatcher._compiler`` and ``_FunctionCompiler._get_implementation``, the hook of generated functions.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable

from numba.core import types
from numba.core.dispatcher import _FunctionCompiler
from numba.core.registry import CPUDispatcher
from numba.core.typing.typeof import typeof

from dualjit.frontend.callees import ARITHMETIC_OPTIONS
from dualjit.numbers.types import marker_of

OPTIONS = ("nogil", *ARITHMETIC_OPTIONS)


class Implementation:
    """Writes the Python function that a derivative compiles for given argument types."""

    def __call__(self, argtypes: tuple) -> Callable:
        raise NotImplementedError

    def observe(self, args: tuple) -> None:
        """See the arguments of a first call from Python: hints about sizes."""


class Derivative(CPUDispatcher):
    """A compiled derivative.

    Parameters
    ----------
    skeleton : function
        Has the name, the parameters and the docstring; its body is never run.
    implement : Implementation
        ``implement(argtypes)`` returns the Python function to compile for these types.
    primal : callable
        The function differentiated; the floating-point options and ``nogil`` of its decorator are kept.
    recipe : tuple
        ``(transform, args, kwargs)`` that makes this object again; it is what gets pickled.
    """

    def __init__(self, skeleton: Callable, implement: Implementation, primal: Callable, recipe: tuple):
        given = getattr(primal, "targetoptions", {})
        options = {"nopython": True, **{k: given[k] for k in OPTIONS if given.get(k)}}
        super().__init__(skeleton, targetoptions=options)
        self._compiler = _ImplementationCompiler(implement, self._compiler)
        self._recipe = recipe

    def _compile_for_args(self, *args, **kws):
        # Numba calls this when no compiled version fits: the one moment when sizes of arguments are seen.
        self._compiler.implement.observe(args)
        return super()._compile_for_args(*args, **kws)

    def __reduce__(self):
        transform, args, kwargs = self._recipe
        return _rebuild, (transform, args, kwargs)

    def source(self, *args) -> str:
        """The Python source compiled for arguments like these."""
        argtypes = tuple(typeof(a) for a in args)
        return inspect.getsource(self._compiler.implement(argtypes))


class _ImplementationCompiler(_FunctionCompiler):
    """Compiles ``implement(argtypes)`` in the place of the skeleton."""

    def __init__(self, implement, base: _FunctionCompiler):
        super().__init__(base.py_func, base.targetdescr, base.targetoptions, base.locals, base.pipeline_class)
        self.implement = implement

    def _compile_core(self, args, return_type):
        self.internal = marker_of(*args) is not None
        return super()._compile_core(args, return_type)

    def _customize_flags(self, flags):
        # Arrays of duals can't be boxed: code for them is called from compiled code alone.
        flags.no_cpython_wrapper = flags.no_cfunc_wrapper = self.internal
        return flags

    def _get_implementation(self, args, kws):
        return self.implement(tuple(value_type(t) for t in args))


def value_type(t: types.Type) -> types.Type:
    """The type an argument has inside the function: a default's own type where it was omitted, no literals."""
    return typeof(t.value) if isinstance(t, types.Omitted) else types.unliteral(t)


def _rebuild(transform, args, kwargs):
    return transform(*args, **kwargs)
