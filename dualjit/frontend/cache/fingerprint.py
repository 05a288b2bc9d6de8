"""A digest of a function and of everything its compiled code depends on.

One idea: walk from the function through what its bytecode names (globals, closure cells, attributes of modules, jitted
functions with their options, rules of one's own) and feed each thing *by value* into one hash.  What can't be told by
value is refused by name, so that a stale derivative can't be found: the walk never guesses.

Relies on ``Dispatcher.py_func``, ``.targetoptions`` and ``.locals``, on ``DUFunc._dispatcher``, ``_Intrinsic._defn``,
on ``builtin_registry.globals`` with ``_overload_func`` on the templates of ``overload``, and on ``Type.key``.
"""

from __future__ import annotations

import dis
import enum
import inspect
import random
import struct
import sys
import types as pytypes
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, is_dataclass
from hashlib import blake2b
from pathlib import PurePath
from weakref import WeakKeyDictionary

import numpy as np
from numba.core import types
from numba.core.dispatcher import Dispatcher
from numba.core.typing.templates import builtin_registry
from numba.experimental.jitclass.base import JitClassType
from numba.extending import _Intrinsic
from numba.np.ufunc.dufunc import DUFunc

from dualjit.frontend.registered import any_registered, registered

# What these packages hold by name is as their version says.
LIBRARIES = ("builtins", "cmath", "dualjit", "llvmlite", "math", "numba", "numpy", "operator", "random", "scipy")

# Own digests of functions, as first seen: later ones differ where somebody has set a global anew.
_first_seen: WeakKeyDictionary = WeakKeyDictionary()


class UnknownContentError(Exception):
    """An object is reached whose content can't be told.

    Parameters
    ----------
    what : str
        Where it is and what it is.
    """


@dataclass(frozen=True)
class Reference:
    """A function met on the way: its code is fed later, once."""

    function: Callable


