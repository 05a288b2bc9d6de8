"""JAX beside ours: the same derivative at the same point, in the same process and the same rounds.

One idea: JAX is asked for what it does best (a vectorised function, compiled by XLA, its arguments in arrays of its
own), and its answer is held to the same reference before it is timed.  Nothing here runs where JAX is not installed.
"""

import functools
import importlib.metadata
import importlib.util
import timeit
from collections.abc import Callable

import numpy as np

from . import timing, verify

# For the worker's environment: the flag for one thread, and no accelerator.
ONE_THREAD = "--xla_cpu_multi_thread_eigen=false"
PLATFORM = "cpu"


def installed() -> bool:
    """Whether JAX can be imported; it is not imported for that."""
    return importlib.util.find_spec("jax") is not None


def versions() -> dict[str, str]:
    """Versions of what took part, for the record."""
    return {"jax": importlib.metadata.version("jax")} if installed() else {}


def compare(scenario, args: tuple, reference) -> tuple[dict, timeit.Timer | None]:
    """What a row says about JAX, and a timer of its derivative unless that is wrong or fails."""
    try:
        call = build(scenario, args)
        seconds, answer = timing.first_call(call, ())
    except Exception as error:  # whatever another library raises, it must not take our row down
        return {"jax failure": f"{type(error).__name__}: {error}".splitlines()[0]}, None
    facts = {"compile jax": seconds, "jax error": verify.error(as_numpy(answer), reference)}
    right = facts["jax error"] <= verify.TOLERANCE
    return facts, timing.timer(call, ()) if right else None


def build(scenario, args: tuple) -> Callable:
    """JAX's derivative as a function of nothing: it holds its arguments as arrays of its own."""
    import jax

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_cpu_enable_async_dispatch", False)  # on one core a second thread only costs time
    static = tuple(k for k, a in enumerate(args) if isinstance(a, int))  # lengths of loops
    derivative = scenario.jax(functools.partial(transform(scenario.transform), argnums=scenario.argnums))
    if scenario.jit:
        derivative = jax.jit(derivative, static_argnums=static)
    own = tuple(a if k in static else jax.device_put(np.asarray(a)) for k, a in enumerate(args))
    return lambda: jax.block_until_ready(derivative(*own))


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
    """JAX's arrays as NumPy's, in the same structure."""
    return tuple(map(as_numpy, answer)) if isinstance(answer, tuple) else np.asarray(answer)
