"""A function's *twin*: the same Python function, compiled with active arguments."""

from __future__ import annotations

import inspect
import threading
import weakref
from collections.abc import Callable

from numba.core import errors, ir, types
from numba.core.registry import CPUDispatcher

import dualjit.numbers.registration  # noqa: F401  (whatever is compiled with active arguments needs it)
from dualjit.errors import DualjitError, UnsupportedError
from dualjit.frontend.compiler import ActiveCompiler
from dualjit.frontend.dispatcher import ARITHMETIC_OPTIONS, Derivative, marked_template
from dualjit.frontend.inference import NeedsMarkedArguments, first_reason, noting_needs
from dualjit.frontend.origins import lacks
from dualjit.frontend.refusal import refuse
from dualjit.numbers.types import Active, mark, marker_of, strip
from dualjit.numbers.typing import UNDERSTOOD

# What of the user's decorator is kept, besides the arithmetic options.
KEPT_OPTIONS = (*ARITHMETIC_OPTIONS, "parallel")

_twins: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()
_lock = threading.RLock()


class Twin(CPUDispatcher):
    """Internal dispatcher of a user's function under the active pipeline."""

    def __init__(self, function: Callable, py_func: Callable, targetoptions: dict):
        pipeline = type("ActiveCompilerOfTwin", (ActiveCompiler,), {"twin": self})
        super().__init__(py_func, targetoptions={"nopython": True, **targetoptions}, pipeline_class=pipeline)
        self.function = function
        kinds = [p.kind for p in inspect.signature(py_func).parameters.values()]
        self.star = kinds.index(inspect.Parameter.VAR_POSITIONAL) if inspect.Parameter.VAR_POSITIONAL in kinds else None
        # Argument types with which a call was refused, to the arguments that have to be marked.
        self.needs: dict[tuple, dict] = {}

    @property
    def kept_options(self) -> dict:
        """Options of the user's decorator that mean something for derivatives, too."""
        return {k: v for k, v in self.targetoptions.items() if k in KEPT_OPTIONS}

    @staticmethod
    def of(function: Callable) -> Twin:
        """The twin of a Python function or of a dispatcher (one per function)."""
        with _lock:
            try:
                return _twins[function]
            except KeyError:
                twin = _twins[function] = _make(function)
                return twin

    def get_call_template(self, args, kws):
        try:
            with noting_needs(self, args):
                if isinstance(marker_of(*args, *kws.values()), Active):
                    found = marked_template(self, args, kws, self.check_answer)
                    self.check_stores(args, kws)
                    return found
                return super().get_call_template(args, kws)
        except UnsupportedError as refused:
            # Perhaps for want of marks that the caller's fixpoint has still to set; explain() finds it again.
            raise errors.TypingError(str(refused)) from refused

    def check_stores(self, args: tuple, kws: dict) -> None:
        """Ask for marks on what is stored into, which no inference sees here: only the primal's types are inferred."""
        _, given = self._compiler.fold_argument_types(args, kws)
        marker, compiled = marker_of(*given), self.overloads.get(tuple(map(strip, given)))
        stores = compiled.metadata["dualjit_stores"] if compiled is not None else {}
        needed = {i: marker for i in stores if i < len(args) and lacks(args[i], marker)}
        if needed:
            raise NeedsMarkedArguments(needed)

    def check_answer(self, answer: types.Type) -> None:
        """Refuse to be called under reverse mode where derivatives can't be followed through the answer."""
        if not isinstance(answer, (*UNDERSTOOD, types.RangeType, types.Callable)):
            code = self.py_func.__code__
            loc = ir.Loc(code.co_filename, code.co_firstlineno)
            why = f"it returns a {answer.name.partition('(')[0]}, through which derivatives can't be followed"
            raise refuse(loc, f"the call of {self.__name__}", why, "return numbers or arrays")

    def specialise(self, argtypes: tuple) -> Specialisation:
        """Compile for these argument types; arguments that receive active values are marked first."""
        while True:
            try:
                self.compile(tuple(argtypes))
            except NeedsMarkedArguments as needed:
                given = argtypes
                marks = needed.arguments
                argtypes = tuple(mark(t, marks[i]) if i in marks else t for i, t in enumerate(given))
                if argtypes == given:
                    raise
            except (DualjitError, errors.ForceLiteralArg):
                raise
            except Exception as error:
                # Whatever goes wrong behind type inference: no derivative.
                if getattr(error, "of_primal", False) or marker_of(*argtypes) is None:
                    raise
                code = self.py_func.__code__
                loc = getattr(error, "loc", None) or ir.Loc(code.co_filename, code.co_firstlineno)
                raise refuse(loc, "this statement", first_reason(error)) from error
            else:
                return Specialisation(self, tuple(argtypes))


class Specialisation:
    """A twin compiled for argument types: what the code around it has to know."""

    def __init__(self, twin: Twin, argtypes: tuple):
        compiled = twin.overloads[argtypes]
        self.twin = twin
        self.argtypes = argtypes
        self.return_type = compiled.signature.return_type
        self.written = compiled.metadata["dualjit_written"]


def _make(function) -> Twin:
    options = getattr(function, "targetoptions", {})
    body = _caller_of(function) if isinstance(function, Derivative) else getattr(function, "py_func", function)
    return Twin(function, body, {k: options[k] for k in KEPT_OPTIONS if options.get(k)})


def _caller_of(derivative: Derivative) -> Callable:
    """A derivative is differentiated through a function that calls it: called with duals, it nests."""
    parameters = inspect.signature(derivative.py_func).parameters.values()
    names = ", ".join(f"*{p.name}" if p.kind is p.VAR_POSITIONAL else p.name for p in parameters)
    namespace = {"derivative": derivative}
    exec(f"def {derivative.__name__}({names}): return derivative({names})", namespace)
    return namespace[derivative.__name__]
