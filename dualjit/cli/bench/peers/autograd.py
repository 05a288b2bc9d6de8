"""HIPS autograd: NumPy's own functions under a tape in Python."""

import functools
from collections.abc import Callable

import numpy as np

LABEL = "autograd"


def build(form, scenario, args: tuple) -> tuple[Callable, Callable]:
    """The derivative as a function of nothing, and its answer as NumPy's arrays."""
    derivative = form.build(lambda function: transform(scenario.transform)(function, scenario.argnums))
    return functools.partial(derivative, *args), as_numpy


def transform(name: str) -> Callable:
    """The transform of a name; its Jacobians are by rows."""
    import autograd

    rows = autograd.jacobian
    return {"grad": autograd.grad, "hessian": autograd.hessian, "hvp": hvp, "jacrev": rows, "jacfwd": rows}[name]


def hvp(function: Callable, argnum: int) -> Callable:
    """Reverse over reverse; the vector stands second."""
    import autograd

    product = autograd.hessian_vector_product(function, argnum)
    return lambda x, v, *rest: product(x, *rest, v)


def as_numpy(answer):
    """The same; it answers in NumPy's arrays."""
    return tuple(map(as_numpy, answer)) if isinstance(answer, tuple) else np.asarray(answer)
