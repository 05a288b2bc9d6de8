"""What a problem is: a function as a user writes it, its inputs, and its Jacobian by other means.

One idea: the reference never comes from the library.  It is a derivative worked out by hand
and written in plain NumPy, so that agreement means something.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np


@dataclass(frozen=True)
class Bound:
    """A promise about speed which a benchmark row is held to.

    Parameters
    ----------
    quantity : str
        ``"per input"``: time of the Jacobian over (number of inputs x time of the function);
        ``"per primal"``: time of the Jacobian over time of the function;
        ``"above bare"``: seconds above a compiled function that only returns arrays of the same shapes.
    limit : float
        The figure must not be larger.
    """

    quantity: Literal["per input", "per primal", "above bare"]
    limit: float


@dataclass(frozen=True)
class Scenario:
    """A function with inputs and an independent Jacobian.

    Parameters
    ----------
    name : str
        What the command line calls it.
    title : str
        What it is, in a line.
    function : callable
        A Numba dispatcher.
    make_inputs : callable
        ``make_inputs(size, rng)`` gives the arguments; ``rng`` is a ``numpy.random.Generator``.
    reference : callable
        Takes the function's arguments and gives what ``jacfwd(function, argnums)`` should give.
    size, tiny : int
        The problem's size when it is timed, and when it only has to run.
    argnums : int or tuple of int
        The arguments to differentiate with respect to.
    bound : Bound, optional
        What is promised about its speed.
    bare : callable, optional
        A compiled function of the same arguments which does nothing but return arrays of
        the Jacobian's shapes: the part of a call that is not differentiation.
    """

    name: str
    title: str
    function: Callable
    make_inputs: Callable[[int, np.random.Generator], tuple]
    reference: Callable
    size: int
    tiny: int
    argnums: int | tuple[int, ...] = 0
    bound: Bound | None = None
    bare: Callable | None = None

    def inputs(self, size: int | None = None, seed: int = 0) -> tuple:
        """Arguments of the given size, the same ones for the same seed."""
        return self.make_inputs(self.size if size is None else size, np.random.default_rng(seed))

    def number_of_inputs(self, args: tuple) -> int:
        """How many scalars the derivative is taken with respect to."""
        chosen = self.argnums if isinstance(self.argnums, tuple) else (self.argnums,)
        return sum(np.size(args[k]) for k in chosen)
