"""Runs a kernel on the current device: arrays that are there are used in place, NumPy arrays are copied there and back.

Relies on ``numba.cuda.as_cuda_array`` for arrays of other packages, whose stream is then waited for.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any

import numpy as np

from dualjit.cuda.call import Call
from dualjit.errors import OptionError

LAUNCHES = 8  # of which the first loads the kernel


def launch(cuda, compiled: Callable, kernel, run: Call, given: tuple, out, stream) -> list:
    """Arrays of the answer, computed from these arguments."""
    stream = as_stream(cuda, stream)
    if run.inputs.on_device:
        outputs = run.outputs(out, lambda shape, dtype: cuda.device_array(shape, dtype, stream=stream))
        adopted = adopter(cuda)
        there = list(map(adopted, outputs))
        clear(there, run, stream)
        start(compiled, kernel, run, stream, run.arrays(given, adopted), there)
        return outputs
    outputs = run.outputs(out)
    there = [cuda.device_array(x.shape, x.dtype, stream=stream) for x in outputs]
    clear(there, run, stream)
    moved = run.arrays(given, lambda x: cuda.to_device(in_order(x), stream=stream))
    start(compiled, kernel, run, stream, moved, there)
    for x, host in zip(there, outputs, strict=True):
        x.copy_to_host(host, stream=stream)
    if stream:
        stream.synchronize()
    return outputs


def in_order(x: np.ndarray) -> np.ndarray:
    """An array of the same shape which is contiguous; NumPy's ``ascontiguousarray`` makes a vector of one number."""
    return np.asarray(x, order="C")


def adopter(cuda) -> Callable:
    """What makes an array of Numba's of any array on the device; one that is, stays, which saves some microseconds."""
    return lambda x: x if getattr(x, "__cuda_ndarray__", False) else cuda.as_cuda_array(x)


def clear(arrays: list, run, stream) -> None:
    """Zeros in the arrays of the answer that need them."""
    for k in run.zeroed:
        arrays[k].copy_to_device(np.zeros(arrays[k].shape, arrays[k].dtype), stream=stream)


def start(compiled, kernel, run, stream, arrays, outputs) -> None:
    """Enqueue the kernel."""
    blocks, threads = kernel.configuration(run.inputs.points)
    if 0 not in blocks:
        compiled[blocks, threads, stream](run.inputs.points, *arrays, *outputs)


class Stopwatch:
    """Times kernels on the arguments of a call, into memory of its own."""

    def __init__(self, cuda, run: Call, given: tuple):
        self.cuda, self.run = cuda, run
        moved = adopter(cuda) if run.inputs.on_device else lambda x: cuda.to_device(in_order(x), stream=0)
        self.arrays = run.arrays(given, moved)
        self.outputs = run.outputs(None, lambda shape, dtype: cuda.device_array(shape, dtype, stream=0))
        clear(self.outputs, run, 0)

    def fastest(self, compiled: Callable, kernels: list) -> tuple[float, Any]:
        """Seconds of the fastest of these ways to launch what is compiled, and that one."""
        seconds = [(self.seconds(compiled, kernel), kernel) for kernel in kernels]
        return min(seconds, key=itemgetter(0))

    def seconds(self, compiled: Callable, kernel) -> float:
        """Of the kernel alone, the best of some launches."""
        run, given = self.run, (self.arrays, self.outputs)
        return min(once(self.cuda, lambda: start(compiled, kernel, run, 0, *given)) for _ in range(LAUNCHES))


def once(cuda, enqueue: Callable) -> float:
    """Seconds of what is enqueued, between two events."""
    before, after = cuda.event(), cuda.event()
    before.record()
    enqueue()
    after.record()
    after.synchronize()
    return cuda.event_elapsed_time(before, after) * 1e-3


def as_stream(cuda, stream):
    """A stream of Numba's for one of CuPy's (``ptr``), PyTorch's (``cuda_stream``) or a handle."""
    if hasattr(stream, "synchronize") and hasattr(stream, "auto_synchronize"):
        return stream
    handle = next((getattr(stream, name) for name in ("ptr", "cuda_stream") if hasattr(stream, name)), stream)
    if not isinstance(handle, int):
        raise OptionError(f"stream={stream!r}: give a stream of Numba, CuPy or PyTorch, or its handle, a number")
    return cuda.external_stream(handle) if handle else 0
