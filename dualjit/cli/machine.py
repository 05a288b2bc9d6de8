"""What this machine is: versions, processor, SIMD width, threads, CUDA.

One idea: one description for people (``dualjit info``) and for files (``dualjit bench --json``),
with nothing in it that names a user or a path.
"""

import importlib.metadata
import os
import platform
import sys
from pathlib import Path

import llvmlite.binding as llvm
import numba

import dualjit

PACKAGES = ("numba", "llvmlite", "numpy", "scipy")

# Width in bits of the widest floating-point registers a feature stands for, widest first.
SIMD_FEATURES = (("avx512f", 512), ("avx2", 256), ("avx", 256), ("sse2", 128), ("neon", 128))


def describe() -> dict[str, object]:
    """Everything but CUDA, whose start-up is slow."""
    features = llvm.get_host_cpu_features()
    return {
        "dualjit": dualjit.__version__,
        **{package: importlib.metadata.version(package) for package in PACKAGES},
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cpu": processor(),
        "llvm cpu": llvm.get_host_cpu_name(),
        "simd bits": simd_bits(features),
        "features": sorted(name for name, present in features.items() if present),
        "cores": os.cpu_count(),
        "usable cores": usable_cores(),
        "numba threads": numba.config.NUMBA_NUM_THREADS,
    }


def simd_bits(features: dict[str, bool]) -> int:
    """Width of the widest vector register, or of a scalar register where none is known."""
    return next((bits for name, bits in SIMD_FEATURES if features.get(name)), 64)


def usable_cores() -> int | None:
    """How many cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def processor() -> str:
    """The processor's name as its maker gives it, where the system tells."""
    cpuinfo = Path("/proc/cpuinfo")
    if sys.platform == "linux" and cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"


def cuda() -> str:
    """The CUDA device Numba would use, or why there is none."""
    try:
        from numba import cuda

        if not cuda.is_available():
            return "not available: no driver or no device"
        device = cuda.get_current_device()
        name = device.name.decode() if isinstance(device.name, bytes) else device.name
        return f"{name}, compute capability {'.'.join(map(str, device.compute_capability))}"
    except Exception as error:  # whatever a broken driver raises, it must not take the report down
        return f"not available: {error}"
