"""Trees mean what the lambdas they were traced from compute."""

import math
import operator
import pickle
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualjit.rules import Answer, Apply, Arg, Const, derivative, evaluate, fn, scalar_rows, simplify, trace
from dualjit.rules.expr import ONE, ZERO

from .floats import Floats, value_of

numbers = st.floats(-1e6, 1e6, allow_subnormal=False)
leaves = st.sampled_from([Arg(0), Arg(1), ZERO, ONE, -ONE, Const(-1.0), Const(0.1), Const(3.0)])
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda op, a, b: Apply(op, (a, b)), st.sampled_from(["add", "sub", "mul"]), inner, inner),
        st.builds(lambda a: -a, inner),
        st.builds(lambda a, b, c, d: fn.select(a < b, c, d), inner, inner, inner, inner),
    ),
    max_leaves=20,
)
BINARY = (operator.add, operator.sub, operator.mul, math.copysign, max, lambda a, b: abs(a) - b * 0.5)


@st.composite
def functions(draw, depth=3):
    """A function of two numbers which works on floats and on nodes alike."""
    if not depth or draw(st.booleans()):
        constant = draw(numbers)
        return draw(st.sampled_from([lambda a, b: a, lambda a, b: b, lambda a, b: constant + a * 0.0]))
    f, g = draw(functions(depth - 1)), draw(functions(depth - 1))
    op = draw(st.sampled_from(BINARY[:3]))
    return lambda a, b: abs(op(f(a, b), -g(a, b)))


@given(functions(), numbers, numbers)
def test_trace_evaluates_to_the_function(f, a, b):
    assert evaluate(trace(f, 2), (a, b), None, Floats) == f(a, b)


@given(trees, numbers, numbers)
def test_simplify_keeps_every_bit(tree, a, b):
    before, after = (evaluate(t, (a, b), None, Floats) for t in (tree, simplify(tree)))
    assert math.isinf(before) or math.isnan(before) or before == after


@given(trees)
def test_simplify_is_done_in_one_go(tree):
    once = simplify(tree)
    assert simplify(once) is once


class Exact(Floats):
    """The algebra of pairs of fractions, value and derivative."""

    @staticmethod
    def const(value):
        return Fraction(value), Fraction(0)

    @staticmethod
    def apply(op, *pairs):
        if op == "select":
            return pairs[1] if pairs[0] else pairs[2]
        (a, da), (b, db) = pairs[0], pairs[-1]
        if op == "lt":
            return a < b
        if op == "neg":
            return -a, -da
        return {"add": (a + b, da + db), "sub": (a - b, da - db), "mul": (a * b, da * b + a * db)}[op]


@given(trees, numbers, numbers, st.sampled_from([0, 1]))
def test_derivative_of_a_polynomial_is_exact(tree, a, b, index):
    args = [(Fraction(x), Fraction(i == index)) for i, x in enumerate((a, b))]
    derived, _ = evaluate(derivative(tree, index), args, None, Exact)
    assert derived == evaluate(tree, args, None, Exact)[1]


def test_folds():
    x = Arg(0)
    for tree, folded in {
        x + 0.0: x,
        0.0 + x: x,
        x - 0.0: x,
        0.0 - x: -x,
        x * 1.0: x,
        1.0 * x: x,
        x * 0.0: ZERO,
        x * -1.0: -x,
        -fn.neg(x): x,
        x / 1.0: x,
        0.0 / x: ZERO,
        x + -x: x - x,
        x - -x: x + x,
        -Const(2.0): Const(-2.0),
        fn.select(x < 1.0, x, x): x,
        0.0 - (-x): x,
    }.items():
        assert simplify(tree) is folded


def test_nodes_are_interned_and_frozen():
    assert Const(1) is Const(1.0)
    assert Const(0.0) is not Const(-0.0)
    assert Const(math.nan) is Const(math.nan)
    assert Arg(0) * Arg(1) is Apply("mul", (Arg(0), Arg(1)))
    assert Answer() is Answer("")
    assert pickle.loads(pickle.dumps(Arg(0) * Answer("exp"))) is Arg(0) * Answer("exp")
    with pytest.raises(AttributeError, match="frozen"):
        Arg(0).index = 2


def test_branching_on_a_node_is_refused():
    with pytest.raises(TypeError, match=r"use fn\.select"):
        trace(lambda x: x if x < 0.0 else -x, 1)


def test_shared_nodes_are_computed_once():
    count = 0

    class Counting(Floats):
        @staticmethod
        def apply(op, *values):
            nonlocal count
            count += 1
            return Floats.apply(op, *values)

    tree = Arg(0)
    for _ in range(50):
        tree = tree + tree
    assert evaluate(tree, (1.0,), None, Counting) == 2.0**50
    assert count == 50


def test_trace_passes_the_answer_only_to_those_who_ask():
    assert trace(lambda x, y: x * y, 1, "exp") is Arg(0) * Answer("exp")
    assert trace(lambda x, y: x * y, 2) is Arg(0) * Arg(1)


def test_inactive_operations_have_derivative_zero():
    assert derivative(fn.floor(Arg(0)) * 2.0, 0) is ZERO
    assert derivative(fn.select(Arg(0) < 1.0, 2.0, 3.0), 0) is ZERO


def test_derivative_of_the_answer_is_the_rows():
    assert derivative(Answer("tanh"), 0) is fn.sech2(Arg(0))


def test_value_of_an_internal_row_is_its_formula():
    assert value_of(scalar_rows()["sech2"], 0.0) == 1.0
