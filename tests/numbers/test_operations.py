"""Powers, extrema, conversions, several outputs: what the generic test of the rows does not reach."""

import math

import numba as nb
import numpy as np
import pytest

from dualjit.numbers.intrinsics import seed, value
from tests.numbers.differentiating import answers, check, dual, values

INF, NAN = math.inf, math.nan


def literal_powers(x, y, out):
    out[0] = x**0
    out[1] = x**1
    out[2] = x**2
    out[3] = x**-1
    out[4] = y**7
    out[5] = pow(x, 3)
    out[6] = math.pow(x, 3)
    out[7] = np.power(x, 3)
    out[8] = np.float_power(x, 3)
    out[9] = x**2.0
    out[10] = x**100


def test_literal_powers():
    x, y = 1.3, 0.7
    cube = [3 * x**2, 0.0]
    first = [[0.0, 0.0], [1.0, 0.0], [2 * x, 0.0], [-1 / x**2, 0.0], [0.0, 7 * y**6]]
    last = [[2 * x, 0.0], [100 * x**99, 0.0]]
    check_closely(literal_powers, x, y, [*first, cube, cube, cube, cube, *last])


def check_closely(function, x, y, expected):
    got = answers(function, x, y, len(expected))
    np.testing.assert_array_equal(got[:, 0], values(function, x, y, len(expected)))
    np.testing.assert_allclose(got[:, 1:], expected, rtol=1e-14, atol=0.0)


def powers(x, y, out):
    n = len(out)
    k = 0
    for i in range(-2, 4):
        out[k] = x**i
        k += 1
    out[k] = x**y
    out[k + 1] = 2.0**y
    out[k + 2] = 2**y
    out[k + 3] = x**0.5
    out[k + 4] = x ** np.float32(0.5)
    out[k + 5] = x ** (n > 3)


def test_powers():
    x, y = 1.3, 0.7
    integer = [[i * x ** (i - 1), 0.0] for i in range(-2, 4)]
    two = [0.0, 2**y * math.log(2)]
    root = [0.5 / math.sqrt(x), 0.0]
    check_closely(powers, x, y, [*integer, [y * x ** (y - 1), x**y * math.log(x)], two, two, root, root, [1.0, 0.0]])


def powers_of_zero(x, y, out):
    out[0] = x**0
    out[1] = x**1
    out[2] = x**2
    out[3] = x**0.0
    out[4] = x**1.0
    out[5] = x**0.5
    for i in range(3):
        out[6 + i] = x**i


def test_powers_of_zero():
    expected = [0.0, 1.0, 0.0, 0.0, 1.0, INF, 0.0, 1.0, 0.0]
    check(powers_of_zero, 0.0, 0.0, [[slope, 0.0] for slope in expected])


def extrema(x, y, out):
    out[0] = max(x, y)
    out[1] = min(x, y)
    out[2] = max(x, y, 0.9)
    out[3] = max(1, x, True)
    out[4] = min(2, 3.5, y, x)
    out[5] = max((x, y))
    out[6] = max(np.float32(0.1), y)
    out[7] = min(x, x * 1.0, 2.0 * x)
    out[8] = np.maximum(x, y)
    out[9] = np.fmin(x, 3)


def test_extrema_take_the_derivative_of_the_argument_they_return():
    a, b = [1.0, 0.0], [0.0, 1.0]
    check(extrema, 1.3, 0.7, [a, b, a, a, b, a, b, a, a, a])


def ties(x, y, out):
    out[0] = max(x, y)
    out[1] = max(y, x)
    out[2] = min(x, y)
    out[3] = min(y, x)
    out[4] = np.maximum(x, y)
    out[5] = np.fmin(y, x)
    out[6] = max(x, 0.5)
    out[7] = max(0.5, x)
    out[8] = max(-0.0 * x, 0.0 * x)


def test_ties_go_to_the_first_argument():
    a, b, none = [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]
    check(ties, 0.5, 0.5, [a, b, a, b, a, b, a, none, [-0.0, -0.0]])


def unordered(x, y, out):
    out[0] = max(x, y)
    out[1] = max(y, x)
    out[2] = min(x, y, 1.0)
    out[3] = np.fmax(x, y)


def test_extrema_with_nan_choose_as_the_primal_does():
    a, b = [1.0, 0.0], [0.0, 1.0]
    check(unordered, NAN, 0.5, [a, b, a, b])


def conversions(x, y, out):
    out[0] = float(x)
    out[1] = int(x)
    out[2] = bool(x)
    out[3] = np.float64(x)
    out[4] = np.float32(x)
    out[5] = np.int32(x)
    out[6] = round(x)
    out[7] = round(x, 1)
    out[8] = math.floor(x) * y
    out[9] = x.real + x.imag
    out[10] = x // y
    out[11] = x % y
    out[12] = (not x) + y
    out[13] = y if isinstance(x, float) and not isinstance(x, int) else x
    out[14] = y if x is None else x


