"""Calls: helpers, closures, recursion, functions as values, defaults, keywords, globals, compiled objects."""

import math

import numpy as np
from numba import float64, literal_unroll, njit, vectorize
from numba.experimental import jitclass
from numba.extending import overload, register_jitable

from .case import Cases, judge

X = np.array([1.3, 0.7, 2.2, 1.8])
SCALE = 2.5
WEIGHTS = np.array([1.0, 2.0, -1.0, 0.5])
COEFFICIENTS = (0.5, 2.0)
cases = Cases(X)


@njit
def product(a):
    return a[0] * a[1]


@njit
def both(a, b):
    return a * b, a + b


@njit
def with_defaults(a, power=2, shift=0.5):
    return a**power + shift


@njit(inline="always")
def held_within(v, low, high):
    if v < low:
        v = low
    elif v > high:
        if v < 1e9:
            v = high + math.log(v / high)
        else:
            v = high + 10.0
    return v


@njit
def with_rest(a, *rest):
    total = a
    for r in rest:
        total += r * a
    return total


@njit
def doubled(g, x):
    return g(x) * 2


@njit
def to_the(n, v):
    if n <= 0:
        return v * 0 + 1.0
    return v * to_the(n - 1, v)


@njit
def is_even(n, v):
    return v * 2.0 if n == 0 else is_odd(n - 1, v * v)


@njit
def is_odd(n, v):
    return v * 3.0 if n == 0 else is_even(n - 1, v + 1.0)


@njit
def squares_of(a):
    for v in a:
        yield v * v


@njit("float64(float64, float64)")
def eager(a, b):
    return a * math.sin(b)


@njit(inline="always")
def inlined(a):
    return a * a * SCALE


@register_jitable
def plain_helper(a):
    return a * SCALE


@vectorize
def cubic(a):
    return a * a * a


def quadruple(a):
    raise NotImplementedError


@overload(quadruple)
def overload_quadruple(a):
    def implementation(a):
        return a * a * a * a

    return implementation


@jitclass([("stiffness", float64), ("rest", float64[:])])
class Spring:
    def __init__(self, stiffness, rest):
        self.stiffness = stiffness
        self.rest = rest

    def doubled(self):
        return self.stiffness * 2.0


@cases
def helpers(x):
    p, s = both(x[0], x[1])
    return product(x) * p, product(x[1:]) + s


@cases
def defaults_and_keywords(x):
    return (
        with_defaults(x[0]),
        with_defaults(x[1], 3),
        with_defaults(shift=x[2], a=x[0]),
        with_defaults(x[0], shift=x[1]),
    )


@cases
def starred_calls(x):
    pair = (x[0], x[1])
    return with_rest(x[0], x[1], 2.0), both(*pair)[0], with_rest(*pair)


@njit(error_model="numpy")
def compiled_apart(v, scale, rounds=3, tolerance=1e-12, start=None):
    total = v if start is None else start
    for _ in range(rounds):
        if abs(total) < tolerance:
            break
        total = total * v * scale
    return total


@cases
def defaults_of_functions_compiled_apart(x):
    return (
        compiled_apart(x[0], x[1]),
        compiled_apart(x[0], x[1], 2),
        compiled_apart(scale=x[2], v=x[0], rounds=1),
        compiled_apart(x[0], x[1], start=x[3]),
        compiled_apart(*(x[1], x[2])),
    )


@cases
def starred_calls_of_known_functions(x):
    pair = (x[0], x[1])
    rows = (x[:3], x[1:])
    return np.hypot(*pair) * x[2], np.cross(*rows), max(x[2], *pair), np.maximum(*rows), with_defaults(*pair)


WEIGHTS_AS_A_DEFAULT = np.ones(4)


@njit(error_model="numpy")
def weighed(a, w=WEIGHTS_AS_A_DEFAULT):
    return (a * w).sum()


@cases.forward_only("the default is an array")
def array_as_a_default(x):
    return weighed(x) * x[0]


@cases
def eager_and_inlined_callees(x):
    return eager(x[0], x[1]) * inlined(x[2]), plain_helper(x[3]) * x[0]


@cases
def inlined_callee_that_assigns_its_parameter(x):
    y = np.zeros(4)
    for i in range(4):
        y[i] = x[i] * x[i]
        y[i] = held_within(y[i], 0.5 * x[0], x[2])
    return y


@njit
def first_of_any(a, scale=None):
    if a.ndim == 1:
        return a[0] if scale is None else a[0] * scale
    if a.ndim == 2:
        return a[0, 1] * a.shape[1]
    raise ValueError("one or two axes")


