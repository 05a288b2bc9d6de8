"""CasADi: the function as a graph of symbols, its derivative as another, run through buffers without copies.

One idea: a form writes the function with CasADi's operations; here it is called with symbols of the arguments' shapes.
Matrices are stored by columns there, and derivatives with zeros as lists of what is not zero: nothing is rearranged
while the clock runs.  An array of more axes than two is a matrix of its first axis by the others.
"""

import contextlib
import functools
import math
import shutil
import tempfile
from collections.abc import Callable

import numpy as np

LABEL = "CasADi"
TO_C = {"jit": True, "compiler": "shell", "jit_options": {"flags": ["-O3", "-march=native"]}}
LARGE = 20_000  # operations in C beyond which the compiler takes minutes


def build(form, scenario, args: tuple) -> tuple[Callable, Callable]:
    """The derivative as a function of nothing, and its answer as NumPy's arrays."""
    derivative = form.build(functools.partial(transform, scenario, args))
    function = compiled(*derivative.graph(), form.jit)
    buffer, run = function.buffer()
    inputs = derivative.inputs()
    outputs = [np.zeros(function.nnz_out(k)) for k in range(function.n_out())]
    for k, a in enumerate(inputs):
        buffer.set_arg(k, memoryview(a))
    for k, a in enumerate(outputs):
        buffer.set_res(k, memoryview(a))
    run.held = buffer, function, inputs, outputs  # what is called knows their addresses alone
    return run, lambda _: derivative.structured(whole(function, outputs))


def compiled(symbols: list, outputs: list, jit: bool):
    """A function of a graph: by way of C, where a compiler is found and would come to an end."""
    import casadi

    function = casadi.Function("derivative", symbols, outputs)
    if not jit or shutil.which("gcc") is None or function.n_instructions() > LARGE:
        return function
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):  # it leaves files where it works
        return casadi.Function("derivative", symbols, outputs, TO_C)


def whole(function, outputs: list[np.ndarray]) -> list[np.ndarray]:
    """All results as full matrices."""
    import casadi

    return [casadi.DM(function.sparsity_out(k), values).full() for k, values in enumerate(outputs)]


def transform(scenario, args: tuple, function: Callable, kind: str = "SX", mapped: bool = False):
    """The derivative of a function of symbols.

    ``kind``: symbols are matrices of numbers, ``SX``, or matrices as they are, ``MX``; ``mapped``: the function is
    of one item, and the derivative goes over all of them, which lie along the arguments' first axes.
    """
    return (Mapped if mapped else Derivative)(scenario, args, function, kind)


class Derivative:
    """A derivative at arguments of given shapes."""

    def __init__(self, scenario, args: tuple, function: Callable, kind: str):
        self.scenario, self.args, self.function, self.kind = scenario, args, function, kind
        given = scenario.argnums
        self.chosen = (given,) if isinstance(given, int) else given

    def graph(self) -> tuple[list, list]:
        """Symbols of the arguments, and the derivative's expressions."""
        own = self.symbols([matrix(np.shape(a)) for a in self.args])
        symbols = [a for a in own if not isinstance(a, int)]
        rule = RULES[self.scenario.transform]
        if self.scenario.transform == "hvp":
            x, v, *rest = own
            return symbols, [rule(self.function(x, *rest), x, v)]
        value = self.function(*own)
        return symbols, [rule(value, own[k]) for k in self.chosen]

    def symbols(self, shapes) -> list:
        """One for each argument; lengths of loops are numbers."""
        import casadi

        symbol = getattr(casadi, self.kind).sym
        given = enumerate(zip(self.args, shapes, strict=True))
        return [a if isinstance(a, int) else symbol(f"a{k}", *shape) for k, (a, shape) in given]

    def inputs(self) -> list[np.ndarray]:
        """The arguments in CasADi's order."""
        arrays = [np.asarray(a, dtype=float) for a in self.args if not isinstance(a, int)]
        return [np.ravel(a.reshape(matrix(a.shape)), order="F") for a in arrays]

    def structured(self, parts: list[np.ndarray]):
        """The answer in the structure of the reference."""
        before, answer = self.rows(), []
        for k, part in zip(self.chosen, parts, strict=True):
            shape = np.shape(self.args[k])
            answer.append(part.reshape((*before, *matrix(shape)), order="F").reshape((*before, *shape)))
        return answer[0] if isinstance(self.scenario.argnums, int) else tuple(answer)

    def rows(self) -> tuple[int, ...]:
        """The shape of what one derivative by all of an argument is taken of."""
        if self.scenario.transform in ("jacfwd", "jacrev"):
            return np.shape(self.scenario.function(*self.args))
        return np.shape(self.args[self.chosen[0]]) if self.scenario.transform == "hessian" else ()


class Mapped(Derivative):
    """Jacobians of a function of one item, side by side for all chosen arguments, for all items."""

    def graph(self) -> tuple[list, list]:
        """The Jacobian of one item as a graph of its own, mapped."""
        import casadi

        own = self.symbols([(math.prod(np.shape(a)[1:]), 1) for a in self.args])
        value = self.function(*own)
        block = casadi.densify(casadi.horzcat(*(casadi.jacobian(value, own[k]) for k in self.chosen)))
        count = len(self.args[0])
        each = casadi.Function("block", own, [block]).map(count)
        symbols = [casadi.MX.sym(f"all{k}", a.shape[0], count) for k, a in enumerate(own)]
        return symbols, [each(*symbols)]

    def inputs(self) -> list[np.ndarray]:
        """Items lie one after another as they are."""
        return [np.ravel(a) for a in self.args]

    def structured(self, parts: list[np.ndarray]):
        """A block of rows and columns for each item."""
        (blocks,) = parts
        return blocks.reshape(len(blocks), len(self.args[0]), -1).transpose(1, 0, 2)


def matrix(shape: tuple[int, ...]) -> tuple[int, int]:
    """The shape in CasADi: a vector is a column."""
    return (*shape, 1, 1)[:2] if len(shape) < 3 else (shape[0], math.prod(shape[1:]))


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
