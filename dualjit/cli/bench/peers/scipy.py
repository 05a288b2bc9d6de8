"""SciPy's forward differences of the compiled function: what most people use who call SciPy's solvers."""

import time
from collections.abc import Callable, Sequence

import numpy as np

from ..problems.forms import Form
from ..problems.forms import form as named

LABEL = "SciPy"
TOLERANCE = 1e-2  # a difference loses half of the digits, and more where a small slope is taken of a large value
TOO_LONG = 10.0  # seconds for one derivative


def form(scenario) -> Form | None:
    """Differences take part wherever a first derivative of one function is asked for."""
    first_order = scenario.transform in ("grad", "jacfwd", "jacrev") and scenario.assemble is None
    return named(differences) if first_order else None


def differences(differentiate: Callable) -> Callable:
    """Forward differences of the function compiled by Numba."""
    return lambda point: differentiate


def build(form, scenario, args: tuple) -> tuple[Callable, Callable]:
    """The derivative as a function of nothing, and its answer in the structure of the reference."""
    from scipy.optimize._numdiff import approx_derivative

    chosen = (scenario.argnums,) if isinstance(scenario.argnums, int) else scenario.argnums
    flat, function = joined(scenario.function, args, chosen)
    rows = np.shape(affordable(function, flat))

    def differentiate(**options):
        return approx_derivative(function, flat, method="2-point", **options)

    def blocks(answer):
        dense = answer.toarray() if hasattr(answer, "toarray") else np.asarray(answer)
        shapes = [(*rows, *np.shape(args[k])) for k in chosen]
        parts = [part.reshape(shape) for part, shape in zip(split(dense, args, chosen), shapes, strict=True)]
        return parts[0] if isinstance(scenario.argnums, int) else tuple(parts)

    return form.build(differentiate)(flat), blocks


def joined(function: Callable, args: tuple, chosen: Sequence[int]) -> tuple[np.ndarray, Callable]:
    """The chosen arguments in one vector, and the function of it."""

    def of_vector(vector):
        moved = list(args)
        for k, part in zip(chosen, split(vector, args, chosen), strict=True):
            moved[k] = part.reshape(np.shape(args[k])) if np.ndim(args[k]) else float(part[0])
        return function(*moved)

    if len(chosen) == 1 and np.ndim(args[chosen[0]]) == 1:
        before, after = args[: chosen[0]], args[chosen[0] + 1 :]
        return args[chosen[0]], lambda vector: function(*before, vector, *after)
    return np.concatenate([np.ravel(args[k]) for k in chosen]), of_vector


def split(vector: np.ndarray, args: tuple, chosen: Sequence[int]) -> list[np.ndarray]:
    """The chosen arguments' parts of what runs along one vector of them all."""
    return np.split(vector, np.cumsum([np.size(args[k]) for k in chosen])[:-1], axis=-1)


def affordable(function: Callable, flat: np.ndarray):
    """The function's answer, or an error where so many calls of it would take too long."""
    function(flat)
    start = time.perf_counter()
    answer = function(flat)
    seconds = flat.size * (time.perf_counter() - start)
    if seconds > TOO_LONG:
        raise TimeoutError(f"{flat.size} calls of the function take about {seconds:.0f} s")
    return answer
