"""From a function's program to its adjoint program."""

from __future__ import annotations

from dualjit.adjoint.carrying import carried
from dualjit.adjoint.cotangents import shadows
from dualjit.adjoint.fusion import fused
from dualjit.adjoint.generation import Generator
from dualjit.adjoint.plan import Plan
from dualjit.adjoint.pullbacks import pullback_of
from dualjit.adjoint.reordering import reorderable
from dualjit.adjoint.shadows import Shadowed
from dualjit.adjoint.slicing import Slice
from dualjit.adjoint.tables import with_tables
from dualjit.numbers.expressions import pull_expression
from dualjit.numbers.pulling_arrays import pull_each
from dualjit.program import nodes as p
from dualjit.program.canonical import Canonical, canonical
from dualjit.program.expansion import expanded
from dualjit.program.iteration import with_counted_loops
from dualjit.program.naming import Names
from dualjit.program.numbering import numbered
from dualjit.program.simplify import simplified
from dualjit.program.straighten import straightened
from dualjit.program.verifier import verify
from dualjit.rules.complex import is_holomorphic
from dualjit.settings import options


class Rules:
    """Where pullbacks of whole-array operations are found."""

    @staticmethod
    def pullback(row: str):
        return pullback_of(row)

    @staticmethod
    def returns_fresh(op) -> bool:
        return False

    @staticmethod
    def elementwise(row):
        return pull_each(row.name, is_holomorphic(row))

    @staticmethod
    def expression(op: p.Fused):
        return pull_expression(op.steps, len(op.args))


def prepared(function: p.Function, allocates: bool = False) -> Canonical:
    """The program in canonical form, with counted loops.

    ``allocates``: arrays may be made where the function makes none, and operations on arrays may become one.
    """
    names = Names(function)
    function = verify(expanded(verify(function), names))
    function, counted = with_counted_loops(function, names)
    function = verify(simplified(verify(function)))
    function = verify(numbered(function))
    c = canonical(verify(fused(function)) if allocates else function, counted, names)
    c = with_tables(c) if allocates else c
    verify(c.function)
    return c


def adjoint_program(
    c: Canonical, seeds, name: str, rules=Rules, raises: bool = True, inner: bool = False
) -> tuple[p.Function, Plan]:
    """The adjoint program, and its storage plan; ``raises``: division by zero is an error."""
    reordered = frozenset() if seeds.value or seeds.aux else reorderable(c)
    made = generator(c, seeds, rules, raises, inner, options.tape_bytes // 2, reordered)
    return written(made, name), made.plan


def generator(
    c: Canonical,
    seeds,
    rules=Rules,
    raises: bool = True,
    inner: bool = False,
    budget: int | None = None,
    reordered: frozenset[p.Op] = frozenset(),
) -> Generator:
    """What writes the adjoint program, after planning.

    ``budget`` in bytes, None for a tape of everything; ``reordered``: additions of sums whose order is open.
    """
    shadowed = Shadowed(c.blocks, c.names)
    answer = c.blocks[c.exit].end.value
    plan = Plan(c, shadowed, answer, rules)
    for v in shadows(answer) if isinstance(answer, p.Var) else ():
        plan.need(v, None)
    part = Slice(plan, answer, seeds.value, raises)
    if raises and part.dropped:
        plan.need_divisors(part.dropped)
        part = Slice(plan, answer, seeds.value, raises)
    return Generator(c, plan, part, rules, seeds, raises, budget, inner, reordered)


def written(made: Generator, name: str) -> p.Function:
    """The adjoint program."""
    return verify(carried(straightened(verify(made.function(name), single=False))), single=False)
