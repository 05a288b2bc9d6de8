"""What a transform returns: a Numba dispatcher whose source is written anew for each combination of argument types.

Callable from Python and from jitted code, specialises by type, pickles, and costs what an ``@njit`` call costs.

Relies on ``Dispatcher._compiler`` and ``_FunctionCompiler._get_implementation``, the hook of generated functions.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from numba.core import types
from numba.core.dispatcher import _FunctionCompiler
from numba.core.registry import CPUDispatcher
from numba.core.typing import signature
from numba.core.typing.templates import make_concrete_template
from numba.core.typing.typeof import typeof

from dualjit.frontend.cache.cache import DerivativeCache
from dualjit.frontend.linked import linked
from dualjit.numbers.types import Active, mark, marker_of, strip

if TYPE_CHECKING:
    from dualjit.rules.arrays.table import ArrayRow

# Options that change the meaning of arithmetic: a callee that differs in one keeps its own compilation.
ARITHMETIC_OPTIONS = ("fastmath", "error_model", "boundscheck")
OPTIONS = ("nogil", *ARITHMETIC_OPTIONS)


class Implementation:
    """Writes the Python function that a derivative compiles for given argument types."""

    def __call__(self, argtypes: tuple) -> Callable:
        raise NotImplementedError

    def observe(self, args: tuple) -> None:
        """See the arguments of a first call from Python: hints about sizes."""

    def choice(self, argtypes: tuple) -> tuple:
        """What the function written depends on besides the types and the transform's arguments."""
        return ()

    def pullback(self, count: int):
        """How reverse mode goes back through a call of the derivative with so many arguments; None where it can't."""
        return None


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
        ``(transform, args)`` that makes this object again; it is what gets pickled.
    cache : bool, optional
        Is its compiled code kept on disk?  By default as ``dualjit.options`` or the decorator of ``primal`` say.
    """

    more_options: Mapping[str, bool] = MappingProxyType({})
    """Numba's options that all of the class have."""

    def __init__(
        self, skeleton: Callable, implement: Implementation, primal: Callable, recipe: tuple, cache: bool | None = None
    ):
        given = getattr(primal, "targetoptions", {})
        options = {"nopython": True, **self.more_options, **{k: given[k] for k in OPTIONS if given.get(k)}}
        super().__init__(skeleton, targetoptions=options)
        self._compiler = _ImplementationCompiler(implement, self._compiler)
        self.rows: dict[int, ArrayRow] = {}
        self.recipe, self.cache = recipe, cache
        if not any(isinstance(a, Implementation) for a in recipe[1]):  # parts of other derivatives
            self._cache = DerivativeCache(self.__name__, self._content, cache, primal)

    def _compile_for_args(self, *args, **kws):
        # Numba calls this when no compiled version fits: the one moment when sizes of arguments are seen.
        self._compiler.implement.observe(args)
        return super()._compile_for_args(*args, **kws)

    def _content(self, argtypes: tuple) -> tuple | None:
        """All that the compiled code depends on, but for versions: what is kept on disk is found by it.

        None where it is a part of another derivative's code.
        """
        if marker_of(*argtypes) is not None:
            return None
        return self.recipe, self.targetoptions, self._compiler.implement.choice(argtypes)

    def row(self, count: int) -> ArrayRow:
        """What a program under reverse mode knows of a call with so many arguments.

        Its answer is memory of its own, and its pullback.
        """
        from dualjit.rules.arrays.table import ArrayRow, Effect  # what is found on disk needs no rules

        if count not in self.rows:
            stub, pullback = stub_with([f"p{k}" for k in range(count)]), self._compiler.implement.pullback(count)
            self.rows[count] = ArrayRow(self.__name__, (self,), (), stub, Effect.FRESH, True, pullback=pullback)
        return self.rows[count]

    def get_call_template(self, args, kws):
        if isinstance(marker_of(*args, *kws.values()), Active):
            return marked_template(self, args, kws)
        return super().get_call_template(args, kws)

    def __reduce__(self):
        transform, args = self.recipe
        return _rebuild, (transform, args, {} if self.cache is None else {"cache": self.cache})

    def source(self, *args) -> str:
        """The Python source compiled for arguments like these."""
        argtypes = tuple(typeof(a) for a in args)
        return inspect.getsource(self._compiler.implement(argtypes))


def stub_with(parameters: list[str]) -> Callable:
    """A function that is never called, with these parameters."""

    def stub():
        pass

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    stub.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in parameters])
    return stub


def marked_template(dispatcher: CPUDispatcher, args, kws, check: Callable[[types.Type], None] = lambda answer: None):
    """The call's type with the marker that no code is generated for: the answer to unmarked arguments, marked.

    ``check`` raises where such an answer is not understood.
    """
    pysig, args = dispatcher._compiler.fold_argument_types(args, kws)
    bare = tuple(map(strip, args))
    template, *_ = CPUDispatcher.get_call_template(dispatcher, bare, {})
    answer = next(s.return_type for s in template.cases if s.args == bare)
    check(answer)
    sig = signature(mark(answer, marker_of(*args)), *args)
    return make_concrete_template(template.__name__, key=dispatcher.py_func.__name__, signatures=[sig]), pysig, args, {}


class _ImplementationCompiler(_FunctionCompiler):
    """Compiles ``implement(argtypes)`` in the place of the skeleton."""

    def __init__(self, implement, base: _FunctionCompiler):
        super().__init__(base.py_func, base.targetdescr, base.targetoptions, base.locals, base.pipeline_class)
        self.implement = implement

    def _compile_core(self, args, return_type):
        self.internal = marker_of(*args) is not None
        with linked():
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
