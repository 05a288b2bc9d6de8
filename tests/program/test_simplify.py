"""Simplification, numbering and expansion of single operations."""

import operator

from dualjit.program import nodes as p
from dualjit.program.expansion import expanded
from dualjit.program.naming import Names
from dualjit.program.numbering import numbered
from dualjit.program.simplify import simplified, without_unused
from dualjit.program.types import BOOL, INT, Arr, Other, Real, Tup
from dualjit.rules import table

LOC = p.Loc("example.py", 1)
A, B, I = p.Var("a", Real(active=True)), p.Var("b", Real(active=True)), p.Var("i", INT)
X = p.Var("x", Arr(Real(active=True), 1))
PAIR = Tup((A.type, B.type))


def function(*ops, returns) -> p.Function:
    """A program of one block."""
    block = p.Block(0, (), ops, p.Return(returns, loc=LOC))
    return p.Function("f", (A, B, I, X), {0: block}, 0, LOC)


def operations(program) -> list[p.Op]:
    return list(program.blocks[0].ops)


def var(name, t=A.type):
    return p.Var(name, t)


def times(target, *args):
    return p.Apply(target, table.row_of(operator.mul), operator.mul, args, form="binop", loc=LOC)


def test_items_of_known_tuples():
    t, item, copy = var("t", PAIR), var("item"), var("copy")
    program = simplified(
        function(p.Pack(t, (A, B), loc=LOC), p.Item(item, t, 1, loc=LOC), p.Copy(copy, item, loc=LOC), returns=copy)
    )
    assert operations(program) == []
    assert program.blocks[0].end.value == B


def test_truth_of_a_truth_value():
    condition, again = var("c", BOOL), var("d", BOOL)
    program = simplified(function(p.Call(again, p.Ref("bool", bool), (condition,), loc=LOC), returns=again))
    assert program.blocks[0].end.value == condition


def test_what_nobody_reads_is_left_out_but_calls_stay():
    t, y, unused = var("t", PAIR), var("y"), var("unused")
    call = p.Call(unused, p.Ref("print", print), (A,), loc=LOC)
    program = without_unused(function(p.Pack(t, (A, B), loc=LOC), call, times(y, A, B), returns=A))
    assert [type(op) for op in operations(program)] == [p.Call, p.Apply]


def test_stores_to_an_ellipsis():
    program = simplified(function(p.Store(None, X, p.Const(Ellipsis), A, loc=LOC), returns=A))
    assert operations(program)[0].index.value == slice(None)


def test_an_ellipsis_that_stands_for_no_dimension_is_left_out():
    index = p.Var("t", Tup((Other("ellipsis"), INT)))
    pack = p.Pack(index, (p.Const(Ellipsis), I), loc=LOC)
    program = simplified(function(pack, p.Store(None, X, index, A, loc=LOC), returns=A))
    made, store = operations(program)[-2:]
    assert made.items == (I,)
    rows = var("m", Arr(A.type, 2))
    stores = p.Store(None, X, index, A, loc=LOC), p.Store(None, rows, index, A, loc=LOC)
    assert operations(simplified(function(pack, *stores, returns=A)))[-1].index == index
    assert store.index == made.target
    assert p.is_element(X.type, store.index)


def test_an_ellipsis_among_constants():
    program = simplified(function(p.Store(None, X, p.Const((Ellipsis, 1)), A, loc=LOC), returns=A))
    assert operations(program)[0].index.value == (1,)
    rows = var("m", Arr(A.type, 2))
    program = simplified(function(p.Store(None, rows, p.Const((Ellipsis, 1)), A, loc=LOC), returns=A))
    assert operations(program)[0].index.value == (Ellipsis, 1)


def test_repeated_operations():
    y, z, w = var("y"), var("z"), var("w")
    program = numbered(function(times(y, A, B), times(z, A, B), times(w, y, z), returns=w))
    first, last = operations(program)
    assert last.args == (first.target, first.target)


def test_operations_on_other_constants_are_no_repetition():
    y, z, w = var("y"), var("z"), var("w")
    program = numbered(
        function(times(y, A, p.Const(0.0)), times(z, A, p.Const(-0.0)), times(w, A, p.Const(0)), returns=w)
    )
    assert len(operations(program)) == 3


def test_loads_are_repeated_after_a_write():
    y, z, w = var("y"), var("z"), var("w")

    def load(target):
        return p.Load(target, X, I, loc=LOC)

    store = p.Store(None, X, p.Const(0, INT), A, loc=LOC)
    assert len(operations(numbered(function(load(y), load(z), returns=z)))) == 1
    program = numbered(function(load(y), store, load(z), load(w), returns=w))
    assert [type(op) for op in operations(program)] == [p.Load, p.Store, p.Load]
    assert program.blocks[0].end.value == z


def test_slices_and_sums_of_tuples():
    t, part, whole = var("t", PAIR), var("part", Tup((B.type,))), var("whole", Tup((A.type, B.type, B.type)))
    program = function(
        p.Pack(t, (A, B), loc=LOC),
        p.Part(part, t, slice(1, None), loc=LOC),
        p.Apply(whole, None, operator.add, (t, part), form="binop", loc=LOC),
        returns=whole,
    )
    (made,) = operations(simplified(expanded(program, Names(program))))
    assert made.items == (A, B, B)


def test_extrema_of_many_are_nested():
    y = var("y")
    program = function(p.Apply(y, table.row_of(max), max, (A, B, p.Const(1.0)), loc=LOC), returns=y)
    first, second = operations(expanded(program, Names(program)))
    assert first.args == (A, B)
    assert second.args[0] == first.target
    assert second.target == y
