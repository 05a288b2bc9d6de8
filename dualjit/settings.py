"""Options of derivatives, for the whole process: ``dualjit.options``."""

from __future__ import annotations

import os

from dualjit.errors import OptionError

SPELLINGS = {"": None, "0": False, "false": False, "off": False, "no": False}
SPELLINGS |= {"1": True, "true": True, "on": True, "yes": True}


class Options:
    """What can be set.

    Attributes
    ----------
    tape_bytes : int
        How much memory the tape of one reverse sweep should take at most; 4 GiB by default.  Long outermost loops go
        over to checkpoints where it would take more, and then run forward twice.  It is read when a derivative is
        compiled.
    cache : bool or None
        Are compiled derivatives kept on disk?  None: those of functions jitted with ``cache=True``.  By default what
        the environment variable ``DUALJIT_CACHE`` says (``1`` or ``0``).  A transform's own ``cache=`` goes before it.
    cache_dir : path or None
        Where; None: beside Numba's files of the user.  By default the environment variable ``DUALJIT_CACHE_DIR``.
    """

    def __init__(self):
        self._tape_bytes = 1 << 32
        self._cache = from_environment(os.environ.get("DUALJIT_CACHE", ""))
        self._cache_dir = os.environ.get("DUALJIT_CACHE_DIR") or None

    @property
    def tape_bytes(self) -> int:
        return self._tape_bytes

    @tape_bytes.setter
    def tape_bytes(self, given: int) -> None:
        if isinstance(given, bool) or not isinstance(given, int) or given < 1:
            raise OptionError(f"tape_bytes={given!r}: give a whole number of bytes, such as 2**30")
        self._tape_bytes = given

    @property
    def cache(self) -> bool | None:
        return self._cache

    @cache.setter
    def cache(self, given: bool | None) -> None:
        self._cache = check_cache(given)

    @property
    def cache_dir(self) -> str | os.PathLike | None:
        return self._cache_dir

    @cache_dir.setter
    def cache_dir(self, given: str | os.PathLike | None) -> None:
        if not isinstance(given, str | os.PathLike | None):
            raise OptionError(f"cache_dir={given!r}: give the path of a directory, or None")
        self._cache_dir = given


def check_cache(given: bool | None) -> bool | None:
    """``given``, or an error where it is no such setting."""
    if given is not None and not isinstance(given, bool):
        raise OptionError(f"cache={given!r}: give True, False or None")
    return given


def from_environment(text: str) -> bool | None:
    """What the environment variable says."""
    if text.lower() not in SPELLINGS:
        raise OptionError(f"the environment variable DUALJIT_CACHE is {text!r}: set it to 1 or 0")
    return SPELLINGS[text.lower()]


options = Options()
"""Options for the whole process: ``tape_bytes``, how much memory a tape should take; ``cache`` and ``cache_dir``, are
compiled derivatives kept on disk, and where."""
