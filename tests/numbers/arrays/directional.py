"""Runs one array expression three ways: primal, on duals through the stubs of its rows, and by differences.

An expression is Python source in which the names of rows stand for functions: ``"sum(x, axis=0)"``.  For the primal
they are Numba's own functions, for duals the rows' stubs.  All active inputs move along the same random directions,
one for each partial, so that one call checks every element of every partial derivative.
"""

from __future__ import annotations

import re

import numpy as np
from numba import njit, types
from numba.extending import overload

import dualjit.numbers.typing  # noqa: F401
from dualjit.numbers.intrinsics import from_partials, partial, primal
from dualjit.numbers.types import Dual
from dualjit.rules.arrays import array_rows

LANES = 4


METHODS_ALONE = {row.name: row.methods[0] for row in array_rows().values() if not row.functions}


def primal_names():
    return {row.name: row.functions[0] for row in array_rows().values() if row.functions}


def with_methods(source):
    """``fill(a, 0.0)`` is ``a.fill(0.0)`` where there is no function for it."""
    names = "|".join(METHODS_ALONE)
    return re.sub(rf"\b({names})\((\w+)(?:, *)?", lambda m: f"{m[2]}.{METHODS_ALONE[m[1]]}(", source)


def stub_names():
    return {row.name: row.stub for row in array_rows().values()}


def used(names, *sources):
    """Those of the named arrays which occur in the source."""
    return {k: v for k, v in names.items() if any(re.search(rf"(?<!['\w.]){k}\b", s) for s in sources)}


def flat_parts(x):
    raise NotImplementedError


@overload(flat_parts)
def _flat_parts(x):
    """Values, then partials lane by lane."""
    if isinstance(x, Dual):

        def impl(x):
            answer = np.empty((1 + LANES, 1))
            answer[0, 0] = primal(x)
            for k in range(LANES):
                answer[1 + k, 0] = partial(x, k)
            return answer

    elif isinstance(x, types.Array) and isinstance(x.dtype, Dual):

        def impl(x):
            answer = np.empty((1 + LANES, x.size))
            for i, d in enumerate(x.flat):
                answer[0, i] = primal(d)
                for k in range(LANES):
                    answer[1 + k, i] = partial(d, k)
            return answer

    elif isinstance(x, types.BaseTuple):
        if len(x) == 1:
            return lambda x: flat_parts(x[0])
        return lambda x: np.hstack((flat_parts(x[0]), flat_parts(x[1:])))
    elif isinstance(x, types.Array):

        def impl(x):
            answer = np.zeros((1 + LANES, x.size))
            for i, d in enumerate(x.flat):
                answer[0, i] = d
            return answer

    else:

        def impl(x):
            answer = np.zeros((1 + LANES, 1))
            answer[0, 0] = x
            return answer

    return impl


def dualized(x, directions, marked):
    raise NotImplementedError


@overload(dualized)
def _dualized(x, directions, marked):
    element = marked.instance_type
    if not isinstance(x, types.Array):
        return lambda x, directions, marked: from_partials(element, x, directions)

    def impl(x, directions, marked):
        answer = np.empty(x.shape, element)
        slopes = directions.reshape(x.size, LANES)
        flat = answer.reshape(x.size)
        for i, v in enumerate(x.flat):
            flat[i] = from_partials(element, v, slopes[i])
        return answer

    return impl


def compiled(expression, names, lines, parameters, scope, **options):
    body = "".join(f"    {line}\n" for line in lines)
    source = f"def run({', '.join(parameters)}):\n{body}    return flat_parts({expression})\n"
    space = {**names, "np": np, "flat_parts": flat_parts, "dualized": dualized, **scope}
    exec(source, space)
    return njit(**options)(space["run"])


def number_of(x):
    return Dual(types.float32 if np.asarray(x).dtype == np.float32 else types.float64, LANES, 1)


def parts(expression, active, directions, inactive=None, before=(), **options):
    """Values and partials of an expression whose active inputs move along ``directions[name][..., lane]``."""
    directions = {k: np.asarray(directions[k], np.asarray(v).dtype) for k, v in active.items()}
    inactive = inactive or {}
    lines = [f"{k} = dualized({k}, {k}_d, {k}_T)" for k in active] + list(before)
    scope = {f"{k}_T": number_of(v) for k, v in active.items()}
    run = compiled(expression, stub_names(), lines, [*active, *inactive, *(f"{k}_d" for k in active)], scope, **options)
    return run(*active.values(), *inactive.values(), *directions.values())


def directions_of(active):
    rng = np.random.default_rng(0)
    return {k: rng.standard_normal((*np.shape(v), LANES)) for k, v in active.items()}


def slope(values, active, directions, lane, step=1e-6):
    """The derivative of ``values(**active)`` in one direction, by a central difference."""

    def moved(sign):
        return values(**{k: v + sign * step * directions[k][..., lane] for k, v in active.items()})

    return (moved(1) - moved(-1)) / (2 * step)


def interpreted(expression, **variables):
    """The value of an expression by NumPy, flat."""
    answer = eval(with_methods(expression), {**primal_names(), "np": np}, variables)
    return np.hstack([np.ravel(part) for part in (answer if isinstance(answer, tuple) else (answer,))])


def check(expression, active, inactive=None, before=(), slopes=True, rtol=2e-6):
    """Values bit by bit as the primal's; every directional derivative as a central difference, if ``slopes``."""
    active, inactive = used(active, expression, *before), used(inactive or {}, expression, *before)
    directions = directions_of(active)
    primal_lines = [with_methods(line) for line in before]
    primal_run = compiled(with_methods(expression), primal_names(), primal_lines, [*active, *inactive], {})

    def values(**active):
        return primal_run(*active.values(), *(np.copy(v) for v in inactive.values()))[0]

    found = parts(expression, active, directions, inactive, before)
    exact = values(**active)
    assert found[0].tobytes() == exact.tobytes(), (found[0], exact)
    known = np.isfinite(exact)
    for lane in range(LANES if slopes else 0):
        difference = slope(values, active, directions, lane)[known]
        scale = 1 + np.abs(difference).max(initial=0)
        np.testing.assert_allclose(found[1 + lane][known], difference, rtol=rtol, atol=rtol * scale)
    return found
