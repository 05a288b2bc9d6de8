"""What reverse mode does not know, as an error that a user can act on."""

from __future__ import annotations

from dualjit.errors import UnsupportedError
from dualjit.program.nodes import Loc

REMEDY = "write it with functions from the reference page, or differentiate it by forward mode (jvp, jacfwd)"


def refuse(loc: Loc, construct: str, reason: str, remedy: str = REMEDY) -> UnsupportedError:
    return UnsupportedError(construct, reason, remedy, loc.file, loc.line)
