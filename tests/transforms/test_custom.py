"""Rules of one's own: in all modes, nested, in loops; checks at definition and call."""

import ctypes
import pickle

import numpy as np
import pytest
from numba import njit, objmode

import dualjit as dj
from dualjit.errors import ShapeError, StructureError, UnsupportedError
from dualjit.frontend import registered

X = np.array([0.3, 0.5, 0.7])


@dj.custom_jvp
def scaled_sine(x, a):
    return np.sin(x) * a


@scaled_sine.defjvp
def _(primals, tangents):
    (x, a), (x_dot, a_dot) = primals, tangents
    return scaled_sine(x, a), np.cos(x) * a * x_dot + np.sin(x) * a_dot


def by_rule(x, a):
    s = 0.0
    for k in range(3):
        s += np.sum(scaled_sine(x, a) ** 2) * k + scaled_sine(x[k], 2.0)
    return s


def by_program(x, a):
    s = 0.0
    for k in range(3):
        s += np.sum((np.sin(x) * a) ** 2) * k + np.sin(x[k]) * 2.0
    return s


def test_the_function_itself():
    np.testing.assert_array_equal(scaled_sine(X, 2.0), np.sin(X) * 2.0)
    np.testing.assert_array_equal(njit(lambda x: scaled_sine(x, 2.0))(X), np.sin(X) * 2.0)


def test_first_derivatives():
    expected = dj.jacfwd(by_program, (0, 1))(X, 1.5)
    for found in (dj.jacfwd(by_rule, (0, 1))(X, 1.5), dj.grad(by_rule, (0, 1))(X, 1.5)):
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-14)
        assert found[1] == pytest.approx(expected[1], rel=1e-14)
    np.testing.assert_allclose(dj.jacrev(scaled_sine)(X, 2.0), np.diag(2 * np.cos(X)), rtol=1e-14)


@pytest.mark.parametrize("second", [dj.hessian, lambda f: dj.jacrev(dj.grad(f))], ids=["hessian", "jacrev(grad)"])
def test_second_derivatives(second):
    expected = dj.jacfwd(dj.jacfwd(by_program))(X, 1.5)
    np.testing.assert_allclose(second(by_rule)(X, 1.5), expected, rtol=1e-13, atol=1e-14)


def test_hessian_in_both_modes():
    for mode in ("hyperdual", "fwdrev"):
        found = dj.hessian(lambda x: scaled_sine(x, 2.0), mode=mode)(1.0)
        assert found == pytest.approx(-2.0 * np.sin(1.0), rel=1e-14)


powers = dj.custom_vjp(lambda x, n: np.sum(x**n))
powers.defvjp(lambda x, n: (np.sum(x**n), (x, n)), lambda kept, y_bar: (y_bar * kept[1] * kept[0] ** (kept[1] - 1), 0))


def test_rule_for_cotangents():
    """Of an argument that is no real number the cotangent is not looked at."""
    np.testing.assert_allclose(dj.grad(lambda x: 2.0 * powers(x, 3))(X), 6 * X**2)
    rows = dj.jacrev(lambda x: np.array([powers(x, 3), powers(x, 2)]))(X)
    np.testing.assert_allclose(rows, [3 * X**2, 2 * X])
    with pytest.raises(UnsupportedError, match="custom_jvp"):
        dj.jacfwd(powers)(X, 3)


pair = dj.custom_vjp(lambda x, y: (x * y, np.sum(x)))
pair.defvjp(
    lambda x, y: ((x * y, np.sum(x)), (x, y)),
    lambda kept, bars: (bars[0] * kept[1] + bars[1], np.sum(bars[0] * kept[0])),
)


@pytest.mark.parametrize("pick", [0, 1], ids=["array", "number"])
def test_parts_of_the_answer_that_nothing_comes_back_to(pick):
    f = (lambda x, y: np.sum(pair(x, y)[0] ** 2)) if pick == 0 else (lambda x, y: pair(x, y)[1] ** 2)
    g = (lambda x, y: np.sum((x * y) ** 2)) if pick == 0 else (lambda x, y: np.sum(x) ** 2)
    for found, expected in zip(dj.grad(f, (0, 1))(X, 2.0), dj.grad(g, (0, 1))(X, 2.0), strict=True):
        np.testing.assert_allclose(found, expected)


clipped = dj.custom_vjp(lambda x: x, exact=False)
clipped.defvjp(lambda x: (x, None), lambda _, x_bar: (min(max(x_bar, -1.0), 1.0),))


def test_a_rule_that_is_no_derivative():
    assert dj.grad(lambda x: 5.0 * clipped(x))(2.0) == 1.0
    for second in (dj.jacrev(lambda x: np.array([clipped(x), x])), dj.jacfwd(dj.grad(lambda x: clipped(x) ** 2))):
        with pytest.raises(UnsupportedError, match=r"exact=False|custom_jvp"):
            second(2.0)


