"""JAX beside ours: the same derivative at the same point, in the same process and the same rounds.

One idea: JAX is asked for what it does best (a vectorised function, compiled by XLA, its arguments in arrays of its
own), and its answer is held to the same reference before it is timed.  Nothing here runs where JAX is not installed.
"""

import importlib.metadata
import importlib.util
import timeit
from collections.abc import Callable

import numpy as np

from . import timing, verify

# For the worker's environment: one thread and no accelerator.
XLA_FLAGS = "--xla_cpu_multi_thread_eigen=false"
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
    """JAX's derivative, jitted, as a function of nothing: it holds its arguments as arrays of its own."""
    import jax

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_cpu_enable_async_dispatch", False)  # on one core a second thread only costs time
    static = tuple(k for k, a in enumerate(args) if isinstance(a, int))  # lengths of loops
    derivative = jax.jit(scenario.jax(getattr(jax, scenario.transform)), static_argnums=static)
    own = tuple(a if k in static else jax.device_put(np.asarray(a)) for k, a in enumerate(args))
    return lambda: jax.block_until_ready(derivative(*own))


def as_numpy(answer):
    """JAX's arrays as NumPy's, in the same structure."""
    return tuple(map(as_numpy, answer)) if isinstance(answer, tuple) else np.asarray(answer)
