"""Code that is only linked into other code gets no machine code, unless somebody wants it."""

import numpy as np
import pytest
from numba import njit

import dualjit as dj
from dualjit.frontend.linked import LinkedLibrary, linked

INTERNAL = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
X = np.array([0.5, 0.25, 2.0])


def library(dispatcher):
    (compiled,) = dispatcher.overloads.values()
    return compiled.library


@pytest.fixture
def finished(monkeypatch):
    """Libraries finished from now on."""
    found = []

    def finalize(self):
        found.append(self)
        original(self)

    original = LinkedLibrary.finalize
    monkeypatch.setattr(LinkedLibrary, "finalize", finalize)
    return found


def test_only_what_is_called_from_python_gets_machine_code(finished):
    @njit
    def f(x):
        y = np.zeros(x.size)
        for i in range(x.size):
            y[i] = np.sin(x[i]) ** 2
        return np.sum(y)

    np.testing.assert_allclose(dj.grad(f)(X), 2 * np.sin(X) * np.cos(X), rtol=1e-14)
    assert [part.name for part in finished if part.is_loaded] == ["grad_f"]
    assert "f_adjoint" in [part.name for part in finished]


def test_a_helper_met_first_by_a_derivative_is_called_from_python():
    @njit
    def count(x):
        return x.size

    dj.grad(lambda x: count(x) * np.sum(x))(X)
    assert count(X) == 3


def test_an_overload_met_first_by_a_derivative_serves_other_functions():
    def identity(n):
        return np.identity(n)

    assert dj.grad(lambda x: np.sum(np.identity(2) @ x))(X[:2]).tolist() == [1.0, 1.0]
    assert njit(identity)(2).tolist() == np.identity(2).tolist()


def test_constants_of_what_is_raised(capfd):
    @njit
    def checked(x, limit):
        if x > limit:
            raise ValueError("above the limit of", limit)
        return x

    def loud(x):
        print("called")
        return checked(x, 3.0) * x

    derivative = dj.grad(loud)
    assert derivative(2.0) == 4.0
    assert "called" in capfd.readouterr().out
    with pytest.raises(ValueError, match=r"above the limit of.*3\.0"):
        derivative(4.0)


def test_code_is_shown_saved_and_found_by_its_address():
    with linked():
        callee = njit(lambda x: x + 1.0, **INTERNAL)
        callee.compile("float64(float64)")
    described = next(iter(callee.overloads.values())).fndesc
    assert not library(callee).is_loaded
    assert library(callee).get_pointer_to_function("no such function") == 0
    assert library(callee).get_pointer_to_function(described.llvm_func_name) != 0
    assert library(callee).is_loaded
    with linked():
        shown, saved = (njit(lambda x: x * 3.0, **INTERNAL) for _ in range(2))
        shown.compile("float64(float64)")
        saved.compile("float64(float64)")
    assert "3.0" in library(shown).get_llvm_str()
    assert library(shown).is_loaded
    name, kind, (code, _) = library(saved).serialize_using_object_code()
    assert (name, kind, code[1:4]) == (library(saved).name, "object", b"ELF")


def test_callers_are_linked_before_what_they_call():
    """LLVM leaves out a function nobody has asked for yet."""
    with linked():
        deep = njit(lambda x: x + 1.0, **INTERNAL)
        middle = njit(lambda x: deep(x) * 2.0, **INTERNAL)

        @njit
        def top(x):
            return deep(x) + middle(x)

        assert top(1.0) == 6.0
    order = [part.name for part in library(top).parts()]
    assert library(top).is_loaded
    assert not library(deep).is_loaded
    assert order[0] == "test_callers_are_linked_before_what_they_call.<locals>.top"
    with linked():
        again = njit(lambda x: middle(x) - deep(x), **INTERNAL)
        again.compile("float64(float64)")
    parts = library(again).parts()
    assert parts.index(library(middle)) < parts.index(library(deep))


def test_recursive_functions_are_left_as_they_are(finished):
    """A rule that calls its own function: its code gets the address when there is one."""

    @dj.custom_jvp
    def inside(x):
        return np.sin(x)

    @inside.defjvp
    def _(primals, tangents):
        return inside(primals[0]), np.cos(primals[0]) * tangents[0]

    assert dj.hessian(lambda x: inside(x) ** 2)(3.0) == pytest.approx(2 * np.cos(6.0), rel=1e-14)
    assert any(part.is_recursive for part in finished)
    assert all(part.is_loaded for part in finished if part.is_recursive)


def test_numba_is_left_as_it_was():
    dj.grad(lambda x: x * x)(2.0)
    assert not isinstance(library_of_a_new_function(), LinkedLibrary)


def library_of_a_new_function():
    doubled = njit(lambda x: 2.0 * x)
    doubled(1.0)
    return library(doubled)