def test_both_rules():
    both = dj.define_rule(
        outside,
        jvp=lambda primals, tangents: (outside(primals[0]), 2.0 * primals[0] * tangents[0]),
        vjp=(lambda x: (outside(x), x), lambda x, y_bar: (2.0 * x * y_bar,)),
    )
    assert dj.grad(calls_outside)(3.0) == dj.jacfwd(calls_outside)(3.0) == 7.0
    assert dj.grad(lambda x: both(x))(3.0) == 6.0
    assert dj.hessian(calls_outside, mode="fwdrev")(3.0) == 2.0


@njit
def outside(x):
    return x * x if x > 0 else np.nan


@njit
def calls_outside(x):
    return outside(x) + x


def test_a_rule_for_a_function_of_numpy():
    """cos(sin(x)), with a rule for the sine that says ten times as much."""
    dj.define_rule(np.sin, jvp=lambda primals, tangents: (np.sin(primals[0]), 10.0 * np.cos(primals[0]) * tangents[0]))
    try:
        slope = dj.grad(lambda x: np.cos(np.sin(x)))
        assert slope(1.0) == pytest.approx(10 * -0.40286243)
    finally:
        del registered._REGISTERED[np.sin]


def test_pickled():
    again = pickle.loads(pickle.dumps(scaled_sine_of_module))
    assert dj.grad(lambda x: again(x))(1.0) == dj.grad(lambda x: scaled_sine_of_module(x))(1.0)


def plain_sine(x):
    return np.sin(x)


def sine_rule(primals, tangents):
    return np.sin(primals[0]), 3.0 * tangents[0]


scaled_sine_of_module = dj.custom_jvp(plain_sine)
scaled_sine_of_module.defjvp(sine_rule)


def test_definitions_are_checked():
    f = dj.custom_jvp(lambda x, y: x * y)
    with pytest.raises(StructureError, match=r"expected \(primals, tangents\)"):
        f.defjvp(lambda x: x)
    g = dj.custom_vjp(lambda x, y: x * y)
    with pytest.raises(StructureError, match=r"\(x\), expected \(x, y\)"):
        g.defvjp(lambda x: x, lambda kept, bar: bar)
    with pytest.raises(StructureError, match="residuals"):
        g.defvjp(lambda x, y: x, lambda bar: bar)
    with pytest.raises(StructureError, match="no rule"):
        dj.define_rule(plain_sine)
    with pytest.raises(StructureError, match="named parameters"):
        dj.custom_jvp(lambda *xs: xs[0])
    for mode in (dj.jacfwd, dj.grad):
        with pytest.raises(UnsupportedError, match="no rule"):
            mode(f)(1.0, 2.0)
    f.defjvp(lambda primals, tangents: (f(*primals), primals[1] * tangents[0] + primals[0] * tangents[1]))
    assert dj.grad(f)(1.0, 2.0) == dj.jacfwd(f)(1.0, 2.0) == 2.0


def with_vjp(fwd, bwd):
    f = dj.custom_vjp(lambda x, y: np.sum(x) * y)
    f.defvjp(fwd, bwd)
    return dj.grad(lambda x: f(x, 1.0))


def forward(x, y):
    return np.sum(x) * y, (x, y)


@pytest.mark.parametrize(
    ("fwd", "bwd", "error", "match"),
    [
        (forward, lambda kept, bar: (kept[0],), StructureError, "a tuple of 1, expected a tuple of 2"),
        (forward, lambda kept, bar: kept[0], StructureError, "array.*expected a tuple of 2"),
        (forward, lambda kept, bar: (bar, bar), StructureError, "cotangent of 'x'"),
        (forward, lambda kept, bar: (kept[0][1:], bar), ShapeError, r"\(2,\), expected \(3,\)"),
        (lambda x, y: np.sum(x) * y, lambda kept, bar: (kept[0], bar), StructureError, "expected a pair"),
    ],
    ids=["too few", "no tuple", "a number for an array", "another shape", "no residuals"],
)
def test_cotangents_are_checked(fwd, bwd, error, match):
    with pytest.raises(error, match=match):
        with_vjp(fwd, bwd)(X)


@pytest.mark.parametrize(
    ("rule", "error", "match"),
    [
        (lambda primals, tangents: tangents[0], StructureError, r"expected a pair \(y, y_dot\)"),
        (lambda primals, tangents: (primals[0], 1.0), StructureError, "y_dot of the rule"),
        (lambda primals, tangents: (primals[0], tangents[0][1:]), ShapeError, r"\(2,\).*\(3,\)"),
    ],
    ids=["no pair", "a number for an array", "another shape"],
)
def test_tangents_are_checked(rule, error, match):
    f = dj.custom_jvp(lambda x: x * 2.0)
    f.defjvp(rule)
    with pytest.raises(error, match=match):
        dj.jacfwd(f)(X)


def test_a_rule_that_needs_itself():
    f = dj.custom_jvp(lambda x: x * 2.0)
    f.defjvp(lambda primals, tangents: (f(primals[0]), f(tangents[0])))
    with pytest.raises(StructureError, match="write the linear function out"):
        dj.jacfwd(f)(1.0)


