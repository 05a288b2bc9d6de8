"""Where compiled derivatives lie on disk, one file for each, named by its key.

One idea: a file's name is a digest of all its content depends on, so files are only ever added.  A file is written
beside its place and renamed, so that readers find all of it or nothing, however many processes write.  It begins with
a digest of what follows: what is cut off or altered is found out.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

from numba.core import config
from numba.misc.appdirs import AppDirs

SUFFIX = ".djc"
DIGEST_BYTES = 20
MOST_BYTES = 1 << 30
"""How much all files may take together: the ones used longest ago are removed."""


class CorruptError(Exception):
    """A file does not hold what was written."""


def directory(given: str | os.PathLike | None) -> Path:
    """The directory given, or one beside Numba's files of this user."""
    if given:
        return Path(given)
    if config.CACHE_DIR:
        return Path(config.CACHE_DIR) / "dualjit"
    return Path(AppDirs(appname="dualjit", appauthor=False).user_cache_dir)


def read(path: Path) -> bytes | None:
    """What was written; None where there is no such file."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    digest, content = data[:DIGEST_BYTES], data[DIGEST_BYTES:]
    if blake2b(content, digest_size=DIGEST_BYTES).digest() != digest:
        raise CorruptError(f"{path} is damaged")
    with suppress(OSError):
        os.utime(path)  # used just now
    return content


def write(path: Path, content: bytes) -> None:
    """Write a file, all of it or nothing."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    make_room(path.parent, len(content))
    handle, name = tempfile.mkstemp(suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(blake2b(content, digest_size=DIGEST_BYTES).digest() + content)
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def make_room(folder: Path, wanted: int) -> None:
    """Remove the files used longest ago until another one fits."""
    found = []
    for entry in os.scandir(folder):
        with suppress(OSError):  # another process may have removed it
            if entry.name.endswith(SUFFIX):
                found.append((entry.stat().st_mtime, entry.stat().st_size, entry.path))
    total = wanted + sum(size for _, size, _ in found)
    for _, size, path in sorted(found):
        if total <= MOST_BYTES:
            return
        with suppress(OSError):
            os.unlink(path)
        total -= size
