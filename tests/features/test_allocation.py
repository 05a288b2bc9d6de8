"""Arrays and lists made without active data that receive it later: the allocation must be found and made dual."""

import numpy as np
from numba import njit

from .case import Cases, judge

X = np.array([1.3, 0.7, 2.2, 1.8])
cases = Cases(X)


@njit
def squares_into(out, x):
    for i in range(x.size):
        out[i] = x[i] ** 2


@njit
def squares_into_through(out, x):
    squares_into(out, x)


@njit
def products_into(out, x):
    out[1:] = x[1:] * x[:-1]
    out[0] = x[0]


@njit
def room(n):
    return np.zeros(n)


@njit
def squares(x):
    y = np.zeros(x.size)
    squares_into(y, x)
    return y


@njit
def returned(a):
    return a


@njit
def returned_with_another(a):
    return a, a * 2


@njit
def fill_down(y, x, n):
    if n == 0:
        return 0
    y[n - 1] = x[n - 1] * x[0]
    return fill_down(y, x, n - 1)


@njit
def doubling(x, n):
    y = np.zeros(2)
    if n > 0:
        z = doubling(x, n - 1)
        y[0] = z[1] + x[n]
        y[1] = z[0] * x[0]
    return y


@cases
def filled_in_a_loop(x):
    y = np.zeros(4)
    for i in range(4):
        y[i] = x[i] ** 2
    return y


@cases
def one_row_filled(x):
    y = np.zeros((2, 4))
    for i in range(4):
        y[0, i] = x[i] ** 2
        y[1, i] = 2.0
    return (y[0] * y[1]).sum()


@cases
def dtype_given(x):
    y = np.zeros(4, dtype=np.float64)
    y[1] = x[1] * x[2]
    z = np.empty(4, np.float64)
    z[1] = x[0]
    return y[1] * z[1] + y[0]


@cases
def dtype_of_the_argument(x):
    y = np.empty(4, x.dtype)
    y[:] = 2.0
    z = np.zeros(3, dtype=x.dtype)
    z[0] += x[0]
    return (y * x).sum(), z


@cases
def weights_stay_inactive(x):
    w = np.zeros(4)
    y = np.zeros(4)
    for i in range(4):
        w[i] = i
        y[i] = w[i] * x[i]
    return y.sum()


@cases
def whole_slice(x):
    y = np.zeros(4)
    y[:] = x * x
    return y


@cases
def through_a_view(x):
    y = np.zeros(4)
    v = y[1:]
    v[0] = x[0] * x[1]
    return y


@cases
def through_a_view_of_a_view(x):
    y = np.zeros(4)
    z = y[1:][1:]
    z[0] = x[0]
    return y * x[1]


@cases
def through_the_transpose(x):
    y = np.zeros((2, 2))
    z = y.T
    z[0, 1] = x[0] * x[1]
    return y


@cases
def through_a_reshaped_view(x):
    y = np.zeros((2, 2))
    z = y.reshape(4)
    z[1] = x[0] * x[1]
    w = np.zeros(4)
    w.reshape((2, 2))[1, 0] = x[3]
    return y, w


@cases
def through_the_row_of_a_loop(x):
    y = np.zeros((2, 2))
    for i, row in enumerate(y):
        row[0] = x[i] * x[0]
    return y


@cases
def in_place_operator(x):
    y = np.zeros(4)
    y += x * x
    return y


@cases
def in_place_operator_on_a_row(x):
    y = np.zeros((2, 4))
    y[0] += x * x
    return y


@cases
def in_place_operator_on_an_element(x):
    y = np.zeros(4)
    for i in range(4):
        y[0] += x[i] * x[i]
    return y


@cases
def in_place_operator_on_a_slice(x):
    y = np.zeros(4)
    y[1:] += x[:-1] * x[1:]
    return y


@cases
def filled_by_a_callee(x):
    y = np.zeros(4)
    squares_into(y, x)
    return y


@cases
def filled_by_the_callee_of_a_callee(x):
    y = np.zeros(4)
    squares_into_through(y, x)
    return y


