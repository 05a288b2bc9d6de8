"""Contestants on Numba's target: the floor, kernels by hand, and dualjit with several numbers of partials."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np

from dualjit.cuda.bench.by_hand import KERNELS, fill_kernel, gather_kernel, poison_kernel
from dualjit.cuda.bench.contestants import Contestant, Loaded, event_clock
from dualjit.cuda.bench.scenarios import Scenario
from dualjit.cuda.target import numba_target

THREADS = 128  # of a block of the kernels here


def numba_contestants(scenario: Scenario, arguments: list[np.ndarray], points: int) -> Iterator[Contestant]:
    """All of them, for arguments on the host."""
    arrays = Arrays(scenario, arguments, points)
    yield _fill(arrays)
    if scenario.name in KERNELS:
        yield _by_hand(arrays)
    yield _batch(arrays, "dualjit", None)
    for lanes in _lanes(arrays):
        yield _batch(arrays, f"dualjit, {lanes} partials", lanes)


class Arrays:
    """The arrays of one scenario on the device: arguments, and one set of outputs for all contestants."""

    def __init__(self, scenario: Scenario, arguments: list[np.ndarray], points: int):
        self.cuda = numba_target().module
        self.scenario, self.arguments, self.points, self.dtype = scenario, arguments, points, arguments[0].dtype.type
        self.clock = event_clock(self.cuda.event, self.cuda.event_elapsed_time)
        self.there: list = []
        self.out: tuple = ()

    @property
    def blocks(self) -> int:
        return -(-self.points // THREADS)

    @property
    def few(self) -> list[np.ndarray]:
        """Arguments of the same types, of as few points as may be."""
        return self.scenario.arguments(self.scenario.few(self.points), self.dtype)

    def driver(self, chunk: int | None = None):
        return self.scenario.driver(self.dtype, self.points, chunk)

    def load(self) -> None:
        """Move the arguments, once, and poison the outputs."""
        if not self.out:
            self.there = [self.cuda.to_device(x) for x in self.arguments]
            self.out = tuple(self.cuda.device_array(s, self.dtype) for s in self.scenario.shapes(self.points))
        for x in self.out:
            self.poison(x.reshape(x.size))

    def poison(self, x) -> None:
        """Write NaN everywhere."""
        _kernel(poison_kernel)[-(-x.size // THREADS), THREADS](x)

    def answers(self, at: np.ndarray) -> list[np.ndarray]:
        """Values and derivatives at some points."""
        found = []
        for x in self.out:
            rows = x.size // self.points
            some = self.cuda.device_array((rows, at.size), self.dtype)
            gather = _kernel(gather_kernel)[-(-rows * at.size // THREADS), THREADS]
            gather(x.reshape(rows, self.points), self.cuda.to_device(at), some)
            found.append(some.copy_to_host().reshape(*x.shape[:-1], at.size))
        return found


@cache
def _kernel(make, *args):
    return make(numba_target().module, *args)


def _lanes(arrays: Arrays) -> list[int]:
    batch = arrays.driver()
    return arrays.scenario.partials(batch.run(tuple(arrays.few)).problem)


def _fill(arrays: Arrays) -> Contestant:
    read, written, threads = arrays.scenario.moved(arrays.points)
    kernel, blocks = _kernel(fill_kernel), -(-threads // THREADS)

    def load():
        x, y = (arrays.cuda.device_array(k * threads, arrays.dtype) for k in (read, written))
        arrays.poison(x)
        return Loaded(lambda: kernel[blocks, THREADS](x, y, read, written, threads))

    return Contestant("fill", dict, load, arrays.clock)


def _by_hand(arrays: Arrays) -> Contestant:
    kernel = _kernel(KERNELS[arrays.scenario.name], arrays.dtype)

    def load():
        arrays.load()
        return Loaded(lambda: kernel[arrays.blocks, THREADS](*arrays.there, *arrays.out), arrays.answers)

    return Contestant("by hand", dict, load, arrays.clock)


def _batch(arrays: Arrays, name: str, chunk: int | None) -> Contestant:
    batch = arrays.driver(chunk)

    def compiled():
        few = arrays.few
        choice = batch.inspect(*few, cc=numba_target().capability())
        batch(*few)
        return {
            "lanes": choice.lanes,
            "passes": choice.passes,
            "registers": choice.taken.registers,
            "spill_bytes": choice.taken.spill_bytes,
            "local_bytes": choice.taken.local_bytes,
        }

    def load():
        arrays.load()
        return Loaded(lambda: batch(*arrays.there, out=arrays.out), arrays.answers)

    return Contestant(name, compiled, load, arrays.clock)
