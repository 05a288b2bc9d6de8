"""PyTorch: compiled as a whole where the form allows it, otherwise operation by operation with its own tape."""

import functools
from collections.abc import Callable

import numpy as np

LABEL = "PyTorch"
ENVIRONMENT = {"TORCHINDUCTOR_FORCE_DISABLE_CACHES": "1", "TORCHINDUCTOR_COMPILE_THREADS": "1"}


def build(form, scenario, args: tuple) -> tuple[Callable, Callable]:
    """The derivative as a function of nothing, and its answer as NumPy's arrays."""
    import torch

    torch.set_num_threads(scenario.threads)
    own = tuple(a if isinstance(a, int) else torch.tensor(np.asarray(a)) for a in args)
    if form.jit:
        derivative = form.build(functools.partial(functional(scenario.transform), argnums=scenario.argnums))
        return functools.partial(torch.compile(derivative, dynamic=False), *own), as_numpy
    for k in (scenario.argnums,) if isinstance(scenario.argnums, int) else scenario.argnums:
        own[k].requires_grad_()
    derivative = form.build(functools.partial(eager(scenario.transform), argnums=scenario.argnums))
    return functools.partial(derivative, *own), as_numpy


def functional(name: str) -> Callable:
    """The transform of ``torch.func``, which its compiler understands."""
    import torch

    return hvp if name == "hvp" else getattr(torch.func, name)


def eager(name: str) -> Callable:
    """The transform that costs least without the compiler."""
    return {"grad": gradient, "hvp": double_backward}.get(name) or functional(name)


def gradient(function: Callable, argnums) -> Callable:
    """By one backward sweep from the leaves' own tape, which is faster than ``torch.func.grad``."""
    import torch

    def derivative(*args):
        if isinstance(argnums, int):
            return torch.autograd.grad(function(*args), args[argnums])[0]
        return torch.autograd.grad(function(*args), [args[k] for k in argnums])

    return derivative


def double_backward(function: Callable, argnums: int) -> Callable:
    """Reverse over reverse; the vector stands second."""
    import torch

    def product(x, v, *rest):
        (slope,) = torch.autograd.grad(function(x, *rest), x, create_graph=True)
        return torch.autograd.grad(slope, x, v)[0]

    return product


def hvp(function: Callable, argnums: int) -> Callable:
    """Forward over reverse; the vector stands second."""
    import torch

    slope = torch.func.grad(function, argnums)

    def product(x, v, *rest):
        return torch.func.jvp(lambda x: slope(x, *rest), (x,), (v,))[1]

    return product


def as_numpy(answer):
    """Its tensors as NumPy's arrays, in the same structure."""
    return tuple(map(as_numpy, answer)) if isinstance(answer, tuple) else answer.detach().numpy()
