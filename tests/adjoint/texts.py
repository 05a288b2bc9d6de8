"""Adjoint programs as text, for tests of what a pass has done to them."""

from numba import typeof

from dualjit.adjoint.compiled import Adjoint
from dualjit.program.printer import show
from dualjit.transforms.reverse import active


def program_of(function, *args, argnums=None, **options) -> str:
    """The adjoint program of a function at these arguments, by all of them unless ``argnums`` says otherwise."""
    chosen = range(len(args)) if argnums is None else argnums
    types = tuple(active(typeof(a)) if i in chosen else typeof(a) for i, a in enumerate(args))
    return show(Adjoint(function, types, "program", **options).program)
