"""``check_grads``: derivatives against differences of the function itself."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dualjit.errors import ModeError, WrongDerivativeError
from dualjit.transforms.jvp import driver, jvp
from dualjit.transforms.values import mapped_values
from dualjit.transforms.vjp import vjp

SEED = 20261121
STEPS = 6
SETTLED = 1e-4


def check_grads(
    f: Callable,
    args: tuple,
    order: int = 2,
    modes: tuple[str, ...] = ("fwd", "rev"),
    *,
    rtol: float = 1e-6,
    atol: float = 1e-8,
) -> None:
    """Compare the derivatives of ``f`` with extrapolated central differences along random directions.

    Parameters
    ----------
    f : callable
        Function to check.
    args : tuple
        The point: floats, float arrays and tuples of these.
    order : int
        Derivatives of orders 1 to ``order`` are checked.
    modes : tuple of str
        ``"fwd"``: forward mode, by differences; ``"rev"``: reverse mode, whose products with random cotangents are
        held to those of forward mode, ``⟨u, J v⟩ = ⟨Jᵀ u, v⟩``, for the first order.
    rtol, atol : float
        Bounds on the difference, relative to the largest derivative and absolute.

    Raises
    ------
    WrongDerivativeError
        Names the order, the mode, both values and the error.
    ModeError
        A mode is not known.

    Notes
    -----
    Cost: 13 evaluations of ``f`` and one pass for each order, and one reverse sweep.  Source: Ridders 1982, Accurate
    computation of F'(x) and F'(x) F''(x), Advances in Engineering Software 4(2).

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> dj.check_grads(lambda x: np.sum(np.sin(x) * x), (np.array([0.5, 2.0]),))
    """
    unknown = set(modes) - {"fwd", "rev"}
    if unknown:
        raise ModeError(f"modes={modes!r}: {sorted(unknown)} not known; the modes are ('fwd', 'rev')")
    rng = np.random.default_rng(SEED)
    function, point = f, tuple(args)
    if "rev" in modes:
        _check_transposed(f, point, _random_like(point, rng), rng, rtol, atol)
    for level in range(1, order + 1):
        if "fwd" not in modes:
            break
        direction = _random_like(point, rng)
        _check_along(function, point, direction, level, rtol, atol)
        function, point = driver(function), (point, direction)


def _check_transposed(f, point, direction, rng, rtol, atol) -> None:
    """The dot-product identity: it needs no differences."""
    forward = _flat(jvp(f, point, direction)[1])
    answer, pullback = vjp(f, *point)
    cotangent = _random_like(answer, rng)
    by_outputs = float(_flat(cotangent) @ forward)
    by_inputs = float(_flat(pullback(cotangent)) @ _flat(direction))
    scale = max(float(np.abs(_flat(cotangent)) @ np.abs(forward)), 1.0)
    if not abs(by_outputs - by_inputs) <= atol + rtol * scale:
        raise WrongDerivativeError(
            f"reverse and forward mode differ: u·(J v) is {by_outputs:.17g} forward, (Jᵀu)·v is {by_inputs:.17g} by "
            f"reverse mode (difference {abs(by_outputs - by_inputs):.3g}, allowed {atol + rtol * scale:.3g})"
        )


def _check_along(f, point, direction, level, rtol, atol) -> None:
    found = _flat(jvp(f, point, direction)[1])
    expected, spread = ridders(lambda h: _flat(f(*_moved(point, direction, h))))
    scale = max(float(np.max(np.abs(expected), initial=0.0)), 1.0)
    error = np.abs(found - expected)
    worst = int(np.argmax(error)) if error.size else 0
    # Differences that do not settle (a jump, a kink) are no excuse: their own error counts for a little only.
    if error.size and not error[worst] <= atol + rtol * scale + min(2 * spread, SETTLED * scale):
        raise WrongDerivativeError(
            f"derivative of order {level} by forward mode differs from finite differences: output {worst} is "
            f"{found[worst]:.17g}, expected about {expected[worst]:.17g} "
            f"(error {error[worst]:.3g}, allowed {atol + rtol * scale:.3g})"
            + ("" if 2 * spread <= SETTLED * scale else "; they do not settle: look for a jump or a kink here")
        )


def ridders(g: Callable[[float], np.ndarray], step: float = 1e-2) -> tuple[np.ndarray, float]:
    """Derivative of ``g`` at 0 by central differences, extrapolated; with an estimate of its error."""
    table: list[list[np.ndarray]] = []
    best, error = None, np.inf
    for i in range(STEPS):
        h = step / 2**i
        row = [(g(h) - g(-h)) / (2 * h)]
        for j in range(i):
            factor = 4.0 ** (j + 1)
            row.append((factor * row[j] - table[i - 1][j]) / (factor - 1))
        table.append(row)
        if i:
            spread = float(np.max(np.abs(row[-1] - table[i - 1][-1]), initial=0.0))
            if spread <= error or best is None:
                best, error = row[-1], spread
    return best, error


def _random_like(structure, rng):
    def leaf(x):
        if isinstance(x, np.ndarray):
            return rng.standard_normal(x.shape).astype(x.dtype)
        return float(rng.standard_normal())

    return mapped_values(leaf, structure)


def _moved(point, direction, h):
    return mapped_values(lambda x, v: x + h * v, point, direction)


def _flat(y) -> np.ndarray:
    if isinstance(y, (tuple, list)):
        return np.concatenate([_flat(v) for v in y]) if y else np.zeros(0)
    return np.ravel(np.asarray(y, dtype=float))
