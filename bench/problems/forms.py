"""How the other libraries are given a problem: each in the form that suits it best.

One idea: a form says what it is in the first line of its docstring, and that line is printed beside its figures.
Libraries whose arrays have NumPy's names share one form, a function of the module with these names.
"""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

# Where each library keeps functions of arrays under NumPy's names.
ARRAYS = {"jax": "jax.numpy", "torch": "torch", "autograd": "autograd.numpy"}


@dataclass(frozen=True)
class Form:
    """A problem as one of the other libraries is given it.

    Parameters
    ----------
    build : callable
        ``build(transform)`` makes the derivative with the library's transform, which has the scenario's ``argnums``.
        It imports the library itself.
    text : str
        What the form is, in a line.
    jit : bool
        Whether the library's compiler is asked for, where it has one.
    """

    build: Callable[[Callable], Callable]
    text: str
    jit: bool = True


def form(build: Callable, jit: bool = True) -> Form:
    """A form that is named by the first line of its docstring."""
    return Form(build, build.__doc__.strip().splitlines()[0].rstrip("."), jit)


def arrays(write: Callable, *names: str, jit: bool = True) -> Mapping[str, Form]:
    """One form for several libraries: ``write(xp)`` gives the function in the words of the module ``xp``."""

    def shared(name: str) -> Form:
        def build(transform):
            return transform(write(importlib.import_module(ARRAYS[name])))

        build.__doc__ = write.__doc__
        return form(build, jit)

    return {name: shared(name) for name in names or ARRAYS}


def log_sum_exp(xp, terms, axis):
    """The function by this name of the library whose arrays they are."""
    if xp.__name__ == "torch":
        return xp.logsumexp(terms, axis)
    special = importlib.import_module(xp.__name__.replace(".numpy", ".scipy.special"))
    return special.logsumexp(terms, axis=axis)
