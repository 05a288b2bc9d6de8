"""How much memory this process has taken, where the system tells."""

import os
import sys
from pathlib import Path


def peak() -> int:
    """Most bytes ever resident; 0 where the system doesn't say."""
    try:
        import resource
    except ImportError:
        return 0
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size if sys.platform == "darwin" else size * 1024


def resident() -> int:
    """Bytes resident now, or the most so far where the system says no more."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if statm.exists() else peak()
