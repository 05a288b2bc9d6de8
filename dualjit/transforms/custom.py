"""``custom_jvp``, ``custom_vjp``, ``define_rule``: one's own derivative for a function.

Source: the interface is JAX's (jax.custom_jvp, jax.custom_vjp).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable

import numpy as np
from numba import njit

from dualjit.errors import StructureError, UnsupportedError
from dualjit.frontend.dispatcher import Derivative
from dualjit.frontend.registered import register
from dualjit.frontend.vectorized import as_function
from dualjit.numbers.points import holds_point
from dualjit.transforms.arguments import python_function, signature_of, star_position
from dualjit.transforms.ruled import CustomDriver, Rules
from dualjit.transforms.source import build
from dualjit.transforms.transposed import ANSWER


def custom_jvp(f: Callable) -> CustomFunction:
    """Give a function a derivative of its own for forward mode, from which reverse mode is made.

    Parameters
    ----------
    f : callable
        Python function, or function jitted with ``numba.njit``, with named parameters.

    Returns
    -------
    CustomFunction
        ``f`` as a Numba dispatcher.  Its method ``defjvp`` takes the rule: a function
        ``(primals, tangents) -> (y, y_dot)`` of two tuples, linear in the tangents.  It serves all modes.

    Raises
    ------
    StructureError
        ``f`` has ``*args``; the rule has not two parameters, or (at the first derivative) its answer is not a pair of
        two alike.
    ShapeError
        When it runs: the rule's tangent has another shape than its value.

    Notes
    -----
    Cost: forward mode one call of the rule for a pass, reverse mode one reverse sweep of the rule.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> @dj.custom_jvp
    ... def log1pexp(x):
    ...     return np.log(1.0 + np.exp(x))
    >>> @log1pexp.defjvp
    ... def _(primals, tangents):
    ...     return log1pexp(primals[0]), tangents[0] / (1.0 + np.exp(-primals[0]))
    >>> dj.grad(lambda x: log1pexp(x) * 2.0)(0.0)
    1.0
    """
    return CustomFunction.of(f, Rules())


def custom_vjp(f: Callable, exact: bool = True) -> CustomFunction:
    """Give a function a derivative of its own for reverse mode.

    Parameters
    ----------
    f : callable
        Python function, or function jitted with ``numba.njit``, with named parameters.
    exact : bool
        False: the rule is no true derivative (it clips cotangents, say); then second derivatives are refused.

    Returns
    -------
    CustomFunction
        ``f`` as a Numba dispatcher.  Its method ``defvjp`` takes the rule: ``fwd``, with the parameters of ``f``,
        returns ``(y, residuals)``, and ``bwd(residuals, y_bar)`` the tuple of cotangents of all parameters.

    Raises
    ------
    StructureError
        ``f`` has ``*args``; the rule's functions have other parameters; ``bwd`` does not return a tuple with a
        cotangent for each parameter (at the first derivative).
    ShapeError
        When it runs: a cotangent has another shape than its argument.
    UnsupportedError
        At the first derivative by forward mode: define the rule by ``custom_jvp`` for that.

    Notes
    -----
    Cost: ``fwd`` runs again in the reverse sweep; residuals are not stored.

    Examples
    --------
    >>> import numpy as np
    >>> import dualjit as dj
    >>> def clipped(limit):
    ...     identity = dj.custom_vjp(lambda x: x, exact=False)
    ...     identity.defvjp(lambda x: (x, None), lambda _, x_bar: (min(max(x_bar, -limit), limit),))
    ...     return identity
    >>> clip = clipped(1.0)
    >>> dj.grad(lambda x: clip(x) * 5.0)(2.0)
    1.0
    """
    return CustomFunction.of(f, Rules(exact=exact))


def define_rule(
    function: Callable, *, jvp: Callable | None = None, vjp: tuple | None = None, exact: bool = True
) -> CustomFunction:
    """Give a function that one does not own a derivative.

    Parameters
    ----------
    function : callable
        Whatever programs call: a jitted function of another library, a Python function, a function of NumPy.
    jvp : callable, optional
        The rule as for :func:`custom_jvp`.
    vjp : pair of callables, optional
        ``(fwd, bwd)`` as for :func:`custom_vjp`.
    exact : bool
        As for :func:`custom_vjp`.

    Returns
    -------
    CustomFunction
        What differentiated programs call in the place of ``function``, from now on: what was compiled before stays.

    Raises
    ------
    StructureError
        No rule is given, or it has the wrong parameters.

    Examples
    --------
    >>> import dualjit as dj
    >>> def measured(x):
    ...     return x * x
    >>> _ = dj.define_rule(measured, jvp=lambda primals, tangents: (measured(primals[0]), 100.0 * tangents[0]))
    >>> dj.grad(lambda x: measured(x) + x)(3.0)
    101.0
    """
    if jvp is None and vjp is None:
        raise StructureError("define_rule was given no rule: give jvp=..., vjp=(fwd, bwd), or both")
    custom = CustomFunction.of(with_parameters(function), Rules(exact=exact))
    if jvp is not None:
        custom.defjvp(jvp)
    if vjp is not None:
        custom.defvjp(*vjp)
    register(function, custom)
    return custom


def with_parameters(function: Callable) -> Callable:
    """The function itself, or one of Python that calls it where it is none."""
    if inspect.isfunction(getattr(function, "py_func", function)):
        return as_function(function)
    count = function.nin if isinstance(function, np.ufunc) else len(inspect.signature(function).parameters)
    parameters = ", ".join(f"x{k}" for k in range(count))
    name = function.__name__
    caller = build(name, f"def {name}({parameters}):\n    return function({parameters})\n", {"function": function})
    return njit(caller)  # by Numba alone: a program would call the rule's function in the place of this one


class CustomFunction(Derivative):
    """A function with a derivative of its own, callable from Python and from jitted code."""

    @classmethod
    def of(cls, f: Callable, rules: Rules) -> CustomFunction:
        """The function with these rules."""
        f = as_function(f)
        if star_position(f) is not None:
            raise StructureError(
                f"{python_function(f).__name__} has *args: a function with a rule needs named parameters"
            )
        driver = CustomDriver(f, rules)
        return driver.derivative(cls.of, f, rules, doc=f.__doc__, kind=cls)

    @property
    def is_compiling(self) -> bool:
        """Never, to Numba: a rule may call its function, with numbers of one level less."""
        return False

    def get_call_template(self, args, kws):
        if any(map(holds_point, (*args, *kws.values()))):  # whose numbers carry partials, past the rule
            raise UnsupportedError(
                f"the call of {self.__name__} in a kernel",
                "its rule is one for arrays, and the vector of a point is none",
                "use the function without its rule, or dualjit.vmap on the CPU",
            )
        return super().get_call_template(args, kws)

    @property
    def rules(self) -> Rules:
        """What has been defined."""
        return self._compiler.implement.rules

    def defjvp(self, rule: Callable) -> Callable:
        """Define the rule ``(primals, tangents) -> (y, y_dot)``; returns it."""
        check_parameters(rule, 2, f"the rule of {self.__name__}", "(primals, tangents)")
        self.rules.jvp = as_function(rule)
        self.renew()
        return rule

    def defvjp(self, fwd: Callable, bwd: Callable) -> None:
        """Define ``fwd(*args) -> (y, residuals)`` and ``bwd(residuals, y_bar) -> (x_bar, ...)``."""
        names = tuple(signature_of(self._compiler.implement.f).parameters)
        check_parameters(fwd, len(names), f"fwd of {self.__name__}", f"({', '.join(names)})")
        check_parameters(bwd, 2, f"bwd of {self.__name__}", f"(residuals, {ANSWER}_bar)")
        self.rules.vjp = as_function(fwd), as_function(bwd)
        self.renew()

    def renew(self) -> None:
        """Forget what was known of calls before the rule."""
        self.rows.clear()


def check_parameters(rule: Callable, count: int, what: str, expected: str) -> None:
    """Raise StructureError unless a function has so many parameters."""
    given = signature_of(as_function(rule))
    if len(given.parameters) != count or star_position(rule) is not None:
        raise StructureError(f"{what} has the parameters {given}, expected {expected}")
