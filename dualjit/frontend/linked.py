"""Code that is only ever linked into other code is optimised there, and only there.

Numba optimises each function and makes machine code of it, then does both again in all that call it.  While a
derivative is compiled, the modules of functions are kept as they were lowered; what is to be called from outside, the
driver with its Python wrapper first of all, is linked from all of them, and optimised as a whole.

A function gets machine code of its own when somebody asks for its address, links it into code of Numba's own classes,
saves or shows it.  Recursive functions, whose addresses Numba fills in, get it at once, and so do all that call them.

Relies on ``Codegen._library_class``; on ``_final_module``, ``_linking_libraries`` and the steps ``add_llvm_module``,
``finalize``, ``_optimize_functions``, ``_optimize_final_module``, ``_finalize_final_module`` and ``_finalize_specific``
of ``CPUCodeLibrary``; on ``get_executable`` calling ``library.codegen.set_env``; on ``RuntimeLinker``: the prefix of
the addresses it fills in, ``_unresolved``, the names it waits for.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from weakref import WeakValueDictionary

import llvmlite.binding as llvm
from numba.core.codegen import CodeLibrary, JITCodeLibrary, RuntimeLinker
from numba.core.environment import Environment
from numba.core.registry import cpu_target
from numba.core.runtime import rtsys

External, Mergeable = llvm.Linkage.external, llvm.Linkage.linkonce_odr
# What holds a function that may have no machine code yet, by the function's name.
_defining: WeakValueDictionary[str, LinkedLibrary] = WeakValueDictionary()


class LinkedLibrary(JITCodeLibrary):
    """A function as it was lowered, and what it calls; machine code when it is wanted.

    Attributes
    ----------
    is_loaded : bool
        Is there machine code?
    is_recursive : bool
        Does it hold addresses that Numba fills in, or call what does?
    environments : dict
        The function's own environment by its name, for all machine code that the function becomes a part of.
    """

    def __init__(self, codegen, name: str):
        super().__init__(codegen, name)
        self.is_loaded = self.is_recursive = False
        self.environments: dict[str, Environment] = {}

    @property
    def codegen(self):
        return _Environments(self)

    def add_llvm_module(self, ll_module) -> None:
        ll_module.data_layout = self._codegen._data_layout
        self._final_module.link_in(ll_module)

    def finalize(self) -> None:
        self._raise_if_finalized()
        for library in self._linking_libraries:
            self._reload_init.update(library._reload_init)
        self.is_recursive = has_unresolved(self._final_module) or any(
            isinstance(library, LinkedLibrary) and library.is_recursive for library in self._linking_libraries
        )
        self._finalized = True
        _defining.update({function.name: self for function in self.get_defined_functions()})
        if self.is_recursive or self in self.awaited():
            self.load()

    def load(self) -> None:
        """Make machine code."""
        self._ensure_finalized()
        if self.is_loaded:
            return
        parts = self.parts()
        for library in parts[1:]:
            self._final_module.link_in(linkable(library), preserve=True)
        self._optimize_final_module()
        self._final_module.verify()
        self._finalize_final_module()
        for library in parts:
            if isinstance(library, LinkedLibrary):
                for name, environment in library.environments.items():
                    self._codegen.set_env(name, environment)

    def parts(self) -> list[CodeLibrary]:
        """The libraries whose modules make up the machine code; what is loaded holds all it calls.

        Callers stand before what they call: LLVM links no function that nobody has asked for yet.
        """
        found: list[CodeLibrary] = []
        seen: set[CodeLibrary] = set()

        def visit(library: CodeLibrary) -> None:
            if library in seen:
                return
            seen.add(library)
            if isinstance(library, LinkedLibrary) and not library.is_loaded:
                for called in library._linking_libraries:
                    visit(called)
            found.append(library)

        visit(self)
        return found[::-1]

    def _optimize_final_module(self) -> None:
        # first what Numba does to each function by itself: its pruning of references needs variables in registers
        self._optimize_functions(self._final_module)
        super()._optimize_final_module()

    def _finalize_specific(self) -> None:
        super()._finalize_specific()
        self.is_loaded = True
        for library in self.awaited():
            library.load()

    def awaited(self) -> list[LinkedLibrary]:
        """Libraries with functions whose addresses Numba has still to fill in."""
        return [_defining[name] for name in self._codegen._rtlinker._unresolved if name in _defining]

    def get_pointer_to_function(self, name: str) -> int:
        self._ensure_finalized()
        if not self.is_loaded and not defines(self._final_module, name):
            return 0
        self.load()
        return super().get_pointer_to_function(name)

    def _get_module_for_linking(self):
        self.load()
        return super()._get_module_for_linking()

    @property
    def has_dynamic_globals(self) -> bool:
        self.load()
        return super().has_dynamic_globals

    def _get_compiled_object(self) -> bytes:
        self.load()
        return super()._get_compiled_object()

    def _sentry_cache_disable_inspection(self) -> None:
        self.load()  # what is called before code is shown
        super()._sentry_cache_disable_inspection()


class _Environments:
    """The code generator of a library, where environments of functions without machine code wait for it."""

    def __init__(self, library: LinkedLibrary):
        self.library = library

    def set_env(self, name: str, environment: Environment) -> None:
        self.library.environments[name] = environment
        if self.library.is_loaded:
            self.library._codegen.set_env(name, environment)

    def __getattr__(self, name: str):
        return getattr(self.library._codegen, name)


def linkable(library: CodeLibrary):
    """The module of a library, to be linked into many; as it was lowered where there is no machine code."""
    if not isinstance(library, LinkedLibrary) or library.is_loaded:
        return library._get_module_for_linking()
    module = library._final_module.clone()
    for function in module.functions:
        if not function.is_declaration and function.linkage == External:
            function.linkage = Mergeable
    return module


def defines(module, name: str) -> bool:
    """Is there a body of this function?"""
    try:
        return not module.get_function(name).is_declaration
    except NameError:
        return False


def has_unresolved(module) -> bool:
    """Are there addresses that Numba fills in?"""
    return any(v.name.startswith(RuntimeLinker.PREFIX) for v in module.global_variables)


@contextlib.contextmanager
def linked() -> Iterator[None]:
    """While it lasts, what is compiled is made of :class:`LinkedLibrary`; Numba's compiler lock is held."""
    rtsys.initialize(cpu_target.target_context)  # Numba's runtime gets its machine code as always
    codegen = cpu_target.target_context.codegen()
    before = codegen._library_class
    codegen._library_class = LinkedLibrary
    try:
        yield
    finally:
        codegen._library_class = before
