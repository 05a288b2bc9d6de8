"""The dispatcher's side of the cache: looked into before a derivative is compiled, added to afterwards.

Whatever goes wrong with the cache is a warning and a compilation, never a failure.

Relies on the interface of ``numba.core.caching._Cache`` as ``Dispatcher.compile`` uses it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

from numba.core import sigutils
from numba.core.caching import NullCache
from numba.core.compiler import CompileResult

from dualjit.errors import CacheWarning
from dualjit.frontend.cache import files
from dualjit.frontend.cache.fingerprint import Fingerprint, UnknownContentError
from dualjit.frontend.cache.portable import UnportableError, from_bytes, to_bytes
from dualjit.frontend.cache.versions import versions
from dualjit.settings import options


class DerivativeCache(NullCache):
    """Compiled code of one derivative, for all argument types.

    Parameters
    ----------
    name : str
        Of the derivative.
    content : callable
        ``content(argtypes)``: all that the code for these types is made of; None where it is not kept.
    wanted : bool or None
        Is it kept?  None: as ``dualjit.options`` say, else as ``primal`` does.
    primal : callable
        The function differentiated.
    """

    def __init__(self, name: str, content: Callable[[tuple], tuple | None], wanted: bool | None, primal: Callable):
        self.name, self.content, self.wanted, self.primal = name, content, wanted, primal
        self.keys: dict[tuple, str] = {}  # of what is being compiled, and may be written

    @property
    def cache_path(self):
        return str(files.directory(options.cache_dir)) if self.is_wanted() else None

    def is_wanted(self) -> bool:
        """Is compiled code kept on disk?"""
        for asked in (self.wanted, options.cache):
            if asked is not None:
                return asked
        return is_cached(self.primal)

    def load_overload(self, sig, target_context) -> CompileResult | None:
        argtypes, _ = sigutils.normalize_signature(sig)
        self.keys.pop(argtypes, None)
        content = self.content(argtypes) if self.is_wanted() else None
        if content is None:
            return None
        with self.guarded("read"):
            key, changed = self.key(content, argtypes)
            if not changed:
                self.keys[argtypes] = key
            data = files.read(self.path(key))
            if data is not None:
                target_context.refresh()
                return from_bytes(data, key, argtypes, target_context)
        return None

    def save_overload(self, sig, data: CompileResult) -> None:
        argtypes, _ = sigutils.normalize_signature(sig)
        key = self.keys.pop(argtypes, None)
        if key is not None:
            with self.guarded("written"):
                files.write(self.path(key), to_bytes(data, key))

    def key(self, content: tuple, argtypes: tuple) -> tuple[str, bool]:
        """The digest of all that compiled code depends on; and may some of it be older than what the key says?"""
        fingerprint = Fingerprint()
        fingerprint.add((versions(), options.tape_bytes), "the settings")
        fingerprint.add(content, self.name)
        fingerprint.add(argtypes, "an argument")
        return fingerprint.hexdigest(), fingerprint.changed

    def path(self, key: str):
        return files.directory(options.cache_dir) / f"{self.name[:60]}-{key}{files.SUFFIX}"

    def guarded(self, verb: str) -> Guard:
        return Guard(self.name, verb)


class Guard:
    """Makes a warning of an exception."""

    def __init__(self, name: str, verb: str):
        self.name, self.verb = name, verb

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if isinstance(error, (UnknownContentError, UnportableError)):
            message = f"{self.name} is not kept on disk: {error}"
        elif isinstance(error, Exception):
            message = f"{self.name} could not be {self.verb} on disk and is compiled: {type(error).__name__}: {error}"
        else:
            return False
        warnings.warn(message, CacheWarning, stacklevel=2)
        return True


def is_cached(function) -> bool:
    """Was a function jitted with ``cache=True``, or is it a derivative that is kept?"""
    cache = getattr(function, "_cache", None)
    if isinstance(cache, DerivativeCache):
        return cache.is_wanted()
    return cache is not None and not isinstance(cache, NullCache)