class Fingerprint:
    """The digest of objects fed by :meth:`add`.

    Attributes
    ----------
    changed : bool
        A function's globals are no longer what they were when it was first seen in this process: some of its compiled
        parts may be older than others.
    """

    def __init__(self):
        self.hash = blake2b(digest_size=20)
        self.numbers: dict[int, int] = {}
        self.waiting: list[Callable] = []
        self.changed = False
        self.begin()

    def begin(self) -> None:
        """Start with the next function."""
        self.tokens: list[bytes | Reference] = []
        self.met: dict[int, int] = {}
        self.kept: list = []  # alive as long as their ids are compared

    def hexdigest(self) -> str:
        """The digest of all that was added and is reached from it."""
        for implement in users_methods():
            self.put("method", implement.__module__, implement.__qualname__)
            self.code(implement.__code__, implement.__qualname__)
        self.feed(self.hash, lambda function: self.numbers[id(function)])
        while self.waiting:
            self.begin()
            function = self.waiting.pop()
            self.body(function)
            self.feed(self.hash, lambda function: self.numbers[id(function)])
            own = blake2b(digest_size=20)
            self.feed(own, id)
            self.changed |= _first_seen.setdefault(function, own.digest()) != own.digest()
        return self.hash.hexdigest()

    def feed(self, digest, number: Callable[[Callable], int]) -> None:
        """Feed what was collected, each piece with its length, so that no two sequences look alike."""
        for token in self.tokens:
            data = b"function %d" % number(token.function) if isinstance(token, Reference) else token
            digest.update(struct.pack("<q", len(data)))
            digest.update(data)

    def put(self, *tokens) -> None:
        """Collect tokens."""
        self.tokens += [t if isinstance(t, bytes) else str(t).encode("utf-8", "surrogatepass") for t in tokens]

    def again(self, value) -> bool:
        """Was this object met before in this function?  Then its number is fed."""
        if id(value) in self.met:
            self.put("again", self.met[id(value)])
            return True
        self.met[id(value)] = len(self.met)
        self.kept.append(value)
        return False

    # ---- values

    def add(self, value, where: str) -> None:
        """Feed a value; ``where`` names it in errors."""
        kind = type(value)
        custom = registered(value)
        if custom is not None:
            self.put("rule")
            self.add(custom, f"the rule of {where}")
        if kind in PLAIN:
            self.put(kind.__name__, PLAIN[kind](value))
        elif kind is tuple:
            self.items("tuple", value, where)
        elif kind in (set, frozenset):
            self.put(kind.__name__, *sorted(repr(item) for item in self.simple(value, where)))
        elif kind in (list, dict):
            if not self.again(value):
                self.items(kind.__name__, value if kind is list else value.items(), where)
        else:
            self.object(value, where)

    def items(self, kind: str, values: Collection, where: str) -> None:
        self.put(kind, len(values))
        for k, item in enumerate(values):
            self.add(item, f"{where}[{k}]")

    def simple(self, values: Iterable, where: str) -> Iterable:
        """The values of a set, whose order is another one in each process."""
        for value in values:
            if type(value) not in PLAIN:
                raise unknown(where, value)
            yield value

    def object(self, value, where: str) -> None:
        """Feed what is no plain value."""
        if is_held(value):
            self.put("held", value.__module__, value.__qualname__, version_of(value.__module__))
            self.overloads(value, where)
        else:
            feed = next(feed for kind, feed in OBJECTS if isinstance(value, kind))
            feed(self, value, where)

    def array(self, value: np.ndarray, where: str) -> None:
        if value.dtype.hasobject or type(value) is not np.ndarray:
            raise unknown(where, value)
        flags = value.flags.c_contiguous, value.flags.f_contiguous, value.flags.writeable, value.flags.aligned
        self.put("array", repr(value.dtype), value.shape, flags, value.tobytes())

    def scalar(self, value: np.generic, where: str) -> None:
        if value.dtype.hasobject:
            raise unknown(where, value)
        self.put("scalar", repr(value.dtype), value.tobytes())

    def member(self, value: enum.Enum, where: str) -> None:
        self.put("member", value.name)
        self.add(type(value), where)
        self.add(value.value, where)

    def named_tuple(self, value: tuple, where: str) -> None:
        self.add(type(value), where)
        self.items("tuple", tuple(value), where)

    def type(self, value: types.Type, where: str) -> None:
        """Feed a Numba type: types of the user's classes say nothing of what their methods do."""
        if type(value).__module__.split(".")[0] not in ("numba", "dualjit") or isinstance(value, FOREIGN_TYPES):
            raise unknown(where, value)
        self.put("type", type(value).__qualname__)
        if isinstance(value, types.Dispatcher):
            self.add(value.dispatcher, where)
        else:
            self.add(value.key, where)

    # ---- classes and modules, by name

    def cls(self, value: type, where: str) -> None:
        if isinstance(value, JitClassType) or any(c.__name__ == "StructRefProxy" for c in value.__mro__):
            raise unknown(where, value)
        self.put("class", value.__module__, value.__qualname__, version_of(value.__module__))
        self.add(getattr(value, "_fields", None), where)
        if issubclass(value, enum.Enum) and not self.again(value):
            self.items("members", [(m.name, m.value) for m in value], where)

    def module(self, value: pytypes.ModuleType, where: str) -> None:
        self.put("module", value.__name__, version_of(value.__name__))

    def attributes(
        self, module: pytypes.ModuleType, names: list[str], where: str, seen: frozenset = frozenset()
    ) -> None:
        """Feed those attributes of a module which a function may mean: of libraries what has a rule of one's own."""
        library, seen = is_library(module.__name__), seen | {module}
        if library and not any_registered():
            return
        for name in names:
            value = vars(module).get(name) if library else getattr(module, name, None)
            if isinstance(value, pytypes.ModuleType):
                if value not in seen:
                    self.attributes(value, names, f"{where}.{name}", seen)
            elif value is not None and (not library or registered(value) is not None):
                self.put("attribute", module.__name__, name)
                self.add(value, f"{where}.{name}")

    # ---- functions

    def function(self, value: pytypes.FunctionType, where: str) -> None:
        if id(value) not in self.numbers:
            self.numbers[id(value)] = len(self.numbers)
            self.waiting.append(value)
        self.tokens.append(Reference(value))

    def body(self, value: pytypes.FunctionType) -> None:
        """Feed the code of a function, and what it names."""
        name = value.__qualname__
        self.code(value.__code__, name)
        self.add(value.__defaults__, f"a default of {name}")
        self.add(value.__kwdefaults__, f"a default of {name}")
        for free, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=True):
            self.cell(free, cell, value)
        names = sorted(set(all_names(value.__code__)))
        for k in sorted(set(global_names(value.__code__))):
            if k in value.__globals__:
                self.named(k, value.__globals__[k], names, name)
        self.overloads(value, name)

    def cell(self, name: str, cell, function: pytypes.FunctionType) -> None:
        try:
            content = cell.cell_contents
        except ValueError:
            self.put("empty")
        else:
            self.named(name, content, sorted(set(all_names(function.__code__))), function.__qualname__)

    def named(self, name: str, value, names: list[str], function: str) -> None:
        """Feed what a name in a function stands for."""
        where = f"'{name}' in {function}"
        self.put("name", name)
        self.add(value, where)
        if isinstance(value, pytypes.ModuleType):
            self.attributes(value, names, where)

    def code(self, code: pytypes.CodeType, where: str) -> None:
        # Lines stand in the messages of errors raised by compiled code; so does the file, of which paths change.
        made = code.co_filename.startswith("<")
        self.put("code", code.co_code, code.co_linetable, "" if made else PurePath(code.co_filename).name)
        self.put(code.co_firstlineno, code.co_flags, code.co_argcount, code.co_kwonlyargcount, code.co_posonlyargcount)
        self.put(code.co_name, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
        self.put(getattr(code, "co_exceptiontable", b""))
        self.items("tuple", code.co_consts, f"a constant in {where}")

    def dispatcher(self, value: Dispatcher, where: str) -> None:
        """Feed a jitted function; of a derivative what makes it."""
        recipe = getattr(value, "recipe", None)
        if recipe is not None:
            if not self.again(value):
                self.items("recipe", recipe, where)
            return
        self.put("jitted", type(value).__name__)
        self.items("options", sorted((k, str(v)) for k, v in value.targetoptions.items()), where)
        self.items("options", sorted((k, str(v)) for k, v in value.locals.items()), where)
        self.add(value.py_func, where)

    def ufunc(self, value: DUFunc, where: str) -> None:
        self.put("vectorized", value.identity, value.types)
        self.items("options", sorted((k, str(v)) for k, v in value._dispatcher.targetoptions.items()), where)
        self.add(value._dispatcher.py_func, where)

    def intrinsic(self, value: _Intrinsic, where: str) -> None:
        self.put("intrinsic")
        self.add(value._defn, where)

    def builtin(self, value, where: str) -> None:
        owner = getattr(value, "__self__", None)
        if not isinstance(owner, (pytypes.ModuleType, *SHARED_STATES)) and not isinstance(value, np.ufunc):
            raise unknown(where, value)
        module = getattr(value, "__module__", None)
        self.put("builtin", module, value.__name__, version_of(module or "scipy"))
        self.overloads(value, where)

    def fields(self, value, where: str) -> None:
        """Feed a record of ours by its attributes."""
        if not (is_library(type(value).__module__) and is_dataclass(value)):
            raise unknown(where, value)
        if not self.again(value):
            self.put("object", type(value).__qualname__)
            self.items("fields", sorted(vars(value).items()), where)

    def bound(self, value: pytypes.MethodType, where: str) -> None:
        if isinstance(value.__self__, SHARED_STATES):
            self.builtin(value, where)
        else:
            self.put("bound")
            self.add(value.__func__, where)
            self.add(value.__self__, where)

    def overloads(self, value, where: str) -> None:
        """Feed what users have taught Numba of a function by ``overload``."""
        for implement in users_overloads(value):
            self.put("overload")
            self.add(implement, f"the overload of {where}")


# Whose methods Numba knows as functions: the state is Numba's own.
SHARED_STATES = (random.Random, np.random.RandomState)

FOREIGN_TYPES = (types.ClassType, types.ClassInstanceType, types.StructRef)

PLAIN = {
    type(None): repr,
    type(...): repr,
    bool: repr,
    int: repr,
    str: str,
    bytes: bytes,
    float: lambda x: struct.pack("<d", x),
    complex: lambda z: struct.pack("<dd", z.real, z.imag),
}

OBJECTS: tuple[tuple[type | tuple[type, ...], Callable], ...] = (
    (enum.Enum, Fingerprint.member),
    (np.ndarray, Fingerprint.array),
    (np.generic, Fingerprint.scalar),
    (np.dtype, lambda self, value, where: self.put("dtype", repr(value))),
    ((range, slice), lambda self, value, where: self.put("range", repr(value))),
    (tuple, Fingerprint.named_tuple),
    (type, Fingerprint.cls),
    (pytypes.ModuleType, Fingerprint.module),
    (pytypes.CodeType, Fingerprint.code),
    (Dispatcher, Fingerprint.dispatcher),
    (DUFunc, Fingerprint.ufunc),
    (pytypes.FunctionType, Fingerprint.function),
    (_Intrinsic, Fingerprint.intrinsic),
    ((pytypes.BuiltinFunctionType, np.ufunc), Fingerprint.builtin),
    (pytypes.MethodType, Fingerprint.bound),
    (types.Type, Fingerprint.type),
    (object, Fingerprint.fields),
)


def unknown(where: str, value) -> UnknownContentError:
    return UnknownContentError(f"{where} is a {type(value).__module__}.{type(value).__qualname__}")


def is_library(module: str | None) -> bool:
    """Is this the name of a module of a library whose version says what it holds?"""
    return (module or "").partition(".")[0] in LIBRARIES


def is_held(value) -> bool:
    """Does a library hold this function or class by its name?  What was made for somebody it does not."""
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if not isinstance(name, str) or not isinstance(module, str) or not is_library(module):
        return False
    found = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return any(f is value for f in (found, getattr(found, "py_func", None), getattr(found, "__func__", None)))


def version_of(module: str | None) -> str:
    """The version of the package a module belongs to, where it has one."""
    return str(getattr(sys.modules.get((module or "").partition(".")[0]), "__version__", ""))


def codes(code: pytypes.CodeType) -> Iterable[pytypes.CodeType]:
    """A code object and those inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, pytypes.CodeType):
            yield from codes(constant)


def all_names(code: pytypes.CodeType) -> Iterable[str]:
    """Names of globals and attributes."""
    for c in codes(code):
        yield from c.co_names


def global_names(code: pytypes.CodeType) -> Iterable[str]:
    """Names of globals."""
    for c in codes(code):
        for instruction in dis.get_instructions(c):
            if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                yield instruction.argval


def users_overloads(function) -> Iterable[Callable]:
    """Implementations that others than the libraries have registered for a function."""
    for known, t in builtin_registry.globals:
        if known is function:
            for template in getattr(t, "templates", ()):
                implement = getattr(template, "_overload_func", None)
                if inspect.isfunction(implement) and not is_library(implement.__module__):
                    yield implement


def users_methods() -> Iterable[Callable]:
    """Methods and attributes that others than the libraries have registered: any program may mean them."""
    for template in builtin_registry.attributes:
        implement = getattr(template, "_overload_func", None)
        if inspect.isfunction(implement) and not is_library(implement.__module__):
            yield implement
