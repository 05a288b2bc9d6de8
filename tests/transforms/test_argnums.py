"""Which arguments are differentiated, and what the answer's outer structure is then."""

import numpy as np
import pytest
from numba import njit

import dualjit as dj
from dualjit.errors import ArgnumsError, DTypeError

X = np.array([1.0, 2.0, 3.0])


def scaled(x, a, n=2):
    return a * x**n


D_X = np.diag(2 * 1.5 * X)
D_A = X**2


@pytest.mark.parametrize("argnums", [0, -3, "x"])
def test_one_argument(argnums):
    answer = dj.jacfwd(scaled, argnums)(X, 1.5, 2)
    assert isinstance(answer, np.ndarray)
    np.testing.assert_allclose(answer, D_X)


@pytest.mark.parametrize("argnums", [1, -2, "a"])
def test_a_scalar_argument(argnums):
    np.testing.assert_allclose(dj.jacfwd(scaled, argnums)(X, 1.5, 2), D_A)


@pytest.mark.parametrize("argnums", [(0,), (-3,), ("x",)])
def test_tuple_of_one_gives_a_tuple_of_one(argnums):
    answer = dj.jacfwd(scaled, argnums)(X, 1.5, 2)
    assert isinstance(answer, tuple)
    assert len(answer) == 1
    np.testing.assert_allclose(answer[0], D_X)


@pytest.mark.parametrize("argnums", [(1, 0), ("a", 0), (-2, "x")])
def test_answers_come_in_the_order_asked_for(argnums):
    by_a, by_x = dj.jacfwd(scaled, argnums)(X, 1.5, 2)
    np.testing.assert_allclose(by_a, D_A)
    np.testing.assert_allclose(by_x, D_X)


def test_numpy_integer():
    np.testing.assert_allclose(dj.jacfwd(scaled, np.int64(1))(X, 1.5, 2), D_A)


def test_defaults_and_keywords_of_the_function():
    derivative = dj.jacfwd(scaled)
    np.testing.assert_allclose(derivative(X, 1.5), D_X)
    np.testing.assert_allclose(derivative(X, a=1.5), D_X)
    np.testing.assert_allclose(derivative(X, 1.5, n=3), np.diag(3 * 1.5 * X**2))


@pytest.mark.parametrize(
    ("argnums", "says"),
    [
        (3, r"position 3.*scaled\(x, a, n\) has 3 parameters"),
        (-4, r"position -4.*-3 to 2"),
        ((0, 0), "twice"),
        ((0, -3), "twice"),
        (("x", 0), "twice"),
        ((), "empty"),
        ("y", r"'y'.*\['x', 'a', 'n'\]"),
        (True, "True"),
        (1.0, "1.0 of type float"),
        (None, "None"),
    ],
)
def test_selections_refused(argnums, says):
    with pytest.raises(ArgnumsError, match=says):
        dj.jacfwd(scaled, argnums)


def test_argnums_error_is_a_value_error():
    with pytest.raises(ValueError, match="twice"):
        dj.jacfwd(scaled, (0, 0))


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (2, "'a' has integer"),
        (True, "'a' has boolean"),
        (1.0 + 2.0j, "'a' has complex"),
        (np.array([1, 2, 3]), "'a' has integer"),
        (X > 1, "'a' has boolean"),
        (X + 0j, "'a' has complex"),
        ("text", "'a' of type"),
    ],
    ids=repr,
)
def test_numbers_that_are_not_real_floats(value, says):
    def product(x, a):
        return x * 1.0

    with pytest.raises(DTypeError, match=says):
        dj.jacfwd(product, "a")(X, value)


def test_dtype_error_is_a_type_error_and_names_the_remedy():
    with pytest.raises(TypeError, match="pass a float"):
        dj.jacfwd(scaled)(3, 1.5)


def test_integers_that_are_not_selected_pass():
    np.testing.assert_allclose(dj.jacfwd(scaled)(X, 2, 1), 2 * np.eye(3))


