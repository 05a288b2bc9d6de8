"""No pass changes what a program computes, and each leaves the form that it promises."""

from copy import deepcopy
from dataclasses import replace

import pytest

from dualjit.program import nodes as p
from dualjit.program.canonical import canonical
from dualjit.program.expansion import expanded
from dualjit.program.flow import dominates, immediate_dominators, natural_loops, predecessors
from dualjit.program.iteration import with_counted_loops
from dualjit.program.naming import Names
from dualjit.program.numbering import numbered
from dualjit.program.simplify import simplified

from .examples import EXAMPLES
from .interpreter import Run, program_of

each = pytest.mark.parametrize(("f", "points"), EXAMPLES, ids=lambda v: getattr(v, "__name__", ""))


@pytest.fixture(scope="module")
def programs():
    """The program of each example, read once."""
    return {f: program_of(f, *points[0]) for f, points in EXAMPLES}


def outcome(call, point):
    """A number, or the class of an exception."""
    try:
        return call(*deepcopy(point))
    except ValueError as error:
        return type(error)


def assert_same(program, f, points):
    for point in points:
        assert outcome(lambda *args: Run(program, *args).answer, point) == outcome(f, point)


@each
def test_reading(f, points, programs):
    assert_same(programs[f], f, points)


@each
def test_expansion_and_simplification(f, points, programs):
    program = expanded(programs[f], Names(programs[f]))
    assert_same(program, f, points)
    assert_same(simplified(program), f, points)


@each
def test_numbering(f, points, programs):
    program = numbered(programs[f])
    assert_same(program, f, points)
    for block in program.blocks.values():
        loads = [(op.array, op.index) for op in block.ops if isinstance(op, p.Load) and isinstance(op.index, p.Var)]
        writes = any(isinstance(op, (p.Store, p.Update, p.Method, p.Call)) for op in block.ops)
        assert writes or len(loads) == len(set(loads))


def prepared(program):
    """The passes in the order of the engine, with what each needs of the one before."""
    names = Names(program)
    program = expanded(program, names)
    program, counted = with_counted_loops(program, names)
    return canonical(simplified(program), counted, names)


@each
def test_counted_loops(f, points, programs):
    names = Names(programs[f])
    program, counted = with_counted_loops(expanded(programs[f], names), names)
    assert_same(program, f, points)
    assert not any(isinstance(op, p.Next) for _, op in program.ops()), "every iteration of the examples is counted"
    for header, loop in counted.items():
        assert loop.counter in program.blocks[header].params


@each
def test_loops_whose_headers_only_jump_on_are_counted(f, points, programs):
    names = Names(programs[f])
    program = expanded(programs[f], names)
    blocks = dict(program.blocks)
    for header in natural_loops(blocks, program.entry):
        test, label = blocks[header], names.label()
        blocks[header] = replace(test, ops=(), end=p.Jump(p.Edge(label), loc=test.end.loc))
        blocks[label] = replace(test, label=label, params=())
    split, counted = with_counted_loops(program.with_blocks(blocks), names)
    assert_same(split, f, points)
    assert set(counted) == set(with_counted_loops(program, names)[1])


@each
def test_canonical_form(f, points, programs):
    c = prepared(programs[f])
    assert_same(c.function, f, points)
    preds = predecessors(c.blocks)
    assert [k for k, b in c.blocks.items() if isinstance(b.end, p.Return)] == [c.exit]
    for block in c.blocks.values():
        for edge in block.end.edges:
            assert len(preds[edge.to]) == 1 or len(block.end.edges) == 1, "an edge with two ends"
            assert len(edge.args) == len(c.blocks[edge.to].params)
    loops = natural_loops(c.blocks, c.function.entry)
    assert set(loops) == set(c.regions)
    for header, region in c.regions.items():
        body = region.loop.body  # the loop, and exit blocks of inner loops on the way out
        assert loops[header].body <= body
        assert sorted(preds[header]) == sorted([region.preheader, region.latch])
        assert region.preheader not in body
        assert region.latch in loops[header].body
        edges = {(k, e.to) for k in body for e in c.blocks[k].end.edges}
        assert {(k, to) for k, to in edges if to not in body and to not in c.doomed} == set(region.exits)
        assert len(region.exits) == len({outside for _, outside in region.exits})
        for inside, outside in region.exits:
            assert preds[outside] == [inside]


@each
def test_rounds_of_counted_loops(f, points, programs):
    """The number of rounds is known before a loop begins, to whoever comes after it."""
    c = prepared(programs[f])
    for point in points:
        if outcome(f, point) is ValueError:
            continue
        run = Run(c.function, *deepcopy(point))
        for header, region in c.regions.items():
            entries = run.entered[region.preheader]
            if region.simple and entries == 1:
                assert run.entered[header] - 1 == max(run.value(region.counted.trips), 0)


@each
def test_every_use_is_dominated_by_its_definition(f, points, programs):
    function = prepared(programs[f]).function
    idom = immediate_dominators(function.blocks, function.entry)
    home = {v.name: (function.entry, -1) for v in function.params}
    for label, block in function.blocks.items():
        home.update({v.name: (label, -1) for v in block.params})
        home.update({op.target.name: (label, k) for k, op in enumerate(block.ops) if op.target is not None})
    for label, block in function.blocks.items():
        for k, op in enumerate((*block.ops, block.end)):
            for v in op.uses():
                where, position = home[v.name]
                assert position < k if where == label else dominates(idom, where, label), v.name


@each
def test_variables_are_defined_once(f, points, programs):
    function = prepared(programs[f]).function
    made = [op.target.name for _, op in function.ops() if op.target is not None]
    made += [v.name for block in function.blocks.values() for v in block.params]
    made += [v.name for v in function.params]
    assert len(made) == len(set(made))


def test_the_engine_names_rounds_that_are_computed():
    """Numbering removes repeated operations; the rounds of loops are named by what is left."""
    from dualjit.adjoint.building import prepared as engine

    for f, points in EXAMPLES:
        c = engine(program_of(f, *points[0]))
        defined = {op.target.name for _, op in c.function.ops() if op.target is not None}
        defined |= {v.name for v in c.function.params} | {v.name for b in c.blocks.values() for v in b.params}
        for region in c.regions.values():
            if region.counted is not None and isinstance(region.counted.trips, p.Var):
                assert region.counted.trips.name in defined, f.__name__
