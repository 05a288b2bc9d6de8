"""What a problem is: a function as a user writes it, its inputs, and its derivative by other means.

One idea: the reference never comes from the library.  It is a derivative worked out by hand
and written in plain NumPy or Numba, so that agreement means something.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from .forms import Form


@dataclass(frozen=True)
class Bound:
    """A promise about speed which a benchmark row is held to.

    Parameters
    ----------
    quantity : str
        ``"per input"``: time of the Jacobian over (number of inputs x time of the function);
        ``"per row"``: time of the Jacobian over (number of outputs x time of the function);
        ``"per primal"``: time of the derivative over time of the function;
        ``"above bare"``: seconds above a compiled function that only returns arrays of the same shapes;
        ``"over jax"``: time of the derivative over JAX's;
        ``"per gradient"``, ``"over one thread"``: time of the derivative over that of the scenario's baseline.
    limit : float
        The figure must not be larger.
    """

    quantity: Literal["per input", "per row", "per primal", "above bare", "over jax", "per gradient", "over one thread"]
    limit: float


@dataclass(frozen=True)
class Scenario:
    """A function with inputs and an independent derivative.

    Parameters
    ----------
    name : str
        What the command line calls it.
    title : str
        What it is, in a line.
    function : callable
        A Numba dispatcher.
    make_inputs : callable
        ``make_inputs(size, rng)`` gives the derivative's arguments; ``rng`` is a ``numpy.random.Generator``.  They are
        the function's own, but for ``hvp``, whose vector stands second.
    reference : callable
        Takes the derivative's arguments and gives what it should give.
    size, tiny : int
        The problem's size when it is timed, and when it only has to run.
    argnums : int or tuple of int
        The arguments to differentiate with respect to.
    transform : str
        The derivative that is timed: the name of a transform of the library.
    assemble : callable, optional
        ``assemble(transform)`` builds the derivative where it is not just ``transform(function, argnums)``:
        a compiled loop, for instance, which calls the Jacobian of a small function for every item.
    peers : mapping of str to Form
        The same derivative by other libraries, each in its best form.
    bound : Bound, optional
        What is promised about its speed.
    baseline : str, optional
        What else is timed, for a promise to compare with.  ``"gradient"``: the function's gradient by ``grad``;
        ``"one thread"``: the derivative in one thread.
    threads : int
        In how many threads, and on how many cores, the derivative runs.
    bare : callable, optional
        A compiled function of the same arguments which does nothing but return arrays of
        the derivative's shapes: the part of a call that is not differentiation.
    """

    name: str
    title: str
    function: Callable
    make_inputs: Callable[[int, np.random.Generator], tuple]
    reference: Callable
    size: int
    tiny: int
    argnums: int | tuple[int, ...] = 0
    transform: Literal["jacfwd", "grad", "jacrev", "hessian", "hvp", "linearize", "vmap"] = "jacfwd"
    assemble: Callable[[Callable], Callable] | None = None
    peers: Mapping[str, Form] = field(default_factory=dict)
    bound: Bound | None = None
    baseline: Literal["gradient", "one thread"] | None = None
    threads: int = 1
    bare: Callable | None = None

    def inputs(self, size: int | None = None, seed: int = 0) -> tuple:
        """Arguments of the derivative, of the given size, the same ones for the same seed."""
        return self.make_inputs(self.size if size is None else size, np.random.default_rng(seed))

    def point(self, args: tuple) -> tuple:
        """The function's arguments among those of the derivative."""
        return args[:1] + args[2:] if self.transform == "hvp" else args

    def derivative(self, transform: Callable) -> Callable:
        """The derivative by a transform of the library, which need not be the one that is timed."""
        if self.assemble is not None:
            return self.assemble(transform)
        return transform(self.function, argnums=self.argnums)

    def number_of_inputs(self, args: tuple) -> int:
        """How many scalars the derivative is taken with respect to."""
        chosen = self.argnums if isinstance(self.argnums, tuple) else (self.argnums,)
        point = self.point(args)
        return sum(np.size(point[k]) for k in chosen)
