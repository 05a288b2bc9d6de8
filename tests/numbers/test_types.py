"""Typing: promotion, unification, and the primal's types with the marker put back."""

import math
import operator

import numba as nb
import numpy as np
import pytest
from numba import types
from numba.core.registry import cpu_target
from numba.core.typeconv import Conversion

from dualjit.numbers import Active, Dual, mark, marker_of, promote, strip
from dualjit.numbers.primal import signature_of

F4, F8, I8, I2, B1 = types.float32, types.float64, types.int64, types.int16, types.boolean
D4, D8 = Dual(F4, 4, 1), Dual(F8, 4, 1)
E8 = Dual(F8, 2, 2)  # another level
NESTED = Dual(D8, 2, 2)
A4, A8 = Active(F4), Active(F8)


@pytest.fixture(scope="module")
def context():
    context = cpu_target.typing_context
    context.refresh()
    return context


def typed(context, key, *args):
    """The answer's type, None when the call is not typed."""
    sig = signature_of(context, key, args)
    return sig and sig.return_type


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (D8, F4, D8),
        (D4, F8, D8),
        (D4, I8, D8),
        (D4, I2, D4),
        (D4, B1, D4),
        (D4, types.literal(2), D8),
        (D8, E8, NESTED),
        (E8, NESTED, NESTED),
        (D4, E8, NESTED),
        (A4, F8, A8),
        (A8, D8, None),
        (D8, Dual(F8, 8, 1), None),
        (F8, I8, None),
    ],
)
def test_promotion(a, b, expected):
    assert promote(a, b) == promote(b, a) == expected


@pytest.mark.parametrize("marked", [D4, D8, NESTED, A4, A8])
@pytest.mark.parametrize("other", [F4, F8, I8, I2, B1])
def test_unification_is_the_primals(context, marked, other):
    primal = context.unify_pairs(strip(marked), other)
    assert context.unify_pairs(marked, other) == context.unify_pairs(other, marked) == marked.over(primal)


def test_conversions_go_up_only(context):
    assert context.can_convert(F8, D8) == Conversion.safe
    assert context.can_convert(F8, D4) == Conversion.unsafe
    assert context.can_convert(D8, NESTED) == context.can_convert(E8, NESTED) == Conversion.safe
    for source, target in [(D8, F8), (D8, I8), (NESTED, D8), (A8, F8), (D8, A8), (D8, types.complex128)]:
        assert context.can_convert(source, target) is None


OPERANDS = [F8, F4, I8, I2, B1, types.literal(3)]
BINARY = [operator.add, operator.truediv, operator.pow, operator.mod, np.add, np.power, np.hypot, math.atan2, pow, max]


@pytest.mark.parametrize("marked", [D4, D8, NESTED, A4, A8], ids=str)
@pytest.mark.parametrize("key", BINARY, ids=lambda f: f.__name__)
def test_scalars_have_the_primals_type(context, key, marked):
    for other in OPERANDS:
        for args in ((marked, other), (other, marked), (marked, marked)):
            primal = typed(context, key, *map(strip, args))
            assert typed(context, key, *args) == (primal and marked.over(primal))


INACTIVE = [operator.lt, np.equal, operator.floordiv, np.sign, math.floor, round, bool, math.isnan]


@pytest.mark.parametrize("key", INACTIVE, ids=lambda f: f.__name__)
def test_inactive_rows_have_the_primals_unmarked_type(context, key):
    arity = 2 if key in (operator.lt, np.equal, operator.floordiv) else 1
    for marked in (D8, NESTED, A8):
        assert typed(context, key, *[marked] * arity) == typed(context, key, *[F8] * arity) is not None


SHAPES = [(1, "C"), (1, "A"), (2, "C"), (2, "F"), (2, "A")]
LAYOUTS = [types.Array(t, ndim, layout) for t in (F8, F4) for ndim, layout in SHAPES]


ELEMENTWISE = [operator.mul, np.subtract, operator.pow, np.less, np.maximum]


@pytest.mark.parametrize("key", ELEMENTWISE, ids=lambda f: f.__name__)
def test_arrays_have_the_primals_layout(context, key):
    for bare in LAYOUTS:
        for marker in (D8, A8):
            array = mark(bare, marker)
            for other in (array, bare, marker, F8, I8, types.Array(F8, 1, "C"), types.Array(I8, 2, "C")):
                for args in ((array, other), (other, array)):
                    primal = typed(context, key, *map(strip, args))
                    expected = primal if key is np.less else mark(primal, marker)
                    assert typed(context, key, *args) == expected


def test_unmarked_arrays_do_not_receive_marked_numbers(context):
    plain = types.Array(F8, 1, "C")
    for marker in (D8, A8):
        dual = mark(plain, marker)
        for key in (operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ipow):
            for right in (marker, dual):
                assert typed(context, key, plain, right) is None
                assert typed(context, key, dual, right) == dual
            assert typed(context, key, dual, F8) == dual
        assert typed(context, np.add, plain, dual, plain) is None
    assert typed(context, operator.iadd, mark(plain, D8), NESTED) is None
    assert typed(context, operator.iadd, F8, D8) == D8


def test_what_would_lose_the_derivative_is_not_typed(context):
    for key, args in [
        (operator.add, (D8, Dual(F8, 8, 1))),
        (operator.add, (D8, A8)),
        (operator.add, (D8, types.unicode_type)),
        (operator.lshift, (D8, I8)),
        (np.dot, (D8, types.unicode_type)),
    ]:
        assert typed(context, key, *args) is None


def test_complex_answers_are_marked_or_refused(context):
    for key, args in [
        (operator.mul, (D8, types.complex128)),
        (operator.pow, (types.complex128, D8)),
        (np.exp, (types.complex128, D8)),
        (complex, (D8,)),
        (complex, (A8, A8)),
    ]:
        answer = typed(context, key, *args)
        assert answer is None or marker_of(answer) is not None


def test_optional_operands_are_unwrapped(context):
    assert typed(context, operator.mul, types.Optional(D8), F8) == D8
    assert context.unify_pairs(D8, types.none) == types.Optional(D8)


def test_strip_and_mark_are_inverse():
    for bare in (types.UniTuple(F8, 2), types.List(F8), types.Array(F8, 2, "F"), types.Optional(F8)):
        for marker in (D8, A8, NESTED):
            assert strip(mark(bare, marker)) == bare
            assert marker_of(mark(bare, marker)) == marker


def test_numbas_own_typing_is_untouched():
    @nb.njit
    def plain(x, n):
        return x**n, max(x, n), x + n, np.add(x, n), float(n), round(x)

    assert plain(2.5, 2) == (6.25, 2.5, 4.5, 4.5, 2.0, 2)
