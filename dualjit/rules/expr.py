"""Expression trees: how the table of rules writes down values and derivatives.

One idea: a rule is a lambda, traced once into a small tree of frozen nodes; whoever needs the rule (dual numbers,
adjoints, tests, the reference page) interprets the tree in an algebra of its own.  Nodes are interned: two
equal trees are one object, so a shared sub-expression is computed once and comparison is identity.

Source: tracing by operator overloading, Griewank & Walther, Evaluating Derivatives, 2nd ed., ch. 6; interning
("hash consing"), Ershov 1958.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Protocol

ARITHMETIC = frozenset({"add", "sub", "mul", "div", "neg"})
BOOLEAN = frozenset({"lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not"})
PRIMITIVES = ARITHMETIC | BOOLEAN | {"select", "copysign", "floor", "trunc"}


class Expr:
    """A node; the arithmetic operators, ``abs``, ``<``, ``<=``, ``>``, ``>=``, ``&``, ``|`` and ``~`` build trees."""

    __slots__ = ("_key",)
    _interned: ClassVar[dict[tuple, Expr]] = {}

    def __new__(cls, *key):
        full = (cls, *cls._identity(*key))
        node = Expr._interned.get(full)
        if node is None:
            node = object.__new__(cls)
            object.__setattr__(node, "_key", key)
            node = Expr._interned.setdefault(full, node)
        return node

    @staticmethod
    def _identity(*key):
        return key

    def __setattr__(self, name, value):
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __reduce__(self):
        return type(self), self._key

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(map(repr, self._key))})"

    def __bool__(self):
        raise TypeError("the truth of an expression is not known while it is traced: use fn.select")

    def __add__(self, other):
        return Apply("add", (self, expression(other)))

    def __radd__(self, other):
        return Apply("add", (expression(other), self))

    def __sub__(self, other):
        return Apply("sub", (self, expression(other)))

    def __rsub__(self, other):
        return Apply("sub", (expression(other), self))

    def __mul__(self, other):
        return Apply("mul", (self, expression(other)))

    def __rmul__(self, other):
        return Apply("mul", (expression(other), self))

    def __truediv__(self, other):
        return Apply("div", (self, expression(other)))

    def __rtruediv__(self, other):
        return Apply("div", (expression(other), self))

    def __neg__(self):
        return Apply("neg", (self,))

    def __abs__(self):
        return Apply("abs", (self,))

    def __lt__(self, other):
        return Apply("lt", (self, expression(other)))

    def __le__(self, other):
        return Apply("le", (self, expression(other)))

    def __gt__(self, other):
        return Apply("gt", (self, expression(other)))

    def __ge__(self, other):
        return Apply("ge", (self, expression(other)))

    def __and__(self, other):
        return Apply("and", (self, expression(other)))

    def __or__(self, other):
        return Apply("or", (self, expression(other)))

    def __invert__(self):
        return Apply("not", (self,))


class Const(Expr):
    """A float constant, ``value``."""

    __slots__ = ()

    @staticmethod
    def _identity(value):
        return (float(value).hex(),)  # tells -0.0 from 0.0, and nan is itself

    @property
    def value(self) -> float:
        return float(self._key[0])


class Arg(Expr):
    """The argument of the row at position ``index``."""

    __slots__ = ()

    @property
    def index(self) -> int:
        return self._key[0]


class Answer(Expr):
    """The value of the function itself, which is known when its derivative is wanted; ``row`` names the function."""

    __slots__ = ()

    @staticmethod
    def _identity(row=""):
        return (row,)

    @property
    def row(self) -> str:
        return self._key[0] if self._key else ""


class Apply(Expr):
    """``op``, a primitive or the name of a scalar row, applied to the nodes ``args``."""

    __slots__ = ()

    @property
    def op(self) -> str:
        return self._key[0]

    @property
    def args(self) -> tuple[Expr, ...]:
        return self._key[1]


ZERO, ONE = Const(0.0), Const(1.0)


def expression(value: Expr | float) -> Expr:
    """``value`` as a node."""
    return value if isinstance(value, Expr) else Const(float(value))


class _Functions:
    """``fn.exp(x)`` is ``Apply('exp', (x,))``: functions and primitives by name, for the lambdas of the table."""

    def __getattr__(self, op: str) -> Callable[..., Expr]:
        return lambda *args: Apply(op, tuple(map(expression, args)))


fn = _Functions()


def trace(function: Callable[..., Any], arity: int, row: str = "") -> Expr:
    """The tree which ``function`` computes.

    Parameters
    ----------
    function : callable
        Takes ``arity`` arguments and, where it wants the answer of the row, one more named ``y``.
    arity : int
        Number of arguments of the row.
    row : str
        Name of the row, so that its answer can be differentiated.

    Examples
    --------
    >>> trace(lambda x: x * x, 1)
    Apply('mul', (Arg(0), Arg(0)))
    """
    args = [Arg(i) for i in range(arity)]
    parameters = inspect.signature(function).parameters
    wants_answer = "y" in parameters and len(parameters) == arity + 1
    return expression(function(*args, y=Answer(row)) if wants_answer else function(*args))


class Algebra(Protocol):
    """What ``evaluate`` computes with."""

    def const(self, value: float) -> Any: ...

    def apply(self, op: str, *values: Any) -> Any: ...


def evaluate(expr: Expr, args: Sequence[Any] | Mapping[int, Any], answer: Any, algebra: Algebra) -> Any:
    """The value of ``expr``; each shared node is computed once.

    Parameters
    ----------
    expr : Expr
    args : sequence or mapping
        Values of ``Arg(0)``, ``Arg(1)``, ...
    answer : value
        Value of ``Answer()``; ignored where the tree has none.
    algebra : Algebra
        Gives constants and applies primitives and rows.  Both sides of a ``select`` are computed.
    """
    known: dict[Expr, Any] = {}

    def go(node):
        if node not in known:
            known[node] = compute(node)
        return known[node]

    def compute(node):
        match node:
            case Const():
                return algebra.const(node.value)
            case Arg():
                return args[node.index]
            case Answer():
                return answer
            case _:
                return algebra.apply(node.op, *map(go, node.args))

    return go(expr)


def substitute(expr: Expr, args: Sequence[Expr], answer: Expr) -> Expr:
    """``expr`` with its arguments and its answer replaced by trees."""
    return evaluate(expr, args, answer, _Building)


class _Building:
    """The algebra of trees themselves."""

    const = Const

    @staticmethod
    def apply(op, *values):
        return Apply(op, values)


def nodes(expr: Expr) -> Iterator[Expr]:
    """Every node of the tree, once."""
    found, waiting = {expr}, [expr]
    while waiting:
        node = waiting.pop()
        yield node
        fresh = [a for a in node.args if a not in found] if isinstance(node, Apply) else ()
        found.update(fresh)
        waiting.extend(dict.fromkeys(fresh))


def operations(expr: Expr) -> set[str]:
    """Names of all primitives and rows in the tree."""
    return {node.op for node in nodes(expr) if isinstance(node, Apply)}


def simplify(expr: Expr) -> Expr:
    """``expr`` without additions of 0 and products with 0 and 1; no rounding changes.

    A product with 0 is 0 although the other factor may be infinite: 0 here is a derivative that is zero by structure.
    The sign of a zero sum may change.
    """
    args = {node.index: node for node in nodes(expr) if isinstance(node, Arg)}
    answer = next((node for node in nodes(expr) if isinstance(node, Answer)), None)
    return evaluate(expr, args, answer, _Simplifying)


class _Simplifying:
    """The algebra of trees with the folds of ``simplify``."""

    const = Const

    @staticmethod
    def apply(op, *values):
        fold = _FOLDS.get(op)
        folded = fold(*values) if fold else None
        return Apply(op, values) if folded is None else folded


def _is_neg(node: Expr) -> bool:
    return isinstance(node, Apply) and node.op == "neg"


def _fold_neg(a):
    if isinstance(a, Const):
        return ZERO if a is ZERO else Const(-a.value)
    return a.args[0] if _is_neg(a) else None


def _negated(a):
    folded = _fold_neg(a)
    return -a if folded is None else folded


def _fold_add(a, b):
    if a is ZERO:
        return b
    if b is ZERO:
        return a
    return a - b.args[0] if _is_neg(b) else None


def _fold_sub(a, b):
    if b is ZERO:
        return a
    if a is ZERO:
        return _negated(b)
    return a + b.args[0] if _is_neg(b) else None


def _fold_mul(a, b):
    if ZERO in (a, b):
        return ZERO
    for one, other in ((a, b), (b, a)):
        if one is ONE:
            return other
        if isinstance(one, Const) and one.value == -1.0:
            return _negated(other)
    return None


def _fold_div(a, b):
    if a is ZERO:
        return ZERO
    return a if b is ONE else None


def _fold_select(condition, a, b):
    return a if a is b else None


_FOLDS = {
    "neg": _fold_neg,
    "add": _fold_add,
    "sub": _fold_sub,
    "mul": _fold_mul,
    "div": _fold_div,
    "select": _fold_select,
}
