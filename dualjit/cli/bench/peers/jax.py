"""JAX: a vectorised function, compiled by XLA, its arguments in arrays of its own."""

import functools
from collections.abc import Callable

import numpy as np

LABEL = "JAX"
ENVIRONMENT = {"JAX_PLATFORMS": "cpu"}
ONE_THREAD = "--xla_cpu_multi_thread_eigen=false"


def build(form, scenario, args: tuple) -> tuple[Callable, Callable]:
    """The derivative as a function of nothing, and its answer as NumPy's arrays."""
    import jax

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_cpu_enable_async_dispatch", False)  # on one core a second thread only costs time
    static = tuple(k for k, a in enumerate(args) if isinstance(a, int))  # lengths of loops
    derivative = form.build(functools.partial(transform(scenario.transform), argnums=scenario.argnums))
    if form.jit:
        derivative = jax.jit(derivative, static_argnums=static)
    own = tuple(a if k in static else jax.device_put(np.asarray(a)) for k, a in enumerate(args))
    return (lambda: jax.block_until_ready(derivative(*own))), as_numpy


def transform(name: str) -> Callable:
    """JAX's transform of a name, or for ``hvp`` what its own documentation makes of two of them."""
    import jax

    return hvp if name == "hvp" else getattr(jax, name)


def hvp(function: Callable, argnums: int) -> Callable:
    """Forward over reverse, which of JAX's three ways is the fastest or as fast; the vector stands second."""
    import jax

    gradient = jax.grad(function, argnums)

    def product(x, v, *rest):
        return jax.jvp(lambda x: gradient(x, *rest), (x,), (v,))[1]

    return product


def as_numpy(answer):
    """Its arrays as NumPy's, in the same structure."""
    return tuple(map(as_numpy, answer)) if isinstance(answer, tuple) else np.asarray(answer)
