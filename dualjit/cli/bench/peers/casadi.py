"""CasADi: the function as a graph of symbols, its derivative as another, run through buffers without copies.

One idea: a form writes the function with CasADi's operations; here it is called with symbols of the arguments' shapes.
Matrices are stored by columns there, and derivatives with zeros as lists of what is not zero: nothing is rearranged
while the clock runs.
"""

import contextlib
import shutil
import tempfile
from collections.abc import Callable
from functools import partial

import numpy as np

LABEL = "CasADi"
TO_C = {"jit": True, "compiler": "shell", "jit_options": {"flags": ["-O3", "-march=native"]}}
LARGE = 20_000  # operations in C beyond which the compiler takes minutes


def build(form, scenario, args: tuple) -> tuple[Callable, Callable]:
    """The derivative as a function of nothing, and its answer as NumPy's arrays."""
    function = form.build(partial(Derivative, scenario.transform, scenario.argnums))(args, form.jit)
    buffer, run = function.buffer()
    inputs = [np.ravel(np.asarray(a, dtype=float), order="F") for a in args if not isinstance(a, int)]
    outputs = [np.zeros(function.nnz_out(k)) for k in range(function.n_out())]
    for k, a in enumerate(inputs):
        buffer.set_arg(k, memoryview(a))
    for k, a in enumerate(outputs):
        buffer.set_res(k, memoryview(a))
    run.held = buffer, function, inputs, outputs  # what is called knows their addresses alone

    def as_numpy(_):
        before = rows(scenario, args)
        parts = [
            dense(function.sparsity_out(k), outputs[k], (*before, *np.shape(args[i])))
            for k, i in enumerate(several(scenario.argnums))
        ]
        return parts[0] if isinstance(scenario.argnums, int) else tuple(parts)

    return run, as_numpy


class Derivative:
    """What makes a derivative for arguments of given shapes.

    Parameters
    ----------
    name : str
        Of the transform.
    argnums : int or tuple of int
    function : callable
        Of symbols.
    kind : str
        What symbols are: matrices of numbers, ``SX``, or matrices as they are, ``MX``.
    """

    def __init__(self, name: str, argnums, function: Callable, kind: str = "SX"):
        self.name, self.argnums, self.function, self.kind = name, argnums, function, kind

    def __call__(self, args: tuple, jit: bool):
        """The compiled derivative: by way of C, where a compiler is found and would come to an end."""
        import casadi

        symbols, outputs = self.graph(args)
        function = casadi.Function("derivative", symbols, outputs)
        if not jit or shutil.which("gcc") is None or function.n_instructions() > LARGE:
            return function
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):  # it leaves files where it works
            return casadi.Function("derivative", symbols, outputs, TO_C)

    def graph(self, args: tuple) -> tuple[list, list]:
        """Symbols of the arguments, and the derivative's expressions."""
        import casadi

        symbol = getattr(casadi, self.kind).sym
        own = [a if isinstance(a, int) else symbol(f"a{k}", *columns(a)) for k, a in enumerate(args)]
        symbols = [a for a in own if not isinstance(a, int)]
        rule = RULES[self.name]
        if self.name == "hvp":
            x, v, *rest = own
            return symbols, [rule(self.function(x, *rest), x, v)]
        value = self.function(*own)
        return symbols, [rule(value, own[k]) for k in several(self.argnums)]


def gradient(value, x):
    """In the shape of ``x``."""
    import casadi

    return casadi.densify(casadi.gradient(value, x))


def jacobian(value, x):
    """What is not zero of it."""
    import casadi

    return casadi.jacobian(value, x)


def hessian(value, x):
    """What is not zero of it."""
    import casadi

    return casadi.hessian(value, x)[0]


def hvp(value, x, v):
    """Forward over reverse."""
    import casadi

    return casadi.densify(casadi.jtimes(casadi.gradient(value, x), x, v))


RULES = {"grad": gradient, "jacfwd": jacobian, "jacrev": jacobian, "hessian": hessian, "hvp": hvp}


def rows(scenario, args: tuple) -> tuple[int, ...]:
    """The shape of what one derivative by all of an argument is taken of."""
    if scenario.transform in ("jacfwd", "jacrev"):
        return np.shape(scenario.function(*args))
    return np.shape(args[scenario.argnums]) if scenario.transform == "hessian" else ()


def several(argnums) -> tuple[int, ...]:
    """The chosen arguments, also where it is one."""
    return (argnums,) if isinstance(argnums, int) else argnums


def columns(a) -> tuple[int, int]:
    """The shape in CasADi: a vector is a column."""
    return (*np.shape(a), 1, 1)[:2]


def dense(pattern, nonzeros: np.ndarray, shape: tuple) -> np.ndarray:
    """The whole of a result."""
    import casadi

    return casadi.DM(pattern, nonzeros).full().reshape(shape, order="F")
