"""A function's adjoint, compiled: the front end, the adjoint program, and the dispatcher that runs it.

A function compiled apart (a recursive one, say) has an adjoint of its own, which runs it again; the adjoints of one
program know each other, so that recursion ends.
"""

from __future__ import annotations

from collections.abc import Callable

from numba.types import Type as NumbaType

from dualjit.adjoint.building import Rules, adjoint_program, prepared
from dualjit.adjoint.cotangents import leaves, shadows
from dualjit.adjoint.returned import returns_fresh
from dualjit.adjoint.runtime import ROUTINES
from dualjit.adjoint.seeds import Cotangents, Seeds
from dualjit.frontend.emitted import Emitted
from dualjit.frontend.reading import read
from dualjit.frontend.twin import Twin
from dualjit.frontend.typed import typed
from dualjit.program import nodes as p

KIND_WORKSPACE_TOP = 3


class CalleeRules(Rules):
    """Finds adjoints of functions compiled apart, too; ``known`` are those of one program."""

    def __init__(self, known: dict):
        self.known = known

    def adjoint(self, op: p.Call) -> Emitted:
        return self.callee(op).dispatcher

    def returns_fresh(self, op: p.Call) -> bool:
        return self.callee(op).returns_fresh

    def callee(self, op: p.Call) -> Adjoint:
        function = op.callee.value.function
        key = function, op.types
        if key not in self.known:
            Adjoint(function, op.types, op.callee.name, known=self.known)
        return self.known[key]


class Adjoint:
    """The adjoint of ``f`` for argument types of which some are active.

    ``check`` is called with the type of the answer, before anything else is looked at.

    Attributes
    ----------
    argtypes : tuple of numba types
        The given ones; arguments that receive active values are marked, too.
    return_type : numba type
        Of ``f``.
    program : Function
    dispatcher : Emitted
    """

    def __init__(
        self,
        f: Callable,
        argtypes: tuple[NumbaType, ...],
        name: str,
        seeds: type[Seeds] = Cotangents,
        value: bool = False,
        aux: bool = False,
        known: dict | None = None,
        check: Callable[[NumbaType], None] | None = None,
    ):
        source = typed(f, argtypes)
        if check is not None:
            check(source.return_type)
        self.argtypes, self.return_type, self.written = source.argtypes, source.return_type, source.written
        primal = prepared(read(source, name), allocates=True)
        answer = primal.blocks[primal.exit].end.value
        self.returns_fresh = returns_fresh(primal)
        self.seeds = seeds(answer.type, value, aux)
        # Numba's parallel passes take for granted that a variable has one definition; slots have many.
        options = {k: v for k, v in Twin.of(f).kept_options.items() if k != "parallel"}
        count = sum(1 + len(shadows(v)) for v in primal.function.params) + len(self.seeds.parameters())
        self.dispatcher = Emitted(f"{name}_adjoint", count + KIND_WORKSPACE_TOP, ROUTINES, options)
        inner = known is not None
        known = known if inner else {}
        if seeds is Cotangents and not (value or aux):
            known[f, argtypes] = self
        raises = options.get("error_model") != "numpy"
        self.program, self.plan = adjoint_program(
            primal, self.seeds, f"{name}_adjoint", CalleeRules(known), raises, inner
        )
        self.dispatcher.program = self.program

    def seeded(self) -> list[p.Var]:
        """The cotangents which the adjoint takes for the answer, in order."""
        return list(leaves(self.seeds.structure()))
