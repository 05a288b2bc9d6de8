"""``vmap(f, target="cuda")``: which driver that is."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial

from dualjit.cuda.batch import Batch
from dualjit.cuda.modes import AutoBatch
from dualjit.cuda.request import Request, request
from dualjit.cuda.reverse import ReverseBatch
from dualjit.errors import StructureError, UnsupportedError
from dualjit.frontend.dispatcher import Derivative
from dualjit.numbers.points import ALONG, UNIT
from dualjit.transforms.arguments import signature_of
from dualjit.transforms.custom import CustomFunction
from dualjit.transforms.grad import grad, value_and_grad
from dualjit.transforms.hessian import hessian
from dualjit.transforms.hvp import hvp
from dualjit.transforms.jacfwd import jacfwd
from dualjit.transforms.jacobian import jacobian
from dualjit.transforms.jacrev import jacrev
from dualjit.transforms.selection import select

JACOBIANS = {jacfwd, jacrev, jacobian}
Drivers = Batch | ReverseBatch | AutoBatch

NUMBER = {"scalar_only": True}
# What a transform asks a driver for: the driver's name, the levels of its numbers, and more.
DRIVERS: dict[Callable, tuple[str, tuple[str, ...], dict]] = {
    grad: ("batch_gradient", (UNIT,), NUMBER),
    value_and_grad: ("batch_gradient", (UNIT,), {"value": True, **NUMBER}),
    jacfwd: ("batch_jacobian", (UNIT,), {}),
    jacrev: ("batch_jacobian", (UNIT,), {}),
    jacobian: ("batch_jacobian", (UNIT,), {}),
    hessian: ("batch_hessian", (UNIT, UNIT), NUMBER),
    hvp: ("batch_hvp", (ALONG, UNIT), NUMBER),
}


def mapped(f: Callable, in_axes, out_axes) -> Drivers:
    """The driver of a function, or of what a transform has made of one, for points along these axes."""
    names = list(signature_of(f).parameters)
    axes = tuple(in_axes) if isinstance(in_axes, (tuple, list)) else (in_axes,) * len(names)
    if len(axes) != len(names):
        raise StructureError(f"in_axes has {len(axes)} entries, the function has {len(names)} parameters")
    layout = layout_of((*axes, out_axes))
    if not isinstance(f, Derivative):
        return Batch(request("batch_value", f, (), shared=shared(axes), layout=layout, mapped=True))
    transform, options = twice(*recipe(f))
    if transform is hvp:
        axes = without_direction(axes, select(options["f"], options["argnums"]).positions)
    name, levels, more = DRIVERS[transform]
    chunk = options.get("chunk") if transform is not jacrev else None  # of which it is a number of rows
    return driver(transform, options.get("mode"))(
        request(name, options["f"], levels, options["argnums"], shared(axes), layout, chunk=chunk, mapped=True, **more)
    )


def recipe(f: Derivative) -> tuple[Callable, dict]:
    """The transform that made a derivative, and what it was given."""
    if isinstance(f, CustomFunction):
        raise UnsupportedError(
            f"{f.__name__} in kernels",
            "functions with rules are for the CPU alone",
            "use the function without its rule",
        )
    transform, given = f.recipe
    if transform not in DRIVERS:
        known = ", ".join(sorted(t.__name__ for t in DRIVERS))
        raise UnsupportedError(
            f"{f.__name__} in kernels", "it is no derivative that the GPU has a driver for", f"use one of {known}"
        )
    options = dict(zip(inspect.signature(transform).parameters, given, strict=False))
    if options.get("has_aux"):
        raise UnsupportedError(f"{f.__name__} in kernels", "it has has_aux=True", "return what is differentiated alone")
    return transform, options


def twice(transform: Callable, options: dict) -> tuple[Callable, dict]:
    """The same, where it is the derivative of a first derivative as one of second order."""
    if not isinstance(options["f"], Derivative):
        return transform, options
    inner, given = recipe(options["f"])
    both = {transform, inner} <= JACOBIANS or (transform in JACOBIANS and inner is grad)
    if both and not isinstance(given["f"], Derivative):
        outer_selection, selection = (select(given["f"], chosen["argnums"]) for chosen in (options, given))
        if outer_selection == selection:
            return hessian, {"f": given["f"], "argnums": given["argnums"]}
    raise UnsupportedError(
        f"{transform.__name__} of {options['f'].__name__} in kernels",
        "the GPU has no driver for this derivative of a derivative",
        "use hessian or hvp; jacfwd or jacrev of grad by the same arguments is a Hessian, too",
    )


def driver(transform: Callable, mode: str | None) -> Callable[[Request], Drivers]:
    """What makes the driver: of either mode where there are two, by sizes or as the user says."""
    if transform is jacrev or (transform is jacobian and mode == "rev"):
        return partial(AutoBatch, few=0)
    if transform in (grad, value_and_grad) or (transform is jacobian and mode == "auto"):
        return AutoBatch
    return Batch


def shared(axes: tuple) -> tuple[int, ...]:
    """Arguments that are the same for all points."""
    return tuple(k for k, axis in enumerate(axes) if axis is None)


def without_direction(axes: tuple, positions: tuple[int, ...]) -> tuple:
    """The axes of the function's arguments, where the direction, which comes second, has those of what it is like."""
    first, direction, *others = axes
    like = {(first, *others)[k] for k in positions}
    if like != {direction} or direction is None:
        raise StructureError(
            f"in_axes {axes} on the GPU: a direction and what it is a direction of have one axis of points, the same"
        )
    return first, *others


def layout_of(axes: tuple) -> str:
    """The layout with the axis of points where all of ``axes`` say."""
    found = {axis for axis in axes if axis is not None}
    if found == {-1}:
        return "soa"
    if found == {0}:
        return "aos"
    raise StructureError(
        f"in_axes and out_axes {axes} on the GPU: the axis of points is the last one of all arrays, -1, or the first, 0"
    )
