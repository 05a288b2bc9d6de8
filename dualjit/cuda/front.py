"""``vmap(f, target="cuda")``: which driver that is."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from dualjit.cuda.batch import Batch
from dualjit.cuda.transforms import batch_gradient, batch_hessian, batch_hvp, batch_jacobian, batch_value
from dualjit.errors import StructureError, UnsupportedError
from dualjit.frontend.dispatcher import Derivative
from dualjit.transforms.arguments import signature_of
from dualjit.transforms.grad import grad, value_and_grad
from dualjit.transforms.hessian import hessian
from dualjit.transforms.hvp import hvp
from dualjit.transforms.jacfwd import jacfwd
from dualjit.transforms.jacobian import jacobian
from dualjit.transforms.jacrev import jacrev

# Whatever the mode: for few inputs forward mode is the one that keeps everything in registers.
DRIVERS: dict[Callable, tuple[Callable, dict]] = {
    grad: (batch_gradient, {}),
    value_and_grad: (batch_gradient, {"value": True}),
    jacfwd: (batch_jacobian, {}),
    jacrev: (batch_jacobian, {}),
    jacobian: (batch_jacobian, {}),
    hessian: (batch_hessian, {}),
    hvp: (batch_hvp, {}),
}


def mapped(f: Callable, in_axes, out_axes) -> Batch:
    """The driver of a function, or of what a transform has made of one, for points along these axes."""
    names = list(signature_of(f).parameters)
    axes = tuple(in_axes) if isinstance(in_axes, (tuple, list)) else (in_axes,) * len(names)
    if len(axes) != len(names):
        raise StructureError(f"in_axes has {len(axes)} entries, the function has {len(names)} parameters")
    driver, primal, how = driver_of(f)
    if driver is batch_hvp:
        axes = (axes[0], *axes[2:])  # the direction is like the first argument
    shared = tuple(k for k, axis in enumerate(axes) if axis is None)
    return driver(primal, shared=shared, layout=layout_of((*axes, out_axes)), **how)


def driver_of(f: Callable) -> tuple[Callable, Callable, dict]:
    """The driver, the function it is of, and options."""
    if not isinstance(f, Derivative):
        return batch_value, f, {}
    transform, given = f.recipe
    if transform not in DRIVERS:
        known = ", ".join(sorted(t.__name__ for t in DRIVERS))
        raise UnsupportedError(
            f"{f.__name__} in kernels", "it is no derivative that the GPU has a driver for", f"use one of {known}"
        )
    driver, how = DRIVERS[transform]
    options = dict(zip(inspect.signature(transform).parameters, given, strict=False))
    if options.get("has_aux"):
        raise UnsupportedError(f"{f.__name__} in kernels", "it has has_aux=True", "return what is differentiated alone")
    if options.get("chunk") is not None:
        how = {**how, "chunk": options["chunk"]}
    return driver, options["f"], {**how, "argnums": options["argnums"]}


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
