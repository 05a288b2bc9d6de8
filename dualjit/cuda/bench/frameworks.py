"""Contestants by JAX and PyTorch: ``vmap`` of ``jacfwd``, and ``jacrev`` where outputs are fewer than inputs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dualjit.cuda.bench.contestants import Contestant, Loaded, event_clock, wall_clock
from dualjit.cuda.bench.formulas import functions
from dualjit.cuda.bench.scenarios import Scenario, has_points


def jax_contestants(scenario: Scenario, arguments: list[np.ndarray], points: int) -> Iterator[Contestant]:
    """Under ``jit``, the axis of points last and first."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    f, given = getattr(functions(jnp), scenario.name), combined(scenario, arguments)
    if scenario.one_point:
        yield _jax(jax, with_value(f, jax.jacfwd), "JAX jacfwd", -1, given)
        return
    for mode in modes(scenario):
        for name, axis in (("points last", -1), ("points first", 0)):
            axes = tuple(axis if has_points(x, points) else None for x in given)
            mapped = jax.vmap(with_value(f, getattr(jax, mode)), in_axes=axes, out_axes=axis)
            yield _jax(jax, mapped, f"JAX {mode}, {name}", axis, along(given, points, axis))


def _jax(jax, f, name: str, axis: int, given) -> Contestant:
    mapped = jax.jit(f)
    ready: list = []
    found: list = []

    def compiled():
        ready.append(mapped.lower(*(jax.ShapeDtypeStruct(x.shape, x.dtype) for x in given)).compile())
        return {}

    def load():
        there = [jax.device_put(x) for x in given]

        def run():
            found[:] = [ready[0](*there)]

        def answers(at):
            return [np.moveaxis(np.asarray(x.take(at, axis=axis)), axis, -1) for x in reversed(found[0])]

        return Loaded(run, answers)

    return Contestant(name, compiled, load, wall_clock(lambda: jax.block_until_ready(found[0])))


def torch_contestants(scenario: Scenario, arguments: list[np.ndarray], points: int) -> Iterator[Contestant]:
    """Compiled: ``vmap`` over points, the first axis; and ``vmap`` over columns of a ``jvp`` of all points."""
    import torch

    f, given = getattr(functions(torch), scenario.name), combined(scenario, arguments)
    events = event_clock(lambda: torch.cuda.Event(enable_timing=True), lambda start, end: start.elapsed_time(end))
    if scenario.one_point:
        yield _torch(torch, with_value(f, torch.func.jacfwd), "PyTorch jacfwd", -1, given, points, events)
        return
    axes = tuple(0 if has_points(x, points) else None for x in given)
    for mode in modes(scenario):
        mapped = torch.func.vmap(with_value(f, getattr(torch.func, mode)), in_dims=axes)
        yield _torch(torch, mapped, f"PyTorch {mode}, points first", 0, given, points, events)
    yield _torch(torch, _all_points(torch, f, scenario), "PyTorch jvp, points last", -1, given, points, events)


def _all_points(torch, f, scenario: Scenario):
    """Derivatives and values by a function of numbers that is given arrays over all points."""

    def derivatives(x, *more):
        def along(v):
            return torch.func.jvp(lambda x: f(x, *more), (x,), (v[:, None].expand(x.shape),))[1]

        basis = torch.eye(len(x), dtype=x.dtype, device=x.device)
        return torch.func.vmap(along, out_dims=min(scenario.outputs - 1, 1))(basis), f(x, *more)

    return derivatives


def _torch(torch, f, name: str, axis: int, arguments, points: int, clock) -> Contestant:
    torch._dynamo.reset()  # or a second size would be compiled for any size
    given = along(arguments, points, axis)
    compiled_f = torch.compile(f)

    def load():
        there = [torch.from_numpy(x).cuda() for x in given]
        found: list = []

        def run():
            with torch.no_grad():
                found[:] = [compiled_f(*there)]

        def answers(at):
            some = torch.from_numpy(at).cuda()
            return [np.moveaxis(x.index_select(axis, some).cpu().numpy(), axis, -1) for x in reversed(found[0])]

        return Loaded(run, answers)

    def compiled():
        load().run()
        torch.cuda.synchronize()
        torch.cuda.empty_cache()
        return {}

    return Contestant(name, compiled, load, clock)


def modes(scenario: Scenario) -> list[str]:
    """The transforms that pay."""
    return ["jacfwd", "jacrev"] if scenario.outputs < scenario.columns else ["jacfwd"]


def with_value(f, transform):
    """The Jacobian by the first argument, and the value."""

    def twice(*args):
        y = f(*args)
        return y, y

    return transform(twice, has_aux=True)


def combined(scenario: Scenario, arguments: list[np.ndarray]) -> list[np.ndarray]:
    """Arguments for functions whose first one has all columns."""
    if scenario.name == "camera":
        camera, point, weight, feature = arguments
        return [np.concatenate([camera, point, weight[None]]), feature]
    return arguments


def along(arguments: list[np.ndarray], points: int, axis: int) -> list[np.ndarray]:
    """Arguments with the axis of points there."""
    return [np.ascontiguousarray(np.moveaxis(x, -1, axis)) if has_points(x, points) else x for x in arguments]
