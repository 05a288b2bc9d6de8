"""Runs a kernel on the current device: arrays that are there are used in place, NumPy arrays are copied there and back.

Relies on ``numba.cuda.as_cuda_array`` for arrays of other packages, whose stream is then waited for.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dualjit.cuda.run import Run
from dualjit.errors import OptionError

THREADS = 128
LAUNCHES = 8  # of which the first loads the kernel


def launch(cuda, kernel: Callable, passes: int, run: Run, out, stream) -> list:
    """Values and derivatives, computed."""
    stream = as_stream(cuda, stream)
    if run.inputs.on_device:
        outputs = run.outputs(out, lambda shape, dtype: cuda.device_array(shape, dtype, stream=stream))
        start(kernel, passes, run, stream, run.arrays(cuda.as_cuda_array), map(cuda.as_cuda_array, outputs))
        return outputs
    outputs = run.outputs(out)
    there = [cuda.device_array(x.shape, x.dtype, stream=stream) for x in outputs]
    start(
        kernel, passes, run, stream, run.arrays(lambda x: cuda.to_device(np.ascontiguousarray(x), stream=stream)), there
    )
    for x, host in zip(there, outputs, strict=True):
        x.copy_to_host(host, stream=stream)
    if stream:
        stream.synchronize()
    return outputs


def start(kernel, passes: int, run: Run, stream, arrays, outputs) -> None:
    """Enqueue the kernel: threads along x are points, blocks along y passes."""
    blocks = -(-run.inputs.points // THREADS)
    if blocks:
        kernel[(blocks, passes), THREADS, stream](run.inputs.points, *arrays, *outputs)


def timed(cuda, kernel: Callable, passes: int, run: Run) -> float:
    """Seconds of the kernel alone, the best of some launches."""
    moved = cuda.as_cuda_array if run.inputs.on_device else lambda x: cuda.to_device(np.ascontiguousarray(x), stream=0)
    arrays = run.arrays(moved)
    outputs = run.outputs(None, lambda shape, dtype: cuda.device_array(shape, dtype, stream=0))
    return min(once(cuda, lambda: start(kernel, passes, run, 0, arrays, outputs)) for _ in range(LAUNCHES))


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
