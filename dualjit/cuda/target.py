"""Numba's CUDA targets: which one is there, what it has to know of dual numbers, and compiling without a device.

``numba.cuda`` is the package ``numba-cuda`` where that is installed, else Numba's built-in target.  Both take what was
registered with Numba; they need only another data model.  All that this package wants of a target is `Target`: another
compiler of CUDA kernels is another object with these methods.

Relies on ``numba.cuda.models.register_model``, on ``numba.cuda.cudadrv.nvvm.compile_ir`` being called for all code, and
on ``numba.cuda.dispatcher.get_current_device`` being what device functions ask for the compute capability they are
compiled for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType, SimpleNamespace
from typing import Protocol

from numba import types

import dualjit.numbers.registration  # noqa: F401  (types and code of dual numbers, which the target takes over)
from dualjit.cuda import ufuncs
from dualjit.cuda.unrolling import unrolling
from dualjit.errors import CudaError
from dualjit.numbers.model import DualStructModel
from dualjit.numbers.types import Dual

HOPPER = (9, 0)
INSTALL = "python -m pip install 'dualjit[cuda]'"

_lock = threading.RLock()


class Target(Protocol):
    """A compiler of CUDA kernels."""

    name: str
    module: ModuleType
    """What kernels call: ``grid``, ``blockIdx``."""

    def ptx(self, function: Callable, argtypes: tuple, cc: tuple[int, int], unroll: bool = True) -> str:
        """The assembly code of a kernel; ``unroll``: loops of constant length are to be straight code."""

    def return_type(self, function: Callable, argtypes: tuple, cc: tuple[int, int]) -> types.Type:
        """What a device function returns."""

    def kernel(self, function: Callable, argtypes: tuple, unroll: bool = True) -> Callable:
        """A kernel to launch on the current device: ``kernel[grid, block, stream](*args)``."""

    def capability(self) -> tuple[int, int]:
        """The compute capability of the current device; raises `CudaError` where there is none."""

    def device(self) -> int:
        """Which device is the current one."""


class NumbaTarget:
    """``numba.cuda``, of either kind."""

    def __init__(self, cuda):
        from numba.cuda import dispatcher, libdevice, models
        from numba.cuda.cudadrv import nvvm

        self.module, self.dispatcher, self.nvvm = cuda, dispatcher, nvvm
        self.name = "numba-cuda" if getattr(cuda, "implementation", "") == "NVIDIA" else "numba"
        self._capabilities: dict[int, tuple[int, int]] = {}  # asking takes a tenth of a millisecond and more
        models.register_model(Dual)(DualStructModel)
        ufuncs.register(libdevice)

    def ptx(self, function, argtypes, cc, unroll=True):
        with self.compiling_for(cc), unrolling(self.nvvm, unroll):
            return self.module.compile_ptx(function, types.void(*argtypes), device=False, cc=cc)[0]

    def return_type(self, function, argtypes, cc):
        with self.compiling_for(cc):
            return self.module.compile_ptx(function, argtypes, device=True, cc=cc)[1]

    def kernel(self, function, argtypes, unroll=True):
        with _lock, unrolling(self.nvvm, unroll):
            return self.module.jit(types.void(*argtypes))(function)

    @contextmanager
    def compiling_for(self, cc: tuple[int, int]) -> Iterator[None]:
        """Device functions compiled inside are compiled for ``cc``, whatever device there is, or none."""
        with _lock:
            asked = self.dispatcher.get_current_device
            self.dispatcher.get_current_device = lambda: SimpleNamespace(compute_capability=cc)
            try:
                yield
            finally:
                self.dispatcher.get_current_device = asked

    def capability(self):
        if not (self._capabilities or self.module.is_available()):
            raise CudaError(missing(self.module.cuda_error()))
        device = self.device()
        if device not in self._capabilities:
            self._capabilities[device] = self._supported_capability()
        return self._capabilities[device]

    def _supported_capability(self) -> tuple[int, int]:
        found = tuple(self.module.get_current_device().compute_capability)
        supported = self.supported()
        if supported and found < min(supported):
            least = ".".join(map(str, min(supported)))
            raise CudaError(
                f"the GPU has compute capability {found[0]}.{found[1]}, the CUDA compiler that is installed begins at "
                f"{least}: install one for older devices, such as numba-cuda[cu12]"
            )
        return found

    def device(self):
        return self.module.get_current_device().id

    def supported(self) -> tuple:
        """The compute capabilities that the compiler knows."""
        try:
            return tuple(tuple(cc)[:2] for cc in self.nvvm.NVVM().supported_ccs)
        except AttributeError:  # not told by this version
            return ()


def missing(driver_error) -> str:
    """Why nothing can be run, and the way out."""
    instead = "to compile without a GPU use .inspect(), to compute on the CPU .on_cpu()"
    if driver_error:
        reason = " ".join(str(driver_error).split())
        return f"no CUDA driver ({reason}): install NVIDIA's driver on a machine with a GPU; {instead}"
    return f"no CUDA device was found: check nvidia-smi and CUDA_VISIBLE_DEVICES; {instead}"


@cache
def numba_target() -> NumbaTarget:
    """The target at hand; raises `CudaError` where it can't be imported."""
    try:
        from numba import cuda

        return NumbaTarget(cuda)
    except (ImportError, AttributeError) as error:  # numba-cuda 0.30 asks NumPy 2.5 for a function it no longer has
        raise CudaError(
            f"numba.cuda can't be imported ({error}): {INSTALL}; numba-cuda 0.30 needs NumPy before 2.5"
        ) from error