@njit
def by_way_of(a):
    return first_of_any(a) * 2.0


@cases.at(X, X.reshape(2, 2))
def inlined_callee_that_looks_at_its_dimensions(x, m):
    return by_way_of(x) * first_of_any(x, 3.0), by_way_of(m)


@cases
def recursion(x):
    return to_the(3, x[0]) * to_the(2, x[1])


@cases
def mutual_recursion(x):
    return is_even(3, x[0]), is_odd(2, x[1])


@cases
def functions_as_values(x):
    return doubled(product, x), doubled(lambda a: a[2] * a[3], x)


@cases.forward_only("generators")
def generator_functions(x):
    total = 0.0
    for v in squares_of(x):
        total += v * x[0]
    return total


@cases.forward_only("functions in a tuple")
def tuple_of_functions(x):
    total = 0.0
    for f in literal_unroll((product, with_defaults_of_the_first)):
        total += f(x) * x[2]
    return total


@njit
def with_defaults_of_the_first(a):
    return with_defaults(a[0])


@cases
def closures(x):
    offset = x[0]

    def add(v):
        return v * v + offset

    square = lambda v: v * v * offset  # noqa: E731
    return add(x[1]) * square(x[2])


@cases
def globals_are_constants(x):
    y = WEIGHTS * 1.0
    y[0] = x[0]
    return y * x[1], (WEIGHTS * x).sum() * SCALE, x[0] * COEFFICIENTS[1] + COEFFICIENTS[0], WEIGHTS[2] * x[3]


def made_with(factor, table):
    def closing_over(x):
        return factor * x + table[0] * x[1]

    return closing_over


cases(made_with(3.0, np.array([2.0, 1.0])))


@cases
def vectorized_callees(x):
    return cubic(x), cubic(x[0]), cubic(x * 2.0).sum()


@cases.forward_only("@overload")
def overloaded_function(x):
    return quadruple(x[0]) * x[1]


@cases.at(X, Spring(2.0, np.array([0.5, 1.0, 1.5, 2.0])), argnums=(0,))
def instance_as_inactive_data(x, spring):
    return (x - spring.rest) * spring.stiffness + spring.doubled()


@cases.at(X, 1.5)
def positional_default(x, a=2.0):
    return x * a


@njit(error_model="numpy")
def arrays_and_numbers(x, k):
    shifted = x + x[0]
    if k > 1:
        pair = np.sin(x), k * x[0]
    else:
        pair = x * x, x[1]
    return shifted, pair, x.sum()


@njit(error_model="numpy")
def one_of_two_tuples(x):
    pair = x * 2.0, x * 3.0
    if x[0] > 0:
        pair = x * x, x * 5.0
    return pair


@cases
def tuples_of_arrays_from_functions_compiled_apart(x):
    a, (b, s), t = arrays_and_numbers(x, 3)
    a[0] *= 2.0
    c, d = one_of_two_tuples(x)
    return a * b * s + t, c * d + arrays_and_numbers(x, 1)[1][0]


@njit
def power_of_known_order(v, order):
    if order == 1:
        return v * v
    if order == 2:
        return v * v * v
    return None


@cases.at(X, 2, argnums=(0,))
def answer_that_may_be_none(x, order):
    s = 0.0
    for v in x:
        w = power_of_known_order(v, order)
        s += w * v - w / (1.0 + v)
    return s


@cases
def parts_of_reals(x):
    return np.real(x[0]) * x[1] + x[2].conjugate() * x[0].real + np.conj(x[1]) * np.imag(x[3]), np.real(x) * np.conj(x)


@cases
def solver_that_takes_a_function(x):
    y = x[:2].copy()
    for _ in range(5):
        k1 = reaction(y)
        k2 = reaction(y + 0.05 * k1)
        y = y + 0.1 * k2
    return y


@njit
def reaction(y):
    d = np.empty_like(y)
    d[0] = 1 + y[0] ** 2 * y[1] - 4 * y[0]
    d[1] = 3 * y[0] - y[0] ** 2 * y[1]
    return d


@cases.at(X, X)
def same_array_twice(x, y):
    x[0] = 2.0 * y[1]
    return x * y


@cases.at(X, np.zeros(4))
def writing_into_an_active_argument(x, out):
    for i in range(4):
        out[i] = x[i] * 2 + out[i]
    return out


@cases.parametrize
def test_calls(case):
    judge(case)
