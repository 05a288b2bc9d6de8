"""A device that stands in for one: it keeps its memory on the host and computes by the same kernels, for the CPU."""

from types import SimpleNamespace

import numba as nb
import numpy as np

from dualjit.cuda import batch as batch_module
from dualjit.cuda import reverse as reverse_module
from dualjit.cuda.chunks import Choice
from dualjit.cuda.kernels import Kernel
from dualjit.cuda.reverse_kernels import ReverseKernel

POISON = {"f": np.nan, "i": -99}


class DeviceArray:
    """Memory of the stand-in."""

    def __init__(self, host):
        self.host = host

    @property
    def __cuda_array_interface__(self):
        return {**self.host.__array_interface__, "version": 3}

    def __getitem__(self, index):
        return DeviceArray(self.host[index])

    @property
    def shape(self):
        return self.host.shape

    @property
    def dtype(self):
        return self.host.dtype

    def copy_to_host(self, host=None, stream=0):
        if host is None:
            return self.host.copy()
        host[...] = self.host
        return host

    def copy_to_device(self, host, stream):
        self.host[...] = host


class Stream:
    auto_synchronize = None

    def __init__(self, handle=None):
        self.handle, self.waited = handle, False

    def synchronize(self):
        self.waited = True


class Device:
    """As much of ``numba.cuda`` as a launch needs, and a target of it."""

    name = "stand-in"

    def __init__(self):
        self.module = SimpleNamespace(
            device_array=lambda shape, dtype, stream: DeviceArray(np.full(shape, POISON[dtype.kind], dtype)),
            to_device=lambda x, stream: DeviceArray(np.array(x, order="C")),
            as_cuda_array=lambda x: x,
            external_stream=Stream,
        )
        self.launches = []

    def capability(self):
        return (9, 0)

    def device(self):
        return 0

    def return_type(self, function, argtypes, cc):
        return batch_module.host_return_type(function, argtypes)

    def kernel(self, function, argtypes, unroll=True):
        compiled = nb.njit(nb.void(*argtypes))(function)

        def launched(grid, threads, stream):
            def run(points, *args):
                self.launches.append((grid, threads, stream))
                compiled(points, *(getattr(x, "host", x) for x in args))

            return run

        return Launcher(launched)


class Launcher:
    def __init__(self, launched):
        self.launched = launched

    def __getitem__(self, configuration):
        return self.launched(*configuration)


def installed(monkeypatch) -> Device:
    """It is the current device from now on; kernels have four partials, without asking an assembler."""
    found = Device()
    for module in (batch_module, reverse_module):
        monkeypatch.setattr(module, "numba_target", lambda: found)
    monkeypatch.setattr(
        batch_module, "chosen", lambda target, problem, components, cc: Choice((4,), -(-problem.columns // 4), None, "")
    )
    for kernel in (Kernel, ReverseKernel):
        monkeypatch.setattr(kernel, "for_device", lambda self, module: self.for_host())
    return found
