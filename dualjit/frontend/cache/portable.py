"""Compiled functions as bytes that any process may load, beside any others.

Numba's names of compiled functions are unique in one process alone: two processes may give one name to different
functions.  So everything in the object code is made internal but the function and its wrappers, and these get a suffix
that is unique to the entry, as do the environments (constants of ``print`` and ``raise``).

Relies on the prefixes of the names of environments and of addresses that Numba fills in, on ``Codegen._tm``,
``CodeLibrary._final_module``, ``unserialize_library``, ``set_env``, on the fields of ``FunctionDescriptor`` and
``CompileResult``, and on ``Environment``.
"""

from __future__ import annotations

import copy
import pickle
import sys
from weakref import WeakValueDictionary

import llvmlite.binding as llvm
from numba.core import types
from numba.core.compiler import CompileResult, compile_result
from numba.core.environment import Environment, lookup_environment
from numba.core.serialize import dumps
from numba.core.typing import signature

ENVIRONMENT = "_ZN08NumbaEnv"
UNRESOLVED = ".numba.unresolved$"

# Code loaded before, by its key: a second derivative of the same function shares it.
_loaded: WeakValueDictionary = WeakValueDictionary()


class UnportableError(Exception):
    """Compiled code that holds addresses of this process, or classes that another one can't find."""


def to_bytes(compiled: CompileResult, key: str) -> bytes:
    """A compiled function with names unique to ``key``."""
    check(compiled)
    suffix = f".{key}"
    module, environments = renamed(compiled, suffix)
    code = compiled.library.codegen._tm.emit_object(module)
    reload = {*compiled.reload_init, *compiled.library._reload_init}
    return dumps(
        (
            (compiled.library.name, "object", (code, module.as_bitcode())),
            described(compiled.fndesc, suffix),
            compiled.signature.return_type,
            [(f"{e.env_name}{suffix}", tuple(e.consts)) for e in environments],
            tuple(reload),
        )
    )


def check(compiled: CompileResult) -> None:
    """Raise where the code is good for this process alone."""
    if compiled.library.has_dynamic_globals:
        raise UnportableError("its code holds addresses of this process, such as that of a large global array")
    if compiled.objectmode or compiled.lifted:
        raise UnportableError("it runs Python code")
    for t in parts(compiled.signature.return_type):
        if isinstance(t, types.BaseNamedTuple) and not is_importable(t.instance_class):
            raise UnportableError(f"it returns a {t.instance_class.__qualname__}, which can't be imported by name")


def parts(t: types.Type):
    """A type and those in it."""
    yield t
    for item in getattr(t, "types", ()):
        yield from parts(item)


def is_importable(cls: type) -> bool:
    """Can another process find a class by its name?"""
    module = sys.modules.get(cls.__module__)
    return cls.__module__ != "__main__" and getattr(module, cls.__qualname__, None) is cls


def renamed(compiled: CompileResult, suffix: str):
    """The module with its names made unique, and the environments it reads."""
    module, described = resolved(compiled.library._final_module.clone()), compiled.fndesc
    exported = {described.llvm_func_name, described.llvm_cpython_wrapper_name, described.llvm_cfunc_wrapper_name}
    for function in [f for f in module.functions if not f.is_declaration]:
        if function.name in exported:
            function.name += suffix
        else:
            function.linkage = "internal"
    environments = []
    for variable in [v for v in module.global_variables if v.name.startswith(ENVIRONMENT)]:
        found = lookup_environment(variable.name)
        if found is not None:
            environments.append(found)
        variable.name += suffix
    module.verify()
    return module, environments


def resolved(module):
    """The module with the addresses which Numba fills in after it has linked: those of recursive functions."""
    defined = {f.name for f in module.functions if not f.is_declaration}
    for variable in [v for v in module.global_variables if v.name.startswith(UNRESOLVED)]:
        name = variable.name.removeprefix(UNRESOLVED)
        if name not in defined or str(variable.type) != "ptr":
            raise UnportableError("it calls a function that was still being compiled, as rules do that call their own")
        text = f'@"{variable.name}" = global ptr @"{name}"\ndeclare void @"{name}"()\n'
        module.link_in(llvm.parse_assembly(text))
        module.get_global_variable(f"{UNRESOLVED}{name}").linkage = "internal"
    return module


def described(given, suffix: str):
    """The descriptor of a function with its new names, without what only its compilation needed."""
    answer = copy.copy(given)
    answer.typemap = answer.calltypes = answer.global_dict = None
    answer.argtypes = ()  # those of the call take their place: they may hold objects of the process
    answer.mangled_name += suffix
    answer.env_name += suffix
    return answer


def from_bytes(data: bytes, key: str, argtypes: tuple, context) -> CompileResult:
    """Load what :func:`to_bytes` returned, for arguments of these types."""
    serialized, fndesc, return_type, constants, reload = pickle.loads(data)
    for initialise in reload:
        initialise()
    library = _loaded.get(key)
    if library is None:
        library = _loaded[key] = context.codegen().unserialize_library(serialized)
        library._reload_init.update(reload)
    fndesc.argtypes = argtypes
    environments = [environment(name, held, fndesc) for name, held in constants]
    own = next((e for e in environments if e.env_name == fndesc.env_name), None) or environment(
        fndesc.env_name, (), fndesc
    )
    entry_point = context.get_executable(library, fndesc, own)
    for e in environments:
        library.codegen.set_env(e.env_name, e)
    return compile_result(
        typing_context=context.typing_context,
        target_context=context,
        entry_point=entry_point,
        type_annotation="",
        signature=signature(return_type, *argtypes),
        objectmode=False,
        lifted=(),
        fndesc=fndesc,
        library=library,
        environment=own,
        metadata={},
        reload_init=list(reload),
        referenced_envs=tuple(environments),
    )


def environment(name: str, constants: tuple, fndesc) -> Environment:
    """The environment of this name, made where there is none."""
    found = lookup_environment(name)
    if found is None:
        found = Environment(fndesc.lookup_globals())
        found.env_name = name
        found.consts[:] = constants
        Environment._memo[name] = found
    return found
