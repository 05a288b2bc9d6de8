"""What the drivers of all transforms share: name and parameters of the derivative, and the making of its dispatcher."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import cached_property

from dualjit.frontend.dispatcher import Derivative, Implementation
from dualjit.settings import check_cache
from dualjit.transforms.arguments import python_function, signature_of
from dualjit.transforms.source import Writer, build, header, identifier


class Driver(Implementation):
    """Writes a derivative of one function for given argument types.

    Parameters
    ----------
    f : callable
        Python function or dispatcher.
    transform : str
        What the name of the derivative begins with; that of ``f`` follows.
    parameters : sequence of str, optional
        Names of the derivative's parameters; by default it has those of ``f``.
    """

    def __init__(self, f: Callable, transform: str, parameters: Sequence[str] | None = None):
        self.f, self.primal_name = f, python_function(f).__name__
        self.name = identifier(f"{transform}_{self.primal_name}")
        self.signature = signature_of(f) if parameters is None else signature_with(parameters)

    def function(self, w: Writer) -> Callable:
        """The function whose body has been written."""
        return build(self.name, w.text(header(self.name, self.signature, w.names)), w.names)

    def derivative(
        self,
        transform: Callable,
        *args,
        doc: str | None = None,
        kind: type = Derivative,
        cache: bool | None = None,
    ) -> Derivative:
        """The dispatcher that compiles what this driver writes; ``transform(*args)`` makes it again.

        ``cache``: keep compiled code on disk (None: as ``dualjit.options`` or the decorator of the function say).
        """
        w = Writer()
        w("pass")
        skeleton = self.function(w)
        skeleton.__doc__ = doc
        return kind(skeleton, self, self.f, (transform, args), check_cache(cache))


class Deferred(Driver):
    """A driver that is made when something has to be compiled.

    What is found on disk needs none of what compiles it: ``make`` imports it.
    """

    def __init__(self, f: Callable, transform: str, make: Callable[[], Driver]):
        super().__init__(f, transform)
        self.make = make

    @cached_property
    def driver(self) -> Driver:
        return self.make()

    def __call__(self, argtypes: tuple) -> Callable:
        return self.driver(argtypes)

    def pullback(self, count: int):
        return self.driver.pullback(count)


def signature_with(parameters: Sequence[str]) -> inspect.Signature:
    """A signature of parameters without defaults."""
    return inspect.Signature([inspect.Parameter(p, inspect.Parameter.POSITIONAL_OR_KEYWORD) for p in parameters])
