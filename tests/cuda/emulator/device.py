"""Stands in for a device: memory, launches and events of ``numba.cuda``, on the CPU."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import isfunction
from types import SimpleNamespace

import numpy as np
import pytest
from numba import typeof

from dualjit.cuda.target import HOPPER
from tests.cuda.emulator.machine import Machine


class DeviceArray:
    """An array on the device, as far as drivers use it; NumPy can't read it by mistake."""

    __cuda_ndarray__ = True
    __array__ = None

    def __init__(self, data: np.ndarray):
        self.data = data

    shape = property(lambda self: self.data.shape)
    dtype = property(lambda self: self.data.dtype)
    ndim = property(lambda self: self.data.ndim)
    size = property(lambda self: self.data.size)
    strides = property(lambda self: self.data.strides)
    __cuda_array_interface__ = property(lambda self: {**self.data.__array_interface__, "version": 3})

    def __getitem__(self, where):
        found = self.data[where]
        return DeviceArray(found) if is_array(found) else found

    def reshape(self, *shape):
        return DeviceArray(self.data.reshape(*shape))

    def copy_to_host(self, ary=None, stream=0):
        if ary is None:
            return self.data.copy()
        ary[...] = self.data
        return ary

    def copy_to_device(self, ary, stream=0):
        self.data[...] = ary.data if isinstance(ary, DeviceArray) else ary


class Launcher:
    """A kernel to launch."""

    def __init__(self, ptx: str):
        self.machine = Machine(ptx)

    def __getitem__(self, configuration):
        blocks, threads, *_ = configuration
        grid = blocks if isinstance(blocks, tuple) else (blocks,)
        return lambda *args: self.machine.launch(grid, threads, [v for x in args for v in flattened(x)])


class UserKernel:
    """A kernel of the user's own, compiled for the arguments of a call; it works on NumPy arrays where they are."""

    def __init__(self, target, function: Callable):
        self.target, self.py_func, self.launchers = target, function, {}

    def __getitem__(self, configuration):
        return lambda *args: self.launch(configuration, [DeviceArray(x) if is_array(x) else x for x in args])

    def launch(self, configuration, args):
        types = tuple(typeof(getattr(x, "data", x)) for x in args)
        if types not in self.launchers:
            self.launchers[types] = Launcher(self.target.ptx(self.py_func, types, HOPPER))
        self.launchers[types][configuration](*args)


def is_array(x) -> bool:
    return isinstance(x, np.ndarray)


def flattened(x) -> list:
    """An argument as Numba hands it to a kernel: of an array its owner, size, address, shape and strides."""
    if not isinstance(x, DeviceArray):
        return [x]
    a = x.data
    return [0, 0, a.size, a.itemsize, a.ctypes.data, *a.shape, *a.strides]


class Event:
    def record(self, stream=0):
        self.seconds = time.perf_counter()

    def synchronize(self):
        pass


class Stream:
    handle = 0
    auto_synchronize = None

    def synchronize(self):
        pass


def poisoned(shape, dtype, stream=0) -> DeviceArray:
    """New memory."""
    memory = np.empty(shape, dtype)
    memory.view(np.uint8 if memory.ndim else dtype)[...] = 255 if memory.ndim else 0
    return DeviceArray(memory)


@contextmanager
def emulated(target) -> Iterator:
    """Inside, a target runs its kernels here; gives its module."""
    module, jit = target.module, target.module.jit

    def compiled(f=None, **options):
        return UserKernel(target, f) if isfunction(f) and not options else jit(f, **options)

    stands_in = {
        target: {
            "kernel": lambda f, argtypes, unroll=True: Launcher(target.ptx(f, argtypes, HOPPER, unroll)),
            "capability": lambda: HOPPER,
            "device": lambda: 0,
        },
        module: {
            "jit": compiled,
            "is_available": lambda: True,
            "get_current_device": lambda: SimpleNamespace(id=0, compute_capability=HOPPER),
            "device_array": poisoned,
            "to_device": lambda x, stream=0: DeviceArray(np.array(x, order="C")),
            "as_cuda_array": lambda x: x,
            "event": Event,
            "event_elapsed_time": lambda before, after: 1e3 * (after.seconds - before.seconds),
            "stream": Stream,
            "synchronize": lambda: None,
        },
    }
    with pytest.MonkeyPatch.context() as patch:
        for owner, attributes in stands_in.items():
            for name, value in attributes.items():
                patch.setattr(owner, name, value)
        yield module
