"""How many derivatives one pass or sweep may carry."""

from __future__ import annotations

from dualjit.errors import ArgnumsError

CHUNKS = (1, 2, 4, 8, 16, 32)


def check_chunk(chunk, what: str) -> None:
    """Raise ArgnumsError unless ``chunk`` is one of CHUNKS, or None."""
    if chunk is not None and not (isinstance(chunk, int) and chunk in CHUNKS):
        raise ArgnumsError(f"chunk={chunk!r}: the {what} are one of {CHUNKS}, or None to let dualjit choose")
