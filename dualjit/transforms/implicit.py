"""``implicit_root`` and ``fixed_point``: derivatives of what an iteration converges to, not of the iteration.

Source: the implicit function theorem; Griewank and Walther, Evaluating Derivatives, section 15.1; Blondel et al. 2022,
arXiv:2105.15183.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit

from dualjit.errors import StructureError
from dualjit.frontend.vectorized import as_function
from dualjit.transforms.arguments import python_function, signature_of, star_position
from dualjit.transforms.custom import CustomFunction, custom_jvp
from dualjit.transforms.jacfwd import jacfwd
from dualjit.transforms.jvp import driver
from dualjit.transforms.source import build


def implicit_root(residual: Callable, solver: Callable) -> CustomFunction:
    """The root that a solver finds, with the derivative of the root.

    Parameters
    ----------
    residual : callable
        ``residual(x, *parameters)``, zero at the root, of the shape of ``x``.
    solver : callable
        ``solver(*parameters)`` returns the root: a float or an array.  It is not differentiated; any code that Numba
        compiles will do.

    Returns
    -------
    CustomFunction
        A function of the parameters, which are floats, float arrays and tuples of these.

    Raises
    ------
    StructureError
        ``solver`` has ``*args``, or ``residual`` not one parameter more than it.
    numpy.linalg.LinAlgError
        When a derivative is computed: the Jacobian of the residual by ``x`` is singular.

    Notes
    -----
    By the implicit function theorem ``dx = -(∂r/∂x)⁻¹ ∂r/∂p dp``.  Cost beside the solver: the Jacobian of the residual
    by ``x`` and one linear solve, in all modes; derivatives of every order.

    Examples
    --------
    >>> import dualjit as dj
    >>> def newton(a):
    ...     x = a
    ...     while abs(x * x - a) > 1e-14 * a:
    ...         x = 0.5 * (x + a / x)
    ...     return x
    >>> root = dj.implicit_root(lambda x, a: x * x - a, newton)
    >>> round(dj.grad(lambda a: 3.0 * root(a))(4.0), 12)
    0.75
    """
    residual, solver = as_function(residual), as_function(solver)
    names = list(signature_of(solver).parameters)
    expected = len(names) + 1
    if star_position(solver) is not None or star_position(residual) is not None:
        raise StructureError("residual and solver need named parameters, no *args")
    if len(signature_of(residual).parameters) != expected:
        raise StructureError(
            f"{python_function(residual).__name__}{signature_of(residual)} has to take the root and the parameters of "
            f"{python_function(solver).__name__}{signature_of(solver)}, {expected} in all"
        )
    root = custom_jvp(solver)
    root.defjvp(rule_of(root, residual, len(names)))
    root.rules.jvp_of_number = rule_of(root, residual, len(names), number=True)
    return root


def fixed_point(step: Callable, solver: Callable) -> CustomFunction:
    """The fixed point that an iteration finds, with the derivative of the fixed point.

    Parameters
    ----------
    step : callable
        ``step(x, *parameters)``, which is ``x`` again at the fixed point.
    solver : callable
        ``solver(*parameters)`` returns the fixed point, as for :func:`implicit_root`.

    Returns
    -------
    CustomFunction
        A function of the parameters.

    Raises
    ------
    StructureError, numpy.linalg.LinAlgError
        As :func:`implicit_root` does; singular is ``I - ∂step/∂x``.

    Notes
    -----
    Cost: as for :func:`implicit_root`.

    Examples
    --------
    >>> import math
    >>> import dualjit as dj
    >>> def iterate(a):
    ...     x = a
    ...     for _ in range(200):
    ...         x = math.cos(a * x)
    ...     return x
    >>> point = dj.fixed_point(lambda x, a: math.cos(a * x), iterate)
    >>> x = point(1.0)
    >>> abs(dj.grad(point)(1.0) + x * math.sin(x) / (1 + math.sin(x))) < 1e-12
    True
    """
    step = as_function(step)
    step = step if hasattr(step, "py_func") else njit(step)
    parameters = ", ".join(f"p{k}" for k in range(len(signature_of(step).parameters) - 1))
    text = f"def residual(x, {parameters}):\n    return step(x, {parameters}) - x\n"
    return implicit_root(build("residual", text, {"step": step}), solver)


def rule_of(root: CustomFunction, residual: Callable, count: int, number: bool = False) -> Callable:
    """The rule for tangents of the root of a residual with so many parameters; ``number``: the root is one."""
    primals, tangents = (", ".join(f"{name}[{k}]" for k in range(count)) for name in ("primals", "tangents"))
    solved = "change / matrix" if number else "solve(matrix.reshape((n, n)), change.reshape(n)).reshape(x.shape)"
    text = (
        "def rule(primals, tangents):\n"
        f"    x = root({primals})\n"
        f"    _, change = slope((x, {primals}), ({'0.0' if number else 'zeros(x.shape)'}, {tangents}))\n"
        f"    matrix = by_root(x, {primals})\n"
        f"    n = {'1' if number else 'x.size'}\n"
        f"    return x, -({solved})\n"
    )
    names = {"root": root, "slope": driver(residual), "by_root": jacfwd(residual, 0)}
    return build("rule", text, {**names, "solve": np.linalg.solve, "zeros": np.zeros})
