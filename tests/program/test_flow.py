"""Orders, dominators and loops of control flow graphs, held to their definitions on random graphs."""

import numpy as np
import pytest

from dualjit.program import nodes as p
from dualjit.program.flow import (
    dominates,
    doomed,
    immediate_dominators,
    innermost,
    natural_loops,
    predecessors,
    reverse_postorder,
    successors,
    without_unreachable,
)
from dualjit.program.types import BOOL

LOC = p.Loc("example.py", 1)
CONDITION = p.Var("c", BOOL)


def graph(edges: dict[int, tuple[int, ...]], raising: tuple[int, ...] = ()) -> dict[int, p.Block]:
    """Empty blocks with these edges; what has none returns, or raises."""

    def end(label, to):
        if len(to) == 2:
            return p.Branch(CONDITION, p.Edge(to[0]), p.Edge(to[1]), loc=LOC)
        if to:
            return p.Jump(p.Edge(to[0]), loc=LOC)
        return p.Raise(None, loc=LOC) if label in raising else p.Return(p.Const(None), loc=LOC)

    return {label: p.Block(label, (), (), end(label, to)) for label, to in edges.items()}


def random_graph(seed: int) -> dict[int, p.Block]:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 12))
    edges = {k: tuple(map(int, rng.integers(1, n, rng.integers(0, 3)))) for k in range(1, n)}
    return graph({0: (1,), **edges})


def reached(blocks, entry, without=None) -> set[int]:
    """Labels that can be reached on ways that avoid a block."""
    found, waiting = set(), [entry] if entry != without else []
    while waiting:
        label = waiting.pop()
        if label not in found:
            found.add(label)
            waiting += [s for s in successors(blocks[label]) if s != without]
    return found


NESTED = graph({0: (1,), 1: (2, 7), 2: (3,), 3: (4, 6), 4: (3, 5), 5: (3,), 6: (1,), 7: ()})


def test_predecessors():
    assert predecessors(NESTED) == {0: [], 1: [0, 6], 2: [1], 3: [2, 4, 5], 4: [3], 5: [4], 6: [3], 7: [1]}


@pytest.mark.parametrize("seed", range(40))
def test_order_has_each_reachable_block_once(seed):
    blocks = random_graph(seed)
    order = reverse_postorder(blocks, 0)
    assert order[0] == 0
    assert sorted(order) == sorted(reached(blocks, 0))
    function = p.Function("f", (), blocks, 0, LOC)
    assert list(without_unreachable(function).blocks) == order


def test_order_puts_blocks_before_their_successors_but_for_back_edges():
    rank = {label: k for k, label in enumerate(reverse_postorder(NESTED, 0))}
    backward = {(a, b) for a, block in NESTED.items() for b in successors(block) if rank[a] >= rank[b]}
    assert backward == {(6, 1), (4, 3), (5, 3)}


@pytest.mark.parametrize("seed", range(40))
def test_dominators_are_on_every_way(seed):
    blocks = random_graph(seed)
    idom = immediate_dominators(blocks, 0)
    everything = reached(blocks, 0)
    assert set(idom) == everything
    for a in everything:
        without = reached(blocks, 0, a)
        for b in everything:
            assert dominates(idom, a, b) == (a == b or b not in without)
    for b in everything - {0}:
        others = [a for a in everything if a != b and dominates(idom, a, b)]
        assert idom[b] in others
        assert all(dominates(idom, a, idom[b]) for a in others)


def test_nested_loops():
    loops = natural_loops(NESTED, 0)
    assert list(loops) == [1, 3]
    outer, inner = loops[1], loops[3]
    assert outer.body == {1, 2, 3, 4, 5, 6}
    assert inner.body == {3, 4, 5}
    assert inner.parent is outer
    assert outer.parent is None
    assert outer.children == [inner]
    assert outer.contains(inner)
    assert outer.contains(outer)
    assert not inner.contains(outer)
    assert innermost(loops, 4) is inner
    assert innermost(loops, 2) is outer
    assert innermost(loops, 7) is None


def test_loop_of_one_block():
    (loop,) = natural_loops(graph({0: (1,), 1: (1, 2), 2: ()}), 0).values()
    assert loop.body == {1}


@pytest.mark.parametrize("seed", range(40))
def test_loops_are_entered_by_their_headers(seed):
    blocks = random_graph(seed)
    idom, preds = immediate_dominators(blocks, 0), predecessors(blocks)
    for header, loop in natural_loops(blocks, 0).items():
        assert all(dominates(idom, header, label) for label in loop.body & set(idom))
        for label in loop.body - {header}:
            assert set(preds[label]) <= loop.body


def test_blocks_that_end_in_an_exception():
    blocks = graph({0: (1, 2), 1: (3, 4), 2: (5,), 3: (), 4: (), 5: ()}, raising=(3, 4))
    assert doomed(blocks) == {1, 3, 4}
    assert doomed(graph({0: (1,), 1: (1,)})) == set()
