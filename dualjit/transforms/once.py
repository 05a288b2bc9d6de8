"""Things that are made once per function, so that no call compiles again what an earlier one has."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import wraps


def once_per_function(make: Callable) -> Callable:
    """Keep what ``make(f, *options)`` returns, for each function and options."""
    known: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()

    @wraps(make)
    def made(f, *options):
        found = known.setdefault(f, {})
        if options not in found:
            found[options] = make(f, *options)
        return found[options]

    return made