@njit
def put(y):
    y[0] = 5.0


def by_element(x, ys):
    x[0] = 5.0
    return x[0] * x[1]


def by_helper(x, ys):
    put(x)
    return x[0] * x[1]


def by_view(x, ys):
    z = x[1:]
    z[:] = 5.0
    return x[0] * x[1]


def in_place(x, ys):
    x += 1.0
    return x[0] * x[1]


def into_a_tuple(x, ys):
    ys[1][0] = 5.0
    return x[0] * ys[1][0]


@pytest.mark.parametrize("jitted", [False, True], ids=["python", "jitted"])
@pytest.mark.parametrize("f", [by_element, by_helper, by_view, in_place, into_a_tuple], ids=lambda f: f.__name__)
def test_a_function_must_not_write_to_its_arguments(f, jitted):
    custom = dj.custom_jvp(njit(f) if jitted else f)
    custom.defjvp(lambda primals, tangents: (1.0, tangents[0][0]))
    name = "ys" if f is into_a_tuple else "x"
    args = X.copy(), (X.copy(), X.copy())
    for call in (custom, dj.jacfwd(custom), dj.grad(custom), njit(lambda x, ys: custom(x, ys))):
        with pytest.raises(UnsupportedError, match=rf"argument '{name}' of {f.__name__}\n  at {__file__}:\d"):
            call(*args)


libc = ctypes.CDLL(None)
libc.memset.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t)
erase = libc.memset


@njit
def outside_numba(a, writes):
    with objmode(root="float64"):
        root = float(a[0] ** 0.5)
        if writes > 0.0:
            a[1] = 0.0
    return root


def by_foreign_code(a, writes):
    if writes > 0.0:
        erase(a.ctypes, 0, 16)
    return np.sqrt(np.linalg.svd(a[:1].reshape(1, 1))[1][0])


@pytest.mark.parametrize("solver", [outside_numba, by_foreign_code], ids=["objmode", "C"])
def test_foreign_code_may_get_arguments_and_not_write_to_them(solver):
    root = dj.implicit_root(lambda x, a, writes: x * x - a[0], solver)
    a = np.array([4.0, np.nan])
    for transform in (dj.grad, dj.jacfwd):
        np.testing.assert_allclose(transform(lambda a: 3.0 * root(a, 0.0))(a), [0.75, 0.0])
        with pytest.raises(UnsupportedError, match="argument 'a' of"):
            transform(lambda a: root(a, 1.0))(a.copy())


def test_foreign_code_may_get_lists_and_tuples():
    @njit
    def by_python(pair):
        with objmode(s="float64"):
            s = float(pair[0][0] + pair[1][0])
        return 1.0 * s

    f = dj.custom_jvp(by_python)
    f.defjvp(lambda primals, tangents: (f(primals[0]), tangents[0][0][0] + tangents[0][1][0]))
    np.testing.assert_allclose(dj.grad(lambda x: f((x, 2.0 * x)))(X), [3.0, 0.0, 0.0])


def test_rules_write_to_copies():
    def rule(primals, tangents):
        x = primals[0]
        x *= x
        return np.sum(x) * 1.0, np.sum(2.0 * np.sqrt(x) * tangents[0])

    def fwd(x):
        x *= 2.0
        return np.sum(x * x) / 4.0, x

    def bwd(kept, y_bar):
        kept *= y_bar
        return (kept,)

    def identity(x):
        return x, x

    def doubled(kept, x_bar):
        x_bar *= 2.0
        kept += 1.0
        return (x_bar,)

    squares = dj.custom_jvp(lambda x: np.sum(x * x))
    squares.defjvp(rule)
    others = dj.custom_vjp(lambda x: np.sum(x * x))
    others.defvjp(fwd, bwd)
    same = dj.custom_vjp(lambda x: 1.0 * x)
    same.defvjp(identity, doubled)
    given = X.copy()
    for found in (dj.jacfwd(squares)(given), dj.grad(squares)(given), dj.grad(lambda x: others(x) * 1.0)(given)):
        np.testing.assert_allclose(found, 2 * X)
    np.testing.assert_allclose(dj.grad(lambda x: np.sum(same(x) * x))(given), 3 * X)
    np.testing.assert_array_equal(given, X)


def test_the_answer_is_memory_of_its_own():
    """As derivatives have it: a write into it is none into the argument."""
    identity = dj.custom_jvp(lambda x: x)
    identity.defjvp(lambda primals, tangents: (primals[0], tangents[0]))

    def f(x):
        y = identity(x)
        y[0] = 5.0
        return np.sum(x * y)

    given = X.copy()
    assert njit(f)(given) == pytest.approx(5 * X[0] + X[1] ** 2 + X[2] ** 2)
    np.testing.assert_array_equal(given, X)
    for transform in (dj.grad, dj.jacfwd):
        np.testing.assert_allclose(transform(f)(given), [5.0, 2 * X[1], 2 * X[2]])
