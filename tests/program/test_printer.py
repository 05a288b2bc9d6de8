"""What a program looks like in print."""

import operator

import numpy as np

from dualjit.program import nodes as p
from dualjit.program.printer import show, show_op, show_operand
from dualjit.program.types import BOOL, INT, Arr, Lst, Other, Real, Tup, holds_memory, is_active, is_plain, passive

from .interpreter import program_of

LOC = p.Loc("example.py", 1)
X, I = p.Var("arg~x", Arr(Real(active=True), 2)), p.Var("$12i.3", INT)
A, B = p.Var("a", Real(active=True)), p.Var("b", Real())


def test_operands():
    assert show_operand(X) == "x*"
    assert show_operand(I) == "t12i_3"
    assert show_operand(p.Const(0.5)) == "0.5"
    assert show_operand(p.Ref("np", np)) == "np"
    assert show_operand((I, p.Const(None), None)) == "(t12i_3, None, _)"


def test_operations():
    shown = {
        p.Apply(A, None, operator.mul, (A, p.Const(2.0)), form="binop", loc=LOC): "a* = mul(a*, 2.0)",
        p.Apply(A, None, "sum", (X,), (("axis", I),), form="method", loc=LOC): "a* = .sum(x*, axis=t12i_3)",
        p.Call(I, p.Ref("len", len), (X,), loc=LOC): "t12i_3 = call len(x*)",
        p.Method(A, X, "pop", (), loc=LOC): "a* = x*.pop()",
        p.Load(A, X, (I, I), loc=LOC): "a* = x*[(t12i_3, t12i_3)]",
        p.View(X, X, I, loc=LOC): "x* = view x*[t12i_3]",
        p.Store(None, X, I, A, loc=LOC): "x*[t12i_3] = a*",
        p.Update(X, X, A, None, operator.iadd, operator.add, loc=LOC): "x* = iadd(x*, a*)",
        p.Attr(I, X, "size", loc=LOC): "t12i_3 = x*.size",
        p.Item(A, X, 1, loc=LOC): "a* = x*.1",
        p.Pack(X, (A, B), loc=LOC): "x* = tuple(a*, b)",
        p.Cast(A, B, float, loc=LOC): "a* = cast b",
        p.Copy(A, B, loc=LOC): "a* = b",
        p.Print(None, (A,), loc=LOC): "print a*",
        p.Do(None, p.Routine("write"), (A, I), loc=LOC): "write(a*, t12i_3)",
    }
    for op, text in shown.items():
        assert show_op(op) == text


def test_program():
    def f(x, n):
        total = 0.0
        for i in range(n):
            total += x[i]
        return total

    text = show(program_of(f, np.ones(2), 2))
    assert text.startswith("def f(x*: f64*[:], n: i64):\n")
    assert text.endswith("\n")
    assert "branch" in text
    assert "total_2*: f64*" in text
    assert "return" in text


def test_types():
    active, array = Real(active=True), Arr(Real(active=True), 2, "F")
    assert [str(t) for t in (active, Real(32), INT, BOOL, array)] == ["f64*", "f32", "i64", "bool", "f64*[:,:]F"]
    pair = Tup((INT, Lst(active)))
    assert str(pair) == "(i64, list[f64*])"
    assert str(passive(pair)) == "(i64, list[f64])"
    assert is_active(pair)
    assert not is_active(passive(pair))
    assert holds_memory(pair)
    assert not holds_memory(Tup((INT, active)))
    assert is_plain(Tup((INT, active, Tup((BOOL,)))))
    assert not is_plain(pair)
    assert not is_plain(Other("slice", "slice"))