@cases
def view_filled_by_a_callee(x):
    y = np.zeros((2, 4))
    products_into(y[1], x)
    squares_into(y[0, 1:], x[1:])
    return y


@cases
def made_by_a_callee(x):
    y = room(4)
    y[0] = x[0] * x[1]
    w = room(2)
    w[0] = 3.0
    return y, y[0] * w[0]


@cases
def made_and_filled_by_a_callee(x):
    return squares(x)


@cases
def active_through_another_array(x):
    y = np.zeros(4)
    z = np.zeros(4)
    for i in range(4):
        z[i] = x[i] * 2
    for i in range(4):
        y[i] = z[i] * z[i]
    return y


@cases
def active_in_the_second_round(x):
    y = np.zeros(4)
    z = np.zeros(4)
    for _ in range(2):
        for i in range(4):
            y[i] = z[i] * z[i]
        for i in range(4):
            z[i] = x[i] * 2
    return y


@cases
def one_of_two_branches(x):
    y = np.zeros(4) if x[0] > 0.5 else np.ones(4)
    y[0] = x[0] * x[1]
    return y


@cases
def rebound_to_an_expression(x):
    y = np.zeros(4)
    for _ in range(3):
        y = y * x + x * 0.5
    return y


@cases
def swapped_buffers(x):
    u = np.zeros(4)
    v = np.ones(4)
    for k in range(3):
        u, v = v, u
        u[0] = x[0] * k
        u[1:] += v[:-1] * x[1:]
    return u, v


@cases
def in_a_tuple(x):
    a, b = np.zeros(2), np.zeros(2)
    t = (a, b)
    t[0][1] = x[0] * x[1]
    return a


@cases
def in_a_tuple_beside_the_argument(x):
    a = np.zeros(3)
    t = (a, x)
    t[0][1] = x[0]
    return a[1] * t[1][2]


@cases
def returned_by_a_callee_as_it_came(x):
    y = np.zeros(4)
    z = returned(y)
    z[1] = x[0] ** 2
    t = returned_with_another(y)
    t[0][2] = x[1] * x[2]
    return y, t[1]


@cases
def one_of_two_chosen_by_a_callee(x):
    y, z = np.zeros(4), np.zeros(4)
    chosen = y if x[0] > 1.0 else z
    chosen[0] = x[0] * x[1]
    return y, z


@cases
def views_of_one_buffer(x):
    buffer = np.zeros(8)
    u, v = buffer[:4], buffer[4:]
    u[:] = x
    v[:] = u * u
    u[:] = v[::-1] * x[0]
    return buffer


@cases
def filled_by_recursion(x):
    y = np.zeros(4)
    fill_down(y, x, 4)
    return y, doubling(x, 3)


@cases
def in_a_list(x):
    rows = [np.zeros(2), np.zeros(2)]
    rows[0][1] = x[0] * x[1]
    return rows[0] + rows[1]


@cases
def list_of_zeros(x):
    values = [0.0] * 4
    for i in range(4):
        values[i] = x[i] * x[i]
    return values[0] + values[2] * values[1]


@cases
def list_that_grows(x):
    values = [1.0]
    values.append(x[0] * x[1])
    return values[0] + values[1]


@cases
def full_and_its_kin(x):
    y = np.full(4, 2.0)
    y[0] = x[0] * y[1]
    z = np.full(3, x[0])
    m = np.full((2, 2), 1.0)
    m[1, 0] = x[3]
    return y, z, m


@cases
def like_the_argument(x):
    a = np.empty_like(x)
    a[:] = x[0]
    b = np.zeros_like(x)
    b[0] += x[0] * x[1]
    c = np.ones_like(x)
    c[1] += x[2]
    d = np.full_like(x, 2.0)
    d[2] -= x[2]
    return a, b, c, d


@cases
def like_an_inactive_array(x):
    w = np.arange(4.0)
    y = np.zeros_like(w)
    y[0] = x[0] * w[1]
    return y


@cases
def copy_of_an_inactive_array(x):
    w = np.arange(4.0)
    y = w.copy()
    y[0] = x[0] * w[1]
    return y, w[0] * x[0]


