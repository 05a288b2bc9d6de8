"""Options of derivatives, for the whole process: ``dualjit.options``."""

from __future__ import annotations

from dualjit.errors import OptionError


class Options:
    """What can be set.

    Attributes
    ----------
    tape_bytes : int
        How much memory the tape of one reverse sweep should take at most; 4 GiB by default.  Long outermost loops go
        over to checkpoints where it would take more, and then run forward twice.  It is read when a derivative is
        compiled.
    """

    def __init__(self):
        self._tape_bytes = 1 << 32

    @property
    def tape_bytes(self) -> int:
        return self._tape_bytes

    @tape_bytes.setter
    def tape_bytes(self, given: int) -> None:
        if isinstance(given, bool) or not isinstance(given, int) or given < 1:
            raise OptionError(f"tape_bytes={given!r}: give a whole number of bytes, such as 2**30")
        self._tape_bytes = given


options = Options()
"""Options for the whole process. ``tape_bytes``: how much memory a tape should take, 4 GiB by default."""