@pytest.mark.parametrize("arguments", [(), (X,), (X, 1.5, 2, 0.5)], ids=len)
def test_number_of_arguments(arguments):
    # Numba's dispatcher counts in C, before any code of ours runs.
    with pytest.raises(TypeError, match=r"arguments: expected (at least )?\d, got \d"):
        dj.jacfwd(scaled)(*arguments)


def test_unknown_keyword():
    with pytest.raises(TypeError):
        dj.jacfwd(scaled)(X, 1.5, b=2)


@pytest.mark.parametrize("thing", [3, "f", None, len], ids=repr)
def test_what_is_no_function(thing):
    with pytest.raises(TypeError, match="function"):
        dj.jacfwd(thing)


@njit
def total(x, a, n=2):
    return np.sum(a * x**n)


TRANSFORMS = {
    "grad": (dj.grad, total, (3.0 * X, np.sum(X**2))),
    "value_and_grad": (dj.value_and_grad, total, (3.0 * X, np.sum(X**2))),
    "jacrev": (dj.jacrev, scaled, (D_X, D_A)),
    "jacobian": (dj.jacobian, scaled, (D_X, D_A)),
}
reverse = pytest.mark.parametrize("transform", TRANSFORMS)


@pytest.fixture(scope="module")
def derived():
    """The derivative by a transform for a selection; each is compiled once."""
    known = {}

    def of(transform, argnums):
        make, f, _ = TRANSFORMS[transform]
        if (transform, argnums) not in known:
            known[transform, argnums] = make(f, argnums)
        answer = known[transform, argnums](X, 1.5, 2)
        return answer[1] if transform == "value_and_grad" else answer

    return of


@reverse
@pytest.mark.parametrize("argnums", [-3, "x", 1, "a"])
def test_one_argument_by_every_transform(transform, argnums, derived):
    expected = TRANSFORMS[transform][2][argnums in (1, "a")]
    answer = derived(transform, argnums)
    assert isinstance(answer, (np.ndarray, float))
    np.testing.assert_allclose(answer, expected)


@reverse
@pytest.mark.parametrize("argnums", [("x",), (-2, 0)], ids=str)
def test_tuples_of_arguments_by_every_transform(transform, argnums, derived):
    answer = derived(transform, argnums)
    by_x, by_a = TRANSFORMS[transform][2]
    expected = (by_x,) if len(argnums) == 1 else (by_a, by_x)
    assert type(answer) is tuple
    assert len(answer) == len(expected)
    for mine, other in zip(answer, expected, strict=True):
        np.testing.assert_allclose(mine, other)


@reverse
@pytest.mark.parametrize(
    ("argnums", "says"),
    [
        (3, r"position 3.*\(x, a, n\) has 3 parameters"),
        (-4, r"position -4.*-3 to 2"),
        ((0, -3), "twice"),
        (("x", 0), "twice"),
        ((), "empty"),
        ("y", r"'y'.*\['x', 'a', 'n'\]"),
        (True, "True"),
        (1.0, "1.0 of type float"),
    ],
)
def test_selections_refused_by_every_transform(transform, argnums, says):
    make, f, _ = TRANSFORMS[transform]
    with pytest.raises(ArgnumsError, match=says):
        make(f, argnums)


@reverse
@pytest.mark.parametrize("value", [2, True, 1.0 + 2.0j, np.array([1, 2, 3]), X + 0j, "text"], ids=repr)
def test_numbers_refused_by_every_transform(transform, value):
    make, f, _ = TRANSFORMS[transform]
    with pytest.raises(DTypeError, match="'a'"):
        make(f, "a")(X, value, 2)


@reverse
@pytest.mark.parametrize("arguments", [(), (X,), (X, 1.5, 2, 0.5)], ids=len)
def test_number_of_arguments_of_every_transform(transform, arguments):
    make, f, _ = TRANSFORMS[transform]
    with pytest.raises(TypeError, match="argument"):
        make(f)(*arguments)


@reverse
@pytest.mark.parametrize("thing", [3, "f", None, len], ids=repr)
def test_what_is_no_function_for_every_transform(transform, thing):
    with pytest.raises(TypeError, match="function"):
        TRANSFORMS[transform][0](thing)
