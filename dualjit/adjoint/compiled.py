"""A function's adjoint, compiled: the front end, the adjoint program, and the dispatcher that runs it."""

from __future__ import annotations

from collections.abc import Callable

from numba.types import Type as NumbaType

from dualjit.adjoint.building import adjoint_program, prepared
from dualjit.adjoint.cotangents import leaves
from dualjit.adjoint.generation import WORKSPACE
from dualjit.adjoint.runtime import ROUTINES
from dualjit.adjoint.seeds import Cotangents, Rows
from dualjit.frontend.emitted import Emitted
from dualjit.frontend.reading import read
from dualjit.frontend.twin import Twin
from dualjit.frontend.typed import typed
from dualjit.program import nodes as p


class Adjoint:
    """The adjoint of ``f`` for argument types of which some are active.

    Attributes
    ----------
    argtypes : tuple of numba types
        The given ones; arguments that receive active values are marked, too.
    return_type : numba type
        Of ``f``.
    program : Function
    dispatcher : Emitted
    tape : bool
        Does it take a workspace?
    """

    def __init__(
        self,
        f: Callable,
        argtypes: tuple[NumbaType, ...],
        name: str,
        rows: bool = False,
        value: bool = False,
        aux: bool = False,
    ):
        source = typed(f, argtypes)
        self.argtypes, self.return_type, self.written = source.argtypes, source.return_type, source.written
        self.primal = prepared(read(source, name))
        answer = self.primal.blocks[self.primal.exit].end.value
        self.seeds = (Rows if rows else Cotangents)(answer.type, value, aux)
        options = Twin.of(f).kept_options
        raises = options.get("error_model") != "numpy"
        self.program, self.plan = adjoint_program(self.primal, self.seeds, f"{name}_adjoint", raises)
        self.tape = WORKSPACE in self.program.params
        self.dispatcher = Emitted(self.program, ROUTINES, options, self.tape)

    def seeded(self) -> list[p.Var]:
        """The cotangents which the adjoint takes for the answer, in order."""
        return list(leaves(self.seeds.structure()))
