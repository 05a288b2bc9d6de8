"""Types of row stubs: the primal's, with marks where an argument has them; refused when not understood."""

import numpy as np
import pytest
from numba import types
from numba.core.errors import TypingError
from numba.core.registry import cpu_target
from numba.experimental import jitclass

import dualjit.numbers.typing  # noqa: F401
from dualjit.numbers.types import Active, Dual
from dualjit.rules.arrays import row_of_function, row_of_method

F, F32, I = types.float64, types.float32, types.intp
D, A = Dual(F, 4, 1), Active(F)
VECTOR = types.Array(F, 1, "C")
MATRIX = types.Array(F, 2, "F")


def marked(array, marker=D):
    return array.copy(dtype=marker.over(array.dtype))


def typed(row, *args, **kws):
    context = cpu_target.typing_context
    context.refresh()
    cpu_target.target_context.refresh()
    return context.resolve_function_type(context.resolve_value_type(row.stub), args, kws)


def answer(row, *args, **kws):
    return typed(row, *args, **kws).return_type


@pytest.mark.parametrize("marker", [D, A])
def test_answers_carry_the_mark_of_the_arguments(marker):
    total, order, shape = row_of_function(np.sum), row_of_function(np.argsort), row_of_function(np.shape)
    assert answer(total, marked(VECTOR, marker)) == marker
    assert answer(total, marked(MATRIX, marker), axis=types.IntegerLiteral(0)) == marked(VECTOR, marker)
    assert answer(order, marked(VECTOR, marker)) == types.Array(I, 1, "C")
    assert answer(shape, marked(MATRIX, marker)) == types.UniTuple(I, 2)
    assert answer(row_of_function(np.zeros_like), marked(MATRIX, marker)) == MATRIX


def test_one_marked_argument_is_enough():
    dot = row_of_function(np.dot)
    assert answer(dot, MATRIX, marked(VECTOR)) == marked(VECTOR)
    assert answer(dot, marked(MATRIX), VECTOR) == marked(VECTOR)
    assert answer(dot, MATRIX, VECTOR) == VECTOR
    assert answer(row_of_function(np.full), I, D) == marked(VECTOR)
    assert answer(row_of_function(np.array), types.UniTuple(types.Tuple([D, I]), 2)) == types.Array(D, 2, "C")


def test_levels_are_joined():
    inner, outer = Dual(F, 4, 1), Dual(F, 8, 2)
    both = Dual(inner, 8, 2)
    assert answer(row_of_function(np.dot), marked(MATRIX, inner), marked(VECTOR, outer)) == marked(VECTOR, both)


def test_omitted_and_keyword_arguments_are_folded():
    signature = typed(row_of_function(np.sum), marked(MATRIX), axis=types.IntegerLiteral(1))
    assert signature.args == (marked(MATRIX), I, types.Omitted(None))
    assert list(signature.pysig.parameters) == ["a", "axis", "dtype"]


def test_written_parameters_need_room():
    fill, clip = row_of_method("fill"), row_of_function(np.clip)
    with pytest.raises(TypingError):
        typed(fill, VECTOR, D)
    assert answer(fill, marked(VECTOR), D) == types.none
    assert answer(fill, VECTOR, F) == types.none
    with pytest.raises(TypingError):
        typed(clip, marked(VECTOR), F, F, VECTOR)
    assert answer(clip, VECTOR, F, F, marked(VECTOR)) == marked(VECTOR)


@jitclass([("total", types.float64)])
class Account:
    """Has methods with names of array methods."""

    def __init__(self):
        self.total = 1.0

    def sum(self, a, b, c):
        return a + b + c

    def fill(self):
        return 3


def test_methods_of_other_receivers_keep_their_meaning():
    account = Account.class_type.instance_type
    listed = types.List(F)
    assert answer(row_of_method("sum"), account, F, I, c=F) == F
    assert types.unliteral(answer(row_of_method("fill"), account)) == types.intp
    assert answer(row_of_method("copy"), listed) == listed
    assert answer(row_of_method("copy"), types.DictType(types.unicode_type, F)) == types.DictType(types.unicode_type, F)
    assert answer(row_of_method("sort"), listed) == types.none
    assert answer(row_of_method("conjugate"), types.complex128) == types.complex128


def test_other_receivers_of_active_values_are_refused():
    with pytest.raises(TypingError, match="not known to dualjit"):
        typed(row_of_method("sum"), Account.class_type.instance_type, D, F, F)


def test_marked_data_types_allocate():
    reference = types.TypeRef(D)
    assert answer(row_of_function(np.zeros), I, dtype=reference) == marked(VECTOR)
    assert answer(row_of_function(np.zeros_like), marked(VECTOR), dtype=reference) == marked(VECTOR)
    assert answer(row_of_function(np.full), I, F, dtype=reference) == marked(VECTOR)
    assert answer(row_of_function(np.empty), I, types.DType(D)) == marked(VECTOR)


def test_other_data_is_left_to_numba():
    total = row_of_function(np.sum)
    assert answer(total, types.Array(types.int32, 1, "C")) == types.int64
    assert answer(total, types.Array(types.complex128, 1, "C")) == types.complex128
    assert answer(total, types.Array(Dual(F32, 4, 1), 1, "C")) == Dual(F32, 4, 1)
    with pytest.raises(TypingError):
        typed(total, types.unicode_type)
