"""What compiled code depends on besides the function: versions, processor, settings of Numba, dualjit's own sources.

Relies on ``Codegen.magic_tuple`` and on the names of settings in ``numba.core.config``.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from hashlib import blake2b
from pathlib import Path

import llvmlite
import numba
import numpy as np
from numba.core import config
from numba.core.registry import cpu_target

# Of Numba's settings those from which other code comes.
SETTINGS = (
    "BOUNDSCHECK",
    "CAPTURED_ERRORS",
    "CPU_FEATURES",
    "CPU_NAME",
    "DEBUGINFO_DEFAULT",
    "DISABLE_INTEL_SVML",
    "ENABLE_AVX",
    "FULL_TRACEBACKS",
    "LLVM_REFPRUNE_FLAGS",
    "LLVM_REFPRUNE_PASS",
    "LOOP_VECTORIZE",
    "NRT_STATS",
    "OPT",
    "SLP_VECTORIZE",
    "THREADING_LAYER",
    "USING_SVML",
)


def versions() -> tuple:
    """Versions of all that compiles, and what they are set to."""
    given = (sys.version, numba.__version__, llvmlite.__version__, np.__version__, sources())
    return given, processor(), tuple(str(getattr(config, name, None)) for name in SETTINGS)


def processor() -> tuple:
    """Platform, name and features of the processor that code is generated for."""
    return cpu_target.target_context.codegen().magic_tuple()


@cache
def sources() -> str:
    """A digest of this package's sources."""
    digest = blake2b(digest_size=20)
    for folder, folders, files in os.walk(Path(__file__).parents[2]):
        folders.sort()
        for name in sorted(files):
            if name.endswith(".py"):
                digest.update(name.encode())
                digest.update(Path(folder, name).read_bytes())
    return digest.hexdigest()
