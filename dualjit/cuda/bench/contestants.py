"""Who computes: each contestant is a set-up that gives a function to run, a clock, and the answers.

Answers are ``(values, derivatives)`` as NumPy arrays with the axis of points last, for the check.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from dualjit.cuda.bench.by_hand import KERNELS, fill_kernel
from dualjit.cuda.bench.peers import functions
from dualjit.cuda.bench.scenarios import Scenario
from dualjit.cuda.chunks import lanes_to_try
from dualjit.cuda.launch import THREADS
from dualjit.cuda.run import Run
from dualjit.cuda.target import numba_target


@dataclass
class Contestant:
    """One way to compute.

    Attributes
    ----------
    name : str
    run : callable
        Enqueues one computation of all points.
    clock : callable
        ``(run, times)`` to seconds.
    answers : callable or None
        None where nothing is computed.
    facts : dict
        What else is to be recorded.
    """

    name: str
    run: Callable
    clock: Callable
    answers: Callable | None
    facts: dict = field(default_factory=dict)


def event_clock(make: Callable, elapsed: Callable) -> Callable:
    """Seconds between two events on the device."""

    def clock(run, times):
        start, end = make(), make()
        start.record()
        for _ in range(times):
            run()
        end.record()
        end.synchronize()
        return elapsed(start, end) * 1e-3

    return clock


def wall_clock(wait: Callable) -> Callable:
    """Seconds on the host until all that was enqueued is done."""

    def clock(run, times):
        start = time.perf_counter()
        for _ in range(times):
            run()
        wait()
        return time.perf_counter() - start

    return clock


def poisoned(cuda, shape, dtype):
    return cuda.to_device(np.full(shape, np.nan, dtype))


def shapes(scenario: Scenario, points: int) -> list[tuple[int, ...]]:
    """Of values and derivatives, the axis of points last."""
    components = (scenario.outputs,) if scenario.outputs > 1 else ()
    return [(*components, points), (*components, scenario.columns, points)]


def numba_contestants(scenario: Scenario, points: int, dtype) -> Iterator[Contestant]:
    """The floor, the kernel by hand, and dualjit with several numbers of partials."""
    cuda = numba_target().module
    clock = event_clock(cuda.event, cuda.event_elapsed_time)
    there = [cuda.to_device(x) for x in scenario.arguments(points, dtype)]
    yield _fill(cuda, clock, scenario, points, dtype)
    if scenario.name in KERNELS:
        yield _by_hand(cuda, clock, scenario, points, dtype, there)
    yield _batch(cuda, clock, scenario, points, dtype, there, "dualjit", None)
    for lanes in _lanes(scenario, dtype):
        yield _batch(cuda, clock, scenario, points, dtype, there, f"dualjit, {lanes} partials", lanes)


def _lanes(scenario: Scenario, dtype) -> list[int]:
    """The numbers of partials with the least work."""
    batch = scenario.transform(scenario.function(dtype))
    problem = Run(batch.request, tuple(scenario.arguments(2, dtype)), batch.host_components).problem
    return [lanes[-1] for lanes in lanes_to_try(problem)[:4]]


def _fill(cuda, clock, scenario, points, dtype) -> Contestant:
    written = scenario.outputs * (1 + scenario.columns)
    read = scenario.bytes_per_point(dtype) // np.dtype(dtype).itemsize - written
    x, y = cuda.to_device(np.ones(read * points, dtype)), poisoned(cuda, written * points, dtype)
    kernel = fill_kernel(cuda)
    blocks = -(-points // THREADS)
    return Contestant("fill", lambda: kernel[blocks, THREADS](x, y, read, written, points), clock, None)


def _by_hand(cuda, clock, scenario, points, dtype, there) -> Contestant:
    out = [poisoned(cuda, shape, dtype) for shape in shapes(scenario, points)]
    kernel = KERNELS[scenario.name](cuda, dtype)
    blocks = -(-points // THREADS)
    run = lambda: kernel[blocks, THREADS](*there, *out)  # noqa: E731
    return Contestant("by hand", run, clock, lambda: [x.copy_to_host() for x in out])


def _batch(cuda, clock, scenario, points, dtype, there, name, chunk) -> Contestant:
    out = tuple(poisoned(cuda, shape, dtype) for shape in shapes(scenario, points))
    batch = scenario.transform(scenario.function(dtype), chunk=chunk)
    choice = batch.inspect(*scenario.arguments(2, dtype), cc=numba_target().capability())
    facts = {
        "lanes": choice.lanes,
        "passes": choice.passes,
        "registers": choice.taken.registers,
        "spill_bytes": choice.taken.spill_bytes,
    }
    return Contestant(name, lambda: batch(*there, out=out), clock, lambda: [x.copy_to_host() for x in out], facts)


def jax_contestants(scenario: Scenario, points: int, dtype) -> Iterator[Contestant]:
    """``vmap(jacfwd)`` under ``jit``, the axis of points last and first."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    given, mapped = _peer_arguments(scenario, points, dtype)
    f = _with_value(getattr(functions(jnp), scenario.name), jax.jacfwd)
    for name, axis in (("JAX, points last", -1), ("JAX, points first", 0)):
        axes = tuple(axis if m else None for m in mapped)
        run_all = jax.jit(jax.vmap(f, in_axes=axes, out_axes=axis))
        there = [jax.device_put(np.moveaxis(x, -1, axis) if m else x) for x, m in zip(given, mapped, strict=True)]
        found: list = []

        def run(run_all=run_all, there=there, found=found):
            found[:] = [run_all(*there)]

        yield Contestant(
            name,
            run,
            wall_clock(lambda found=found: jax.block_until_ready(found[0])),
            lambda found=found, axis=axis: [np.moveaxis(np.asarray(x), axis, -1) for x in reversed(found[0])],
        )


def torch_contestants(scenario: Scenario, points: int, dtype) -> Iterator[Contestant]:
    """``torch.func.vmap(jacfwd)``, compiled."""
    import torch

    given, mapped = _peer_arguments(scenario, points, dtype)
    f = _with_value(getattr(functions(torch), scenario.name), torch.func.jacfwd)
    run_all = torch.compile(torch.func.vmap(f, in_axes=tuple(0 if m else None for m in mapped)))
    there = [
        torch.from_numpy(np.ascontiguousarray(np.moveaxis(x, -1, 0) if m else x)).cuda()
        for x, m in zip(given, mapped, strict=True)
    ]
    found: list = []

    def run():
        with torch.no_grad():
            found[:] = [run_all(*there)]

    events = event_clock(lambda: torch.cuda.Event(enable_timing=True), lambda start, end: start.elapsed_time(end))
    yield Contestant(
        "PyTorch, compiled",
        run,
        events,
        lambda: [np.moveaxis(x.cpu().numpy(), 0, -1) for x in reversed(found[0])],
    )


def _with_value(f, jacfwd):
    """The Jacobian by the first argument, and the value."""

    def twice(*args):
        y = f(*args)
        return y, y

    return jacfwd(twice, has_aux=True)


def _peer_arguments(scenario: Scenario, points: int, dtype) -> tuple[list, list[bool]]:
    """Arguments for functions whose first one has all columns, and which of them have points."""
    given = scenario.arguments(points, dtype)
    if scenario.name == "camera":
        return [np.concatenate([*given[:2], given[2][None]]), given[3]], [True, True]
    return given, [True, *[False] * (len(given) - 1)]


CONTESTANTS = {"numba": numba_contestants, "jax": jax_contestants, "torch": torch_contestants}
