"""Pullbacks of array functions, one module per family of rows."""

from importlib import import_module
from pkgutil import iter_modules

from dualjit.adjoint.pullbacks.registry import Pullback, pullback, pullback_of

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = ["Pullback", "pullback", "pullback_of"]
