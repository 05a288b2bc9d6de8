"""Programs which had wrong gradients once, as the fuzzer shrank them."""

import numpy as np
import pytest

from dualjit import grad, jacfwd, jacrev

from .judging import judged
from .programs import POINTS

PROGRAMS = {
    "update_by_number": ["a = x * 1.0", "a *= c", "return a.sum()"],
    "update_by_itself": ["a = x * 1.0", "a *= a", "return weighed(a, 0.3)"],
    "update_by_quotient": [
        "a = np.abs(x)",
        "for k in range(n):",
        "    a /= y",
        "    a[0] *= c",
        "return weighed(a, 0.3)",
    ],
    "update_by_power": ["a = np.abs(x)", "a **= c", "a *= a", "return weighed(a, 0.3)"],
    "update_after_moving": ["a = x * 1.0", "a[1:] = a[:-1]", "a *= y", "return weighed(a, 0.3)"],
    "update_of_column": ["m = np.outer(x, y)", "m[:, 0] += m[:, 1]", "return (m * m).sum()"],
    "update_of_every_other": ["a = x * y", "a[1::2] *= a[:3:2]", "return weighed(a, 0.3)"],
    "tuple_from_behind": ["t = (c, c * c, x[0])", "s = 0.0", "for k in range(3):", "    s += k * t[k - 3]", "return s"],
    "store_to_ellipsis": ["a = x * y", "a[...] = np.sin(a) * c", "return weighed(a, 0.3)"],
    "sum_less_itself": ["s = c", "for i in range(5):", "    s = (s + x[i]) - s", "return s"],
    "array_of_last_round": ["for i in range(5):", "    t = x * y[i]", "return weighed(t, 0.1)"],
    "list_popped_after_it_was_read": [
        "l = [x[0], x[1], x[2]]",
        "s = 1.0",
        "for k in range(3):",
        "    for i in range(len(l)):",
        "        s += l[i] * l[i] * s",
        "    s += l.pop() * s",
        "return s",
    ],
    "list_of_a_copy_in_a_round": [
        "s = 0.0",
        "k = 0",
        "while k < n:",
        "    k += 1",
        "    q = [x.copy()]",
        "    s += q[0][0] * k",
        "return s",
    ],
    "loop_whose_length_is_known_late": ["m = np.ones((3, 5)) * y", "v = m[2, ::-1]", "return weighed(v, 0.83)"],
    "operand_only_written": ["h = np.zeros((3, 3))", "np.fill_diagonal(h, c)", "return (h * x[0]).sum()"],
    "ufunc_with_out": ["a = x * 2.0", "np.multiply(a, y, a)", "return weighed(a, 0.3)"],
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_gradient(name):
    text = f"def {name}(x, y, c, n):\n" + "".join(f"    {line}\n" for line in PROGRAMS[name])
    verdict = judged(name, text, quick=True)
    assert verdict.kind == "good", f"{verdict.kind}: {verdict.message}"


def test_update_by_overlapping_part_is_refused():
    def f(x):
        a = x * 1.0
        a += a[::-1]
        return a.sum()

    with pytest.raises(NotImplementedError, match="updated in place"):
        grad(f)(POINTS[0][0])


def test_many_cotangents_collected_in_registers():
    """The value of N cotangents in one number is zero: whether there is anything to add is a question to all lanes."""

    def f(p, x):
        y = np.zeros(3)
        for i in range(3):
            for j in range(4):
                y[i] += p[i] * x[j] * x[j] * p[0]
        return y

    def g(p, x):
        y = np.zeros(3)
        for i in range(3):
            s = 0.0
            for j in range(4):
                s += p[i] * x[j] * p[0]
            y[i] = s
        return y

    arguments = np.array([0.3, 0.5, 0.7]), np.arange(1.0, 5.0)
    for function in (f, g):
        expected = jacfwd(function, (0, 1))(*arguments)
        for mine, other in zip(jacrev(function, (0, 1))(*arguments), expected, strict=True):
            np.testing.assert_allclose(mine, other, rtol=1e-13)


def test_what_a_list_loses_in_the_middle_is_refused():
    def f(x):
        kept = [0.5, 2.0, 3.0]
        s = 1.0
        for _ in range(2):
            for i in range(len(kept)):
                s += kept[i] * x[i] * s
            kept.pop(0)
        return s

    with pytest.raises(NotImplementedError, match=r"pop\(\)"):
        grad(f)(POINTS[0][0])


def test_an_adjoint_that_does_not_compile_is_a_refusal_with_a_place():
    def f(x):
        return np.outer(x, (x[0], 2.0)).sum()

    with pytest.raises(NotImplementedError, match=r"np.outer\(x, \(x\[0\]"):
        grad(f)(POINTS[0][0])


def overflows_for_nothing(x, y):
    z = y.copy()
    for _ in range(16):
        x = x * x
        z[0] = z[0] * z[0]
    waste = np.zeros(3)
    for k in range(3):
        waste[k] = np.exp(1e3 * y[k])
    return np.sum(y)


def test_what_does_not_reach_the_answer_makes_no_nan():
    """Zero times infinity is not computed where nothing comes back."""
    x = np.array([1.7, 0.4, 2.2])
    by_x, by_y = grad(overflows_for_nothing, (0, 1))(x, x.copy())
    np.testing.assert_array_equal(by_x, np.zeros(3))
    np.testing.assert_array_equal(by_y, np.ones(3))
