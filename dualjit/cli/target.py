"""Find the function that ``module:function`` or ``path/to/file.py:function`` names."""

import importlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

from .usage import UsageError


def load(target: str) -> Callable:
    """The function that ``module:function`` or ``file.py:function`` names."""
    place, colon, name = target.rpartition(":")
    if not colon or not place or not name:
        raise UsageError(f"{target} names no function", "write module:function or path/to/file.py:function")
    module = load_file(Path(place)) if place.endswith(".py") else load_module(place)
    function = getattr(module, name, None)
    if not callable(function):
        known = ", ".join(functions(module))
        raise UsageError(f"{place} has no function called {name}", f"its functions: {known or 'none'}")
    return function


def functions(module) -> list[str]:
    """Names of the public functions that a module defines itself."""
    return [
        name
        for name, value in vars(module).items()
        if callable(value)
        and not isinstance(value, type)
        and getattr(value, "__module__", None) == module.__name__
        and not name.startswith("_")
    ]


def load_file(path: Path):
    """Run a source file as a module."""
    if not path.is_file():
        raise UsageError(f"there is no file {path}", "give the path from the current folder")
    name = f"checked_{path.stem}"  # not the bare stem, which may be the name of a module in use
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    sys.path.insert(0, str(path.parent))
    return imported(lambda: spec.loader.exec_module(module) or module, path)


def load_module(name: str):
    """Import a module, also from the current folder."""
    sys.path.insert(0, "")
    return imported(lambda: importlib.import_module(name), name)


def imported(load: Callable, what):
    """The module that ``load`` gives, or the reason why there is none."""
    try:
        return load()
    except Exception as error:  # importing runs the user's code, which may raise anything
        raise UsageError(f"cannot import {what}: {error!r}", "make sure that it imports in Python first") from error