@cases
def expression_of_inactive_arrays(x):
    w = np.arange(4.0)
    y = w * 2 + 1
    y[0] = x[0] * w[1]
    return y


@cases
def mask_of_ones(x):
    m = np.zeros_like(x)
    m[0] = 1.0
    return m * x


@cases
def identity_matrix(x):
    a = np.eye(2)
    a[0, 0] = x[0]
    a[0, 1] = x[1]
    return np.linalg.solve(a, x[2:])


@cases
def literal_array(x):
    y = np.array([1.0, 2.0, 3.0])
    y[1] = x[0]
    z = np.array([x[0], x[1] * 2])
    m = np.array([[x[0], x[1] * 2], [x[2], 1.0]])
    return y, z, m


@cases
def filled_by_a_closure(x):
    y = np.zeros(4)

    def value(i):
        return x[i] * x[i]

    for i in range(4):
        y[i] = value(i)
    return y


@cases
def filled_by_a_closure_with_a_loop(x):
    def fill(out, a):
        for i in range(4):
            out[i] = a[i] * 2
        return out[0]

    y = np.zeros(4)
    fill(y, x)
    return y


@cases
def out_of_a_ufunc(x):
    y = np.zeros(4)
    np.exp(x, y)
    z = np.zeros(4)
    np.multiply(x, y, z)
    return y, z


@cases
def fill_method(x):
    y = np.zeros(4)
    y.fill(x[0])
    return y * x[1]


@cases
def linspace_and_arange(x):
    y = np.linspace(0.0, 1.0, 4)
    y[2] *= x[0]
    z = np.arange(4.0)
    z[1] = x[1]
    return y, z


@cases
def reshaped_and_copied(x):
    y = np.zeros(6).reshape(2, 3).copy()
    y[1] = x[:3]
    return y


@cases
def made_anew_in_each_round(x):
    total = 0.0
    for k in range(3):
        t = np.zeros(2)
        t[0] = x[k] * x[k]
        t[1] = np.sin(x[k])
        total += t[0] * t[1]
    return total


@cases
def early_return_of_fresh_memory(x):
    if x[0] > 100:
        return np.zeros(1)
    y = np.zeros(1)
    y[0] = x[0] * x[1]
    return y


@cases
def scalars_that_begin_as_constants(x):
    s = 0
    for i in range(4):
        s += x[i]
    t = 0.0
    if x[0] > 0.5:
        t = x[0] * 2
    u = 1
    while u < 20:
        u = u * x[2]
    return s, t, u


@cases
def written_but_not_returned(x):
    log = np.zeros(4)
    for i in range(4):
        log[i] = np.sin(x[i])
    return x[0] * 2


@cases.at(X, np.zeros(4), argnums=(0,))
def work_array_of_the_user(x, work):
    for i in range(4):
        work[i] = x[i] ** 2
    return work[0] * work[1], work


@cases.at(X, np.full(4, 0.5), argnums=(0,))
def inactive_argument_or_active_array(x, w):
    y = w
    if x[0] > -9:
        y = x * 2
    return y


@cases.at(X, np.zeros((2, 4)), argnums=(0,))
def work_array_through_a_callee(x, work):
    squares_into(work[1], x)
    return work.sum()


@njit(error_model="numpy")
def fill_apart(out, x, scale=2.0):
    for i in range(x.size):
        out[i] = x[i] * x[0] * scale


@njit(error_model="numpy")
def count_and_fill_apart(out, counts, x):
    counts[0] = 3
    fill_apart(out, x, 1.5)
    return out[0]


@cases
def filled_by_functions_compiled_apart(x):
    y, z, counts = np.zeros(4), np.zeros((2, 4)), np.zeros(2, np.int64)
    fill_apart(y, x)
    first = count_and_fill_apart(z[1], counts, x)
    return y * z[1], y[2] * counts[0] * first


@cases.at(X, np.zeros(4), argnums=(0,))
def work_array_filled_by_a_function_compiled_apart(x, work):
    fill_apart(work, x)
    return work[0] * work[1]


@cases.parametrize
def test_allocation(case):
    judge(case)
