"""The front end alone, with the marker that no code is generated for."""

import numpy as np
import pytest
from numba import njit, types

from dualjit.errors import UnsupportedError
from dualjit.frontend.typed import typed
from dualjit.numbers.types import Active, Dual, mark

VECTOR = types.Array(types.float64, 1, "C")
ACTIVE = mark(VECTOR, Active(types.float64))


def names(program):
    """Active variables by the names the user gave them."""
    return {name.split(".")[0] for name in program.active if not name.startswith(("$", "arg."))}


def test_what_depends_on_an_active_argument_is_active():
    def f(x, w):
        passive = w[0] * 2.0
        touched = x[0] * passive
        count = int(touched)
        return touched + count

    program = typed(f, (ACTIVE, VECTOR))
    assert names(program) == {"x", "touched"}
    assert program.return_type == Active(types.float64)


def test_allocations_that_receive_active_values_are_active():
    def f(x):
        used = np.zeros(x.size)
        unused = np.ones(x.size)
        for i in range(x.size):
            used[i] = x[i] * unused[i]
        return used

    program = typed(f, (ACTIVE,))
    assert names(program) == {"x", "used"}
    assert program.return_type == ACTIVE


def test_arguments_that_receive_active_values_are_marked():
    @njit
    def fill(out, x):
        out[:] = x

    program = typed(fill, (VECTOR, ACTIVE))
    assert program.argtypes == (ACTIVE, ACTIVE)
    assert program.written == {0}


def test_helpers_are_a_part_of_the_program():
    @njit
    def square(a):
        return a * a

    def f(x):
        return square(x[0]) + np.sum(x)

    program = typed(f, (ACTIVE,))
    assert [o.row.name for o in program.originals.values()] == ["sum"]
    assert not any(isinstance(t, types.Dispatcher) for n, t in program.typemap.items() if "call" in n)


@pytest.mark.parametrize("marker", [Active(types.float64), Dual(types.float64, 4, 1)], ids=str)
def test_both_markers_find_the_same(marker):
    def f(x, n):
        a = np.zeros(n)
        b = np.zeros(n)
        for k in range(n):
            a[k] = x[k] + b[0]
            a, b = b, a
        return a.sum()

    program = typed(f, (mark(VECTOR, marker), types.int64))
    assert names(program) == {"x", "a", "b"}
    assert program.return_type == marker


@pytest.mark.parametrize("marker", [Active(types.float64), Dual(types.float64, 4, 1)], ids=str)
def test_reinterpreted_memory_is_refused_at_its_line(marker):
    def f(x):
        return x.view(np.int64)[0]

    with pytest.raises(UnsupportedError, match=r"\.view") as refused:
        typed(f, (mark(VECTOR, marker),))
    assert refused.value.filename == __file__
    assert refused.value.line == f.__code__.co_firstlineno + 1
    assert "return x.view(np.int64)[0]" in str(refused.value)
    assert "'x' depends on the differentiated arguments" in str(refused.value)
    assert "what to do" in str(refused.value)