def test_conversions():
    a, b, none = [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]
    check(conversions, 1.3, 0.7, [a, none, none, a, a, none, none, none, b, a, none, [1.0, -1.0], b, b, a])


def several_outputs(x, y, out):
    out[0], out[1] = divmod(x, y)
    out[2], out[3] = divmod(x, 1)
    out[4], out[5] = divmod(2.5, y)
    out[6], exponent = math.frexp(x)
    out[7] = exponent


def test_several_outputs():
    none = [0.0, 0.0]
    check(several_outputs, 1.3, 0.7, [none, [1.0, -1.0], none, [1.0, 0.0], none, [0.0, -3.0], [0.5, 0.0], none])


def branches(x, y, out):
    out[0] = x if x > y else y
    out[1] = x if x <= 1 else y
    out[2] = x if x == True else y  # noqa: E712
    out[3] = (x and y) * 2.0
    out[4] = 0.5 < x < 2.0
    s = 0
    while s < x * 3.0:
        s += y
    out[5] = s
    out[6] = x if math.isnan(x * INF) or np.isfinite(y) else y
    out[7] = x if x != y and not y < x else y


def test_branches_look_at_values():
    a, b = [1.0, 0.0], [0.0, 1.0]
    check(branches, 1.3, 0.7, [a, b, b, [0.0, 2.0], [0.0, 0.0], [0.0, 6.0], a, b])


def containers(x, y, out):
    numbers = [x]
    numbers.append(x * y)
    numbers.append(2.0)
    numbers[0] = y
    out[0] = numbers[0]
    out[1] = numbers[1] + numbers.pop()
    pair = (x, y, 1)
    first, _, third = pair
    out[2] = first * third
    out[3] = pair[1]
    maybe = None
    if x > 1.0:
        maybe = x
    out[4] = 0.0 if maybe is None else maybe * 2.0
    total = 0
    for v in [x, y, x]:
        total += v
    out[5] = total


def test_duals_in_lists_tuples_and_optionals():
    x, y = 1.3, 0.7
    check(containers, x, y, [[0.0, 1.0], [y, x], [1.0, 0.0], [0.0, 1.0], [2.0, 0.0], [2.0, 1.0]])


def sums(x, y, out):
    s = 0.0
    t = 0
    u = True
    for i in range(3):
        s += x
        t = t + y
        u = x * i
    out[0] = s
    out[1] = t
    out[2] = u


def test_accumulators_become_dual():
    check(sums, 1.3, 0.7, [[3.0, 0.0], [0.0, 3.0], [2.0, 0.0]])


def singular(x, y, out):
    out[0] = math.sqrt(x)
    out[1] = np.sqrt(x * y)
    out[2] = math.log(x)
    out[3] = x**0.5
    out[4] = math.asin(1.0 - x)
    out[5] = math.sqrt(math.sqrt(x))


def test_zero_tangents_stay_zero_at_a_singular_point():
    rows = [[INF, 0.0], [INF, 0.0], [INF, 0.0], [INF, 0.0], [-INF, 0.0], [INF, 0.0]]
    check(singular, 0.0, 0.7, rows)


def test_division_by_zero_is_the_primals():
    def quotient(x, y, out):
        out[0] = x / y

    with pytest.raises(ZeroDivisionError):
        answers(quotient, 1.0, 0.0, 1)
    check(quotient, 1.0, 0.0, [[NAN, NAN]], error_model="numpy")


def test_no_partial_raises_where_the_value_does_not():
    def finite(x, y, out):
        out[0] = x**0
        n = 0
        out[1] = x**n
        out[2] = np.fmod(x, y)
        out[3] = math.log(x)

    got = answers(finite, 0.0, 0.0, 4)
    np.testing.assert_array_equal(got[:2], [[1.0, 0.0, 0.0]] * 2)


@pytest.mark.parametrize("fastmath", [False, True])
def test_fastmath_is_the_users_choice(fastmath):
    def dot(x, y, out):
        out[0] = x * y + x * x + y * y

    check(dot, 1.3, 0.7, [[2 * 1.3 + 0.7, 1.3 + 2 * 0.7]], fastmath=fastmath)


def test_values_are_never_contracted():
    """A fused product would give another value."""

    def product(x, y, out):
        out[0] = x * x - y * y
        out[1] = x * y + (x + y) * (x - y)

    number, plain = dual(lanes=8), nb.njit(product)

    @nb.njit
    def on_floats(x, y):
        out = np.empty(2, number)
        plain(seed(number, x, 0), seed(number, y, 1), out)
        return value(out[0]), value(out[1])

    for x, y in np.random.default_rng(1).uniform(0.5, 2.0, (50, 2)):
        out = np.empty(2)
        plain(x, y, out)
        assert on_floats(x, y) == tuple(out)
